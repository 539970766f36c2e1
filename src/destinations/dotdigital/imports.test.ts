import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { FieldKind } from '../../destination-kit/fields.ts'
import type { Person } from '../../destination-kit/kit.ts'
import { type Answer, bodyText, endOf, endOfBatch, play, playBatch, rowsOf } from '../../destination-kit/play.ts'
import { dotdigital } from '../dotdigital.ts'
import { judge } from './answers.ts'
import { contact, lookAtImport } from './imports.ts'

const place = { settings: { addressBookId: '7' }, found: { accountId: '1', endpoint: 'https://r1-api.dotdigital.com' } }
const at = { ...place, list: { id: '7', name: 'News' } }
const [add] = dotdigital.add
if (add === undefined || add.bulk) throw new Error('Dotdigital adds by rows.')

const person = (ref: string, identifier: string, fields: Person['fields'] = {}): Person => ({ ref, identifier, fields })
const ada = person('1', 'ada@x.example')
const bob = person('2', 'bob@x.example')
const run = (people: readonly Person[], answers: readonly Answer[]) =>
  play(() => add.talk(rowsOf(add, people, at), at), answers, judge)

const refusal = (errorCode: string, description = 'no', details?: unknown): Answer => ({
  status: 400,
  json: { errorCode, description, ...(details === undefined ? {} : { details }) },
})
const book: Answer = { json: { id: 7, name: 'News', contacts: 3 } }
const bookGone: Answer = { status: 404, json: { message: 'Error: ERROR_ADDRESSBOOK_NOT_FOUND' } }
const accepted: Answer = { status: 202, json: { importId: 'i-1' } }
const job = JSON.stringify({ id: 'i-1', sent: 2 })
const look = (...answers: Answer[]) => play(() => lookAtImport(job, at), answers, judge)

const imported = (email: string, contactId: number) => ({ contactId, identifiers: { email } })
const failed = (email: string | undefined, ...codes: string[]) => ({
  matchIdentifier: 'email',
  identifiers: { email },
  failures: codes.map((failureCode) => ({ failureCode, description: `${failureCode} of ${email}` })),
})
const report = (parts: object, status = 'Finished'): Answer => ({
  json: { importId: 'i-1', status, summary: { newContacts: 0 }, ...parts },
})
const applied = (remoteId: string) => ({ kind: 'applied', remoteId })

describe('a contact', () => {
  it('is its address, the matched fields and the address book, and never a status or an opt-in', () => {
    const fields = { FIRSTNAME: 'Ada "A" \u2028', POSTCODE: '0150', GENDER: null }
    expect(contact(person('1', 'ada@x.example', fields), at)).toBe(
      `{"matchIdentifier":"email","identifiers":{"email":"ada@x.example"},"dataFields":{"FIRSTNAME":${JSON.stringify(fields.FIRSTNAME)},"POSTCODE":"0150","GENDER":null},"lists":[7]}`,
    )
    expect(contact(ada, at)).toBe('{"matchIdentifier":"email","identifiers":{"email":"ada@x.example"},"lists":[7]}')
  })

  it.each<[FieldKind, string, string]>([
    ['number', '12.50', '12.50'],
    ['number', '9007199254740993', '9007199254740993'],
    ['number', '-0', '-0'],
    ['number', '012', '"012"'],
    ['number', 'NaN', '"NaN"'],
    ['number', '', '""'],
    ['boolean', 'true', 'true'],
    ['boolean', 'false', 'false'],
    ['boolean', 'yes', '"yes"'],
    ['date', '2026-11-22', '"2026-11-22"'],
    ['date', '2026-11-22T10:00:00Z', '"2026-11-22T10:00:00Z"'],
    ['text', 'null', '"null"'],
    ['text', '12', '"12"'],
  ])('writes a %s of %j as %s', (kind, value, text) => {
    const kinds = { X: kind }
    expect(contact(person('1', 'ada@x.example', { X: value }), { ...at, kinds })).toContain(
      `"dataFields":{"X":${text}}`,
    )
  })

  it('is always JSON that holds exactly what was given, whatever the values', () => {
    const shape = z.object({
      identifiers: z.object({ email: z.string() }),
      dataFields: z.record(z.string(), z.unknown()),
    })
    const value = fc.option(fc.string({ unit: 'grapheme' }), { nil: null })
    fc.assert(
      fc.property(value, value, fc.constantFrom<FieldKind>('text', 'date'), (one, two, kind) => {
        const text = contact(person('1', 'a@x.example', { ONE: one, TWO: two }), { ...at, kinds: { TWO: kind } })
        expect(shape.parse(JSON.parse(text)).dataFields).toEqual({ ONE: one, TWO: two })
        expect(Object.keys(z.record(z.string(), z.unknown()).parse(JSON.parse(text))).sort()).toEqual(
          ['dataFields', 'identifiers', 'lists', 'matchIdentifier'].sort(),
        )
      }),
    )
  })

  it('goes into no address book whose id could be something else', () => {
    expect(() => contact(ada, { ...at, list: { id: '7,8', name: 'x' } })).toThrow(/does not know/)
  })
})

