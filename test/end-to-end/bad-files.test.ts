/** Files and declarations that cannot be used: the refresh says why, and nothing of ours or of the vendor's changes. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { sealedTables, setAsideRows } from '../../src/sources/sealed-tables.ts'
import { updateSegment } from '../../src/store/segment.ts'
import { currentProfiles } from '../../src/unify/profiles.ts'
import { crowd, csvOf, hashesOf, inCity, openRig, peopleSource, peopleUnification, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterEach(async () => await rig.clear())
afterAll(async () => await rig.close())

const before = crowd(1, 4)
const after = crowd(1, 5)
const header = 'Id,Email,FirstName,City'
const lines = csvOf(after).split('\n').slice(1)

interface Broken {
  readonly what: string
  readonly make: () => Promise<void>
  /** What the reason must name. */
  readonly says: readonly RegExp[]
}

const fileOf = (what: string, text: string | Uint8Array, ...says: RegExp[]): Broken => ({
  what,
  make: async () => await rig.writeFile(text),
  says: [/People\.csv/, ...says],
})

const page = '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in</body></html>\n'

const broken: readonly Broken[] = [
  {
    what: 'the file is missing',
    make: async () => await rm(join(rig.files, 'People.csv')),
    says: [/no file People\.csv/, /Deliver the file/],
  },
  fileOf('the file is a web page', page, /web page, not a data file/, /Fetch the file again/),
  fileOf('the file is empty', '', /is empty/, /Deliver the file again/),
  fileOf('the file has a header only', `${header}\n`, /no rows/, /Deliver the file again/),
  fileOf(
    'the header names a column twice',
    ['Id,Email,FirstName,City,Email', ...lines.map((line) => (line === '' ? '' : `${line},x@y.example`))].join('\n'),
    /names the column “Email” twice/,
    /Give each column a name of its own/,
  ),
  fileOf(
    'the file lacks a declared column',
    csvOf(after).replace('City', 'Town'),
    /no column “City”/,
    /It has: Id, Email, FirstName, Town/,
    /Correct the file, or the column in the source/,
  ),
  fileOf(
    'most rows are ragged',
    [header, ...lines.map((line) => line.replace(',Oslo', '')), ''].join('\n'),
    /line 2/,
    /Check the delimiter/,
  ),
  fileOf(
    'a quote is never closed',
    csvOf(after).replace('Name 2', '"Name 2'),
    /quote is opened on line 3/,
    /Correct that line/,
  ),
  fileOf(
    'the file is not UTF-8',
    Buffer.from(csvOf(after).replace('Name 2', 'Bj\u00f8rn'), 'latin1'),
    /not UTF-8 text \(line 3\)/,
    /Save it as UTF-8/,
  ),
  {
    what: 'a matching rule names a column that the table lacks',
    make: async () => {
      const match = [
        {
          by: 'email' as const,
          columns: [
            { table: 'People', column: 'Mail' },
            { table: 'Others', column: 'Mail' },
          ],
        },
      ]
      await rig.declare(peopleSource, { ...peopleUnification, match })
    },
    says: [/column “Mail” of the table “People”/, /Declare the column in the source, or correct the unification/],
  },
  {
    what: 'a field is filled from a column that the table lacks',
    make: async () => {
      const phone = { name: 'Phone', type: 'text' as const, from: [{ table: 'People', column: 'Phone' }] }
      await rig.declare(peopleSource, { ...peopleUnification, fields: [...peopleUnification.fields, phone] })
    },
    says: [/column “Phone” of the table “People”/, /Declare the column in the source, or correct the unification/],
  },
  {
    what: 'the unification names a table that is not there',
    make: async () => {
      const tables = [...peopleUnification.tables, { table: 'Loyalty', key: 'Id' }]
      await rig.declare(peopleSource, { ...peopleUnification, tables })
    },
    says: [/table “Loyalty”/, /Add the source/],
  },
  {
    what: 'the key is not a column',
    make: async () => await rig.declare({ ...peopleSource, key: 'Number', columns: [...peopleSource.columns] }),
    says: [/declaration of the table “People”/, /key must be one of the declared columns/, /Correct it/],
  },
]

describe('a refresh that cannot be done says why, skips the exports, and leaves the lists as they were', () => {
  test.each(broken)('$what', async ({ make, says }) => {
    await rig.people(before)
    const segment = await rig.segment('Everybody')
    const wanted = await rig.microsoftExport('Audience', [segment])
    await rig.refreshed()
    const held = await rig.members(wanted)
    const profiles = await currentProfiles(rig.server.ports.engine)
    expect(held).toEqual(hashesOf(before))

    await make()
    const requests = await rig.requestsOf(async () => {
      const refresh = await rig.refresh()
      expect(refresh).toMatchObject({ status: 'Failed' })
      for (const said of says) expect(refresh.reason).toMatch(said)
      const run = await rig.lastRun(wanted)
      expect(run).toMatchObject({ status: 'Skipped', reason: refresh.reason, requests: 0, removed: 0 })
    })
    expect(requests).toBe(0)
    expect(await rig.members(wanted)).toEqual(held)
    expect(await currentProfiles(rig.server.ports.engine)).toEqual(profiles)

    await rig.people(after)
    await rig.declare()
    await rig.refreshed()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 1, removed: 0 })
    expect(await rig.members(wanted)).toEqual(hashesOf(after))
  })
})

