/** What people and segments can be, over several runs with the ledger: the list is equal to the segment, and stays so. */
import { expect } from 'vitest'
import type { MatchField } from '../../../src/destination-kit/fields.ts'
import type { Case, Subject } from '../case.ts'
import { Company, type Somebody } from '../company.ts'
import type { Stage } from '../stage.ts'

/** As a connection is told them: the fields of every account, and those that this one has. */
const fieldsOf = async (stage: Stage, company: Company | undefined): Promise<readonly MatchField[]> => {
  const { definition, fixtures, place } = stage
  const own = definition.accountFields
  const more = own === undefined ? [] : await stage.hold(() => own(place, company?.list))
  return fixtures.fields.map(
    (name) => [...definition.fields, ...more].find((field) => field.name === name) ?? { name, label: name },
  )
}

export const newCompany = async (stage: Stage): Promise<Company> => {
  const fields = await fieldsOf(stage, undefined)
  return new Company(stage, await stage.newList(), fields)
}

export const member = (company: Company, email: string, value = 'Ada'): Somebody => ({
  member: true,
  email,
  values: Object.fromEntries(company.fields.map(({ name }) => [name, value])),
})

const crowd = (company: Company, from: number, to: number): Somebody[] =>
  Array.from({ length: to - from }, (_, index) => member(company, `person${from + index}@people.example`))

const expectEqual = (company: Company, people: readonly Somebody[]): void => {
  expect(company.stage.members(company.list)).toEqual(company.wanted(people))
}

const unchanged: Case = {
  id: 'X16',
  title: 'X16 nothing changed is no request',
  async run(stage) {
    const company = await newCompany(stage)
    const people = crowd(company, 0, 5)
    expect((await company.run(people)).status).toBe('Successful')
    expect(await company.run(people)).toMatchObject({ status: 'Successful', requests: 0 })
    expectEqual(company, people)
  },
}

const normalised: Case = {
  id: 'D15',
  title: 'D15 what the vendor makes of an address does not make people come and go',
  async run(stage) {
    const company = await newCompany(stage)
    const people = [
      'Mixed.Case@PEOPLE.example',
      'plus+tag@people.example',
      'd.o.t.s@people.example',
      ' space@people.example ',
    ].map((email) => member(company, email))
    expect(await company.run(people)).toMatchObject({ status: 'Successful', counters: { added: 4 } })
    expect(await company.run(people)).toMatchObject({ status: 'Successful', requests: 0 })
    expectEqual(company, people)
    const lower = people.map((one) => ({ ...one, email: (one.email ?? '').trim().toLowerCase() }))
    expect((await company.run(lower)).counters).toMatchObject({ added: 0, removed: 0 })
    expectEqual(company, people)
  },
}

const edited: Case = {
  id: 'X15',
  title: 'X15 an edited segment: leavers leave, joiners join, and what was planned is what is sent',
  async run(stage) {
    const company = await newCompany(stage)
    await company.run(crowd(company, 0, 6))
    const people = [...crowd(company, 0, 2).map((one) => ({ ...one, member: false })), ...crowd(company, 2, 9)]
    const report = await company.run(people)
    expect(report.delta).toMatchObject({ added: 3, updated: 0, removed: 2 })
    expect(report).toMatchObject({ status: 'Successful', counters: { added: 3, updated: 0, removed: 2 } })
    expectEqual(company, people)
  },
}

const moved: Case = {
  id: 'X17',
  title: 'X17 an address that changed: the old one leaves and the new one joins, in one run',
  async run(stage) {
    const company = await newCompany(stage)
    await company.run([member(company, 'old@people.example'), ...crowd(company, 0, 2)])
    const people = [member(company, 'new@people.example'), ...crowd(company, 0, 2)]
    expect(await company.run(people)).toMatchObject({ status: 'Successful', counters: { added: 1, removed: 1 } })
    expectEqual(company, people)
  },
}

const long = (local: number, domain: number): string => `${'a'.repeat(local)}@${'b'.repeat(domain - 8)}.example`
export const oddAddresses: readonly string[] = [
  "o'brien@people.example",
  'ünïcode@people.example',
  'person@bücher.example',
  'person@xn--bcher-kva.example',
  '👩‍🚀@people.example',
  'person@👩.example',
  long(64, 63),
  long(65, 63),
  long(255, 64),
  long(20, 300),
  'a@b',
  'two..dots@people.example',
  '.dot@people.example',
  'line\r\nBcc: all@people.example',
  'person@people.example\n',
  'per\u0000son@people.example',
  'half\ud800@people.example',
  'right\u202Eleft@people.example',
  'person@people.example,other@people.example',
  '"quoted name"@people.example',
  'person@[127.0.0.1]',
  '<person@people.example>',
  'per son@people.example',
  'ſharp@people.example',
  'İstanbul@people.example',
  '=cmd()@people.example',
  '%41@people.example',
  'a&b=c#d?e@people.example',
  'null@people.example',
]