describe('importing', () => {
  it('puts everybody into one import, and waits for it', () => {
    const played = run([ada, bob], [accepted])
    expect(played.requests).toMatchObject([
      { method: 'PUT', path: 'https://r1-api.dotdigital.com/contacts/v3/import', rate: 'low' },
    ])
    expect(played.requests.map(bodyText)).toEqual([
      '{"mergeOption":"overwrite","contacts":[{"matchIdentifier":"email","identifiers":{"email":"ada@x.example"},"lists":[7]},{"matchIdentifier":"email","identifiers":{"email":"bob@x.example"},"lists":[7]}]}',
    ])
    expect(endOf(played)).toMatchObject({ kind: 'pending', job })
  })

  it('takes an import id that stands alone', () => {
    expect(endOf(run([ada, bob], [{ status: 202, json: 'i-1' }]))).toMatchObject({ kind: 'pending', job })
  })

  it('halves a call that is refused, and rejects a single record in the vendor’s words', () => {
    const refused = refusal('contacts:badRequest', 'Bad ada@x.example', [{ item: 'email', error: 'You must say.' }])
    expect(endOf(run([ada, bob], [refused, book]))).toMatchObject({ kind: 'split' })
    expect(endOf(run([ada], [refused, book]))).toMatchObject({
      kind: 'each',
      otherwise: { kind: 'rejected', code: 'contacts:badRequest', reason: 'Bad … You must say.' },
    })
    expect(endOf(run([ada], [{ status: 400, text: 'no' }, book]))).toMatchObject({
      otherwise: { kind: 'rejected', code: '400', reason: 'Dotdigital gave no reason.' },
    })
  })

  it.each([
    ['list-missing', [refusal('contacts:badRequest'), bookGone]],
    ['bad-request', [refusal('contacts:badJson')]],
    ['unreadable', [{ status: 202, text: '' }]],
    ['unreadable', [{ status: 202, json: { importId: '' } }]],
    ['quota', [{ status: 400, json: { message: 'ERROR_CONTACT_TOOMANY' } }]],
    ['auth', [{ status: 401, text: '' }]],
  ])('stops with %s', (why, answers) => {
    expect(run([ada, bob], answers).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it('waits when there are too many imports', () => {
    const tooMany: Answer = { status: 429, json: { errorCode: 'contacts:tooManyActiveImports', description: 'x' } }
    expect(run([ada], [tooMany]).ending).toEqual({ kind: 'judged', verdict: { kind: 'retry', after: 15 } })
  })
})

describe('looking at an import', () => {
  it('ends when everybody is named: with their contact ids, or in the vendor’s words', () => {
    const played = look(
      report({ created: [imported('ADA@x.example', 11)], failures: [failed('bob@x.example', 'invalidEmail')] }),
    )
    expect(played.requests).toMatchObject([
      { path: 'https://r1-api.dotdigital.com/contacts/v3/import/i-1', rate: 'polls' },
    ])
    expect(endOfBatch(played)).toMatchObject({
      kind: 'each',
      by: 'identifier',
      otherwise: { kind: 'unknown' },
      except: new Map<string, unknown>([
        ['ada@x.example', applied('11')],
        ['bob@x.example', { kind: 'rejected', code: 'invalidEmail', reason: 'invalidEmail of …' }],
      ]),
    })
  })

  it.each([
    ['GloballySuppressed', true],
    ['globallySuppressed', true],
    ['SuppressedByDomain', true],
    ['Blocker', true],
    ['invalidEmail', undefined],
    ['ApiSchemaViolation', undefined],
    ['SomethingNew', undefined],
  ])('rejects %s; for good: %s', (code, final) => {
    const { marks } = look(
      report({ updated: [imported('ada@x.example', 1)], failures: [failed('bob@x.example', code)] }),
    )
    expect(marks.get('bob@x.example')).toEqual({
      kind: 'rejected',
      code,
      reason: `${code} of …`,
      ...(final === undefined ? {} : { final }),
    })
  })

  const waiting = { kind: 'pending', job }
  const unfinished = report({}, 'NotFinished')
  it.each([
    ['is not finished', [unfinished, unfinished]],
    ['has a status that we do not know', [report({}, 'Paused'), report({}, 'Paused')]],
    ['is not known (yet)', [{ status: 404, json: { errorCode: 'contacts:importNotFound', description: 'x' } }]],
    ['vanishes between two looks', [unfinished, { status: 404, text: '' }]],
    ['ends between two looks', [unfinished, report({ created: [imported('ada@x.example', 1)] })]],
  ])('looks again while it %s', (_what, answers) => {
    expect(endOf(look(...answers))).toMatchObject(waiting)
  })

  const half = report({ created: [imported('ada@x.example', 1)] })
  it.each([
    ['names only some', half, half],
    ['names nobody', report({}), report({})],
    [
      'has an entry without an address',
      report({ created: [imported('ada@x.example', 1)], failures: [failed(undefined, 'invalidEmail')] }),
      half,
    ],
    ['has an entry of another shape', report({ created: [imported('ada@x.example', 1), { email: 'bob' }] }), half],
    ['failed', report({}, 'Failed'), report({}, 'Failed')],
    ['failed in another way', report({}, 'Unknown'), report({}, 'unknown')],
  ])('takes nobody unnamed for imported when the report %s', (_what, scanned, sent) => {
    const end = endOfBatch(look(scanned, sent))
    expect(end).toMatchObject({ kind: 'each', otherwise: { kind: 'unknown' } })
    expect(end.kind === 'each' && end.except.has('bob@x.example')).toBe(false)
  })

  it('says that the Watchdog rejected it', () => {
    const rejected = report({}, 'RejectedByWatchdog')
    expect(endOf(look(rejected, rejected))).toMatchObject({
      kind: 'each',
      otherwise: { kind: 'rejected', code: 'RejectedByWatchdog', reason: expect.stringContaining('Watchdog') },
    })
  })

  const full = report({}, 'ExceedsAllowedContactLimit')
  const noBook = failed('bob@x.example', 'InvalidAddressBookIds')
  it.each([
    ['quota', 'the plan is full', [full, full]],
    ['list-missing', 'the address book is gone', [report({ failures: [failed('ada@x.example', 'x'), noBook] })]],
    ['unreadable', 'the status has another shape', [{ json: [] }, { json: [] }]],
    ['unreadable', 'the report is none', [{ text: '<html>' }, { text: '<html>' }]],
  ])('stops with %s when %s', (why, _what, answers) => {
    expect(look(...answers).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it('stops at a kept import that cannot be read', () => {
    expect(play(() => lookAtImport('{}', at), []).ending).toMatchObject({ stop: { why: 'unreadable' } })
  })

  it('encodes the id in the path', () => {
    const played = play(() => lookAtImport(JSON.stringify({ id: '../x', sent: 1 }), at), [{ status: 404, text: '' }])
    expect(played.requests).toMatchObject([{ path: 'https://r1-api.dotdigital.com/contacts/v3/import/..%2Fx' }])
  })
})

describe('a batch with records that refuse the whole call', () => {
  it('delivers all others, and gives everybody exactly one fate', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('good', 'poison', 'bad'), { minLength: 1, maxLength: 40 }), (kinds) => {
        const people = kinds.map((kind, index) => person(String(index), `${kind}${index}@x.example`))
        const imports = new Map<string, string[]>()
        const vendor = (request: { readonly method: string; readonly path: string }, text: string): Answer => {
          if (request.path.includes('/address-books/')) return book
          if (request.method === 'PUT') {
            const emails = Array.from(text.matchAll(/"email":"([^"]+)"/g), ([, email = '']) => email)
            if (emails.some((email) => email.startsWith('poison'))) return refusal('contacts:badRequest')
            imports.set(`i-${imports.size}`, emails)
            return { status: 202, json: { importId: `i-${imports.size - 1}` } }
          }
          const emails = imports.get(request.path.split('/').at(-1) ?? '') ?? []
          return report({
            created: emails
              .filter((email) => email.startsWith('good'))
              .map((email, index) => imported(email, index + 1)),
            failures: emails.filter((email) => email.startsWith('bad')).map((email) => failed(email, 'invalidEmail')),
          })
        }
        const rows = rowsOf(add, people, at)
        const fates = playBatch(add, rows, at, (request) => vendor(request, bodyText(request)), judge)
        expect([...fates].map(([ref, { kind }]) => [ref, kind])).toEqual(
          kinds.map((kind, index) => [String(index), kind === 'good' ? 'applied' : 'rejected']),
        )
      }),
    )
  })
})