test('ragged rows are set aside with their line and reason, and everybody else arrives', async () => {
  const people = crowd(1, 21)
  const text = csvOf(people).split('\n')
  text[5] = `${text[5]},surplus`
  text[9] = '9,person9@people.example'
  text[12] = ',nobody@people.example,No key,Oslo'
  await rig.writeFile(text.join('\n'))
  const wanted = await rig.microsoftExport('Audience', [await rig.segment('Everybody but three')])
  await rig.refreshed()
  const { engine } = rig.server.ports
  const [sealed] = await sealedTables(engine)
  if (sealed === undefined) throw new Error('Nothing was ingested.')
  expect(sealed).toMatchObject({ rows: 17, setAside: 3 })
  expect(await setAsideRows(engine, sealed, { limit: 10 })).toEqual([
    { file: 'People.csv', line: 6, column: null, reason: 'malformed' },
    { file: 'People.csv', line: 10, column: null, reason: 'malformed' },
    { file: 'People.csv', line: 13, column: 'Id', reason: 'key_missing' },
  ])
  expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 17, invalid: 0, rejected: 0 })
  expect(await rig.members(wanted)).toHaveLength(17)
})

describe('a segment or data matching that names what the profiles lack', () => {
  test('a rule on a field that is not there: that export fails with the segment and the field, the others go on', async () => {
    await rig.people(before)
    const good = await rig.microsoftExport('Good', [await rig.segment('Rule that holds')])
    const bad = await rig.microsoftExport('Bad', [
      await rig.segment('Gold members', { field: 'Tier', op: 'is', value: 'gold' }),
    ])
    await rig.refreshed()
    expect(await rig.lastRun(good)).toMatchObject({ status: 'Successful', added: 3 })
    const run = await rig.lastRun(bad)
    expect(run).toMatchObject({ status: 'Failed', reasonCode: 'segment.invalid', added: 0, requests: 0 })
    expect(run.reason).toMatch(/segment “Gold members \d+”.*“Tier”.*Edit the segment/s)
  })

  test('a rule that no longer holds: the export is not run on the members of before', async () => {
    await rig.people(after)
    const segment = await rig.segment('Once valid')
    const wanted = await rig.microsoftExport('Spoilt', [segment])
    await rig.refreshed()
    const members = await rig.members(wanted)
    expect(members).toEqual(hashesOf(after))
    // Both people and rule change: the members sealed before stand for neither.
    await updateSegment(rig.db, segment, { rule: { field: 'Tier', op: 'is', value: 'gold' } })
    const spoilt = { status: 'Failed', reasonCode: 'segment.invalid', requests: 0, added: 0, removed: 0 }
    expect(await rig.run(wanted)).toMatchObject(spoilt)
    await rig.people(before)
    for (let refresh = 1; refresh <= 2; refresh++) {
      await rig.refreshed()
      expect(await rig.lastRun(wanted)).toMatchObject(spoilt)
    }
    expect(await rig.members(wanted)).toEqual(members)
    await updateSegment(rig.db, segment, { rule: inCity('Oslo') })
    await rig.refreshed()
    expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', removed: 1 })
    expect(await rig.members(wanted)).toEqual(hashesOf(before))
  })

  test.each([
    ['an identifier that is not there', { identifier: 'Mail', fields: {} }, 'Mail', 'run.field_missing'],
    ['a field that is not there', { identifier: 'Email', fields: { city: 'Town' } }, 'Town', 'run.field_missing'],
    ['an identifier that is no address', { identifier: 'City', fields: {} }, 'City', 'run.field_not_identifier'],
  ])(
    'matching names %s: the run fails with the field and what to do, and nothing is sent',
    async (_what, matching, field, reasonCode) => {
      await rig.people(before)
      const list = await rig.sendgridList(`Matched by ${field}`)
      const wanted = await rig.sendgridExport('Matched', { segmentIds: [await rig.segment('All')], list, matching })
      await rig.refreshed()
      const run = await rig.lastRun(wanted)
      expect(run).toMatchObject({ status: 'Failed', reasonCode, requests: 0, writes: 0, added: 0 })
      expect(run.reason).toContain(`“${field}”`)
      expect(run.reason).toMatch(/data matching of the export “Matched”.*Choose/s)
      expect(rig.sandbox.members('sendgrid', list)).toEqual([])
    },
  )
})