/** Of each by itself: it is on the list exactly, or it was counted as invalid or named as refused. */
const odd: Case = {
  id: 'X3',
  title: 'X3 odd addresses arrive exactly, or are invalid or refused by name: never cut, never somebody else',
  async run(stage) {
    const company = await newCompany(stage)
    let known: string[] = []
    for (const email of oddAddresses) {
      const people = [member(company, 'plain@people.example'), member(company, email)]
      const { status, counters, delta } = await company.run(people)
      const members = stage.members(company.list)
      const more = members.filter((one) => one !== stage.identifier('plain@people.example') && !known.includes(one))
      const said = counters.invalid + counters.rejected + counters.unknown + delta.duplicates
      expect({ email, status, plain: members.includes(stage.identifier('plain@people.example')) }).toEqual({
        ...{ email, plain: true },
        status: counters.rejected + counters.unknown > 0 ? 'Partial' : 'Successful',
      })
      if (more.length > 0)
        expect({ email, more, said }).toEqual({ email, more: [stage.identifier(email.trim())], said: 0 })
      else expect({ email, said }).toEqual({ email, said: 1 })
      known = members
    }
  },
}

const hashed: Case = {
  id: 'X12',
  title: 'X12 hashes are of the trimmed address in lower case, as others make them',
  async run(stage) {
    const company = await newCompany(stage)
    // printf '%s' ada@example.com | sha256sum, and so on.
    const golden: Readonly<Record<string, string>> = {
      ' Ada@Example.COM ': 'b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72',
      "O'Brien+1@people.example": 'a839c9291576abd96aeed91cf7482b09e2cac69e1d5959136f1c32dc64a7f2fe',
    }
    await company.run(Object.keys(golden).map((email) => member(company, email)))
    expect(stage.members(company.list)).toEqual(Object.values(golden).sort())
  },
}

/** Of the values that a request holds, as text. */
const sentText = (stage: Stage): string => stage.wire.asked.map(({ body }) => body.toString('utf8')).join('\n')

const noText = ['"null"', '"undefined"', '"NaN"', '[object Object]', ',null,', ',undefined,']

const withoutValue: Case = {
  id: 'X18',
  title: 'X18 no value is never sent as a word for none',
  async run(stage) {
    const company = await newCompany(stage)
    const names = company.fields.map(({ name }) => name)
    const none: Somebody = {
      ...member(company, 'none@people.example'),
      values: Object.fromEntries(names.map((name) => [name, null])),
    }
    const empty: Somebody = {
      ...none,
      email: 'empty@people.example',
      values: Object.fromEntries(names.map((n) => [n, ''])),
    }
    stage.wire.clear()
    expect((await company.run([none, empty])).status).toBe('Successful')
    const some = [none, empty].map((one) => member(company, one.email ?? ''))
    expect((await company.run(some)).status).toBe('Successful')
    expect((await company.run([none, empty])).status).toBe('Successful')
    const sent = sentText(stage)
    expect(sent).toContain('none@people.example')
    expect(noText.filter((text) => sent.includes(text))).toEqual([])
    expectEqual(company, some)
  },
}

const tooLong: Case = {
  id: 'X4',
  title:
    'X4 a value as long as its field takes is sent whole; a longer one is refused with the name of the field, not cut',
  async run(stage) {
    const company = await newCompany(stage)
    for (const { name, max } of company.fields) {
      const longest = max?.value ?? 5_000
      const fits = 'æ'.repeat(longest)
      stage.wire.clear()
      const people = [
        { ...member(company, 'fits@people.example'), values: { [name]: fits } },
        ...(max === undefined
          ? []
          : [{ ...member(company, `over.${name}@people.example`), values: { [name]: `${fits}x` } }]),
      ]
      const { status, counters } = await company.run(people)
      expect({ name, status }).toEqual({ name, status: 'Successful' })
      expect(counters.invalid).toBe(max === undefined ? 0 : 1)
      expect(sentText(stage)).toContain(fits)
      expect(stage.members(company.list)).toEqual([stage.identifier('fits@people.example')])
    }
  },
}

const noFields =
  (what: string) =>
  (subject: Subject): { readonly cannot?: string } =>
    subject.fixtures.fields.length === 0 ? { cannot: `${subject.definition.name} takes ${what}` } : {}

export const ledger = (subject: Subject): readonly Case[] => [
  unchanged,
  normalised,
  edited,
  moved,
  odd,
  {
    ...hashed,
    ...(subject.definition.identifier.hash === undefined
      ? { cannot: `${subject.definition.name} takes addresses as they are, not hashes` }
      : {}),
  },
  { ...withoutValue, ...noFields('no fields, so that none can be without a value')(subject) },
  { ...tooLong, ...noFields('no fields but the hash, whose length is always the same')(subject) },
]
