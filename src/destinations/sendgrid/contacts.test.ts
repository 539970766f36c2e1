import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Person } from '../../destination-kit/kit.ts'
import { type Answer, bodyText, endOf, play, playBatch, rowsOf } from '../../destination-kit/play.ts'
import { sendgrid } from '../sendgrid.ts'
import { judge } from './answers.ts'
import { contact } from './contacts.ts'

const [add] = sendgrid.add
if (add === undefined || add.bulk) throw new Error('SendGrid has a route to add')
const at = { settings: { region: 'us' }, found: {}, list: { id: 'list-1', name: 'Newsletter' } }
const person = (ref: string, identifier: string, fields: Person['fields'] = {}): Person => ({ ref, identifier, fields })
const rows = (...addresses: string[]) =>
  rowsOf(
    add,
    addresses.map((address, index) => person(String(index + 1), address)),
    at,
  )
const run = (addresses: string[], answers: readonly Answer[]) =>
  play(() => add.talk(rows(...addresses), at), answers, judge)
const refusal = (...errors: { field?: string | null; message?: string }[]): Answer => ({
  status: 400,
  json: { errors },
})
const accepted: Answer = { status: 202, json: { job_id: 'job-1' } }

describe('the contact that is sent', () => {
  it.each([
    ['only matched fields', { first_name: 'Ada' }, { email: 'a@x.example', first_name: 'Ada' }],
    ['an empty text for no value', { city: null }, { email: 'a@x.example', city: '' }],
    [
      'custom fields by their ids and kinds',
      { e1_T: "O'Neil", e2_N: '12.5', e3_D: '1986-05-08', e4_D: '1986-05-08T10:00:00Z' },
      {
        email: 'a@x.example',
        custom_fields: { e1_T: "O'Neil", e2_N: 12.5, e3_D: '05/08/1986', e4_D: '05/08/1986' },
      },
    ],
    [
      'empty texts for no value in custom fields',
      { e1_T: null, e2_N: null, e3_D: null },
      { email: 'a@x.example', custom_fields: { e1_T: '', e2_N: '', e3_D: '' } },
    ],
    [
      'all fields',
      { first_name: 'A', last_name: 'B', country: 'C', state_province_region: 'D', city: 'E', postal_code: 'F' },
      {
        email: 'a@x.example',
        first_name: 'A',
        last_name: 'B',
        country: 'C',
        state_province_region: 'D',
        city: 'E',
        postal_code: 'F',
      },
    ],
  ])('has %s', (_what, fields, sent) => {
    expect(
      JSON.parse(
        contact(person('1', 'a@x.example', fields), { kinds: { e2_N: 'number', e3_D: 'date', e4_D: 'date' } }),
      ),
    ).toEqual(sent)
  })
})

describe('adding', () => {
  it('puts everybody into the list and waits for the job', () => {
    const played = run(['a@x.example', 'b@x.example'], [accepted])
    expect(played.requests).toMatchObject([{ method: 'PUT', path: '/v3/marketing/contacts', rate: 'contacts' }])
    expect(played.requests.map(bodyText).map((text) => JSON.parse(text))).toEqual([
      { list_ids: ['list-1'], contacts: [{ email: 'a@x.example' }, { email: 'b@x.example' }] },
    ])
    const end = endOf(played)
    expect(end).toMatchObject({ kind: 'pending', known: new Map() })
    expect(end.kind === 'pending' && JSON.parse(end.job)).toEqual({ id: 'job-1', sent: 2 })
  })

  it.each([
    ['by place', { field: 'contacts[1].email', message: 'too long' }, '400', 'too long'],
    [
      'by address',
      { field: null, message: "email 'B@x.example' is not valid" },
      'invalid_email',
      "email '…' is not valid",
    ],
    [
      'by both, in the newer shape',
      { field: 'contacts[1].identifier', message: "email 'b@x.example' is not valid" },
      'invalid_email',
      "email '…' is not valid",
    ],
    [
      'by an address that stands elsewhere than its place says',
      { field: 'contacts[0].email', message: "email 'b@x.example' is not valid" },
      'invalid_email',
      "email '…' is not valid",
    ],
  ])('leaves out who is named %s, and sends the rest again', (_how, error, code, reason) => {
    const played = run(['a@x.example', 'b@x.example', 'c@x.example'], [refusal(error), accepted])
    expect(played.requests.map((request) => bodyText(request).includes('b@x.example'))).toEqual([true, false])
    const end = endOf(played)
    expect(end).toMatchObject({
      kind: 'pending',
      by: 'identifier',
      known: new Map([['b@x.example', { kind: 'rejected', code, reason }]]),
    })
    expect(end.kind === 'pending' && JSON.parse(end.job)).toMatchObject({ sent: 2 })
  })

  it('ends without a job when everybody is named', () => {
    const errors = [0, 1].map((place) => ({ field: `contacts[${place}].email`, message: 'no' }))
    const played = run(['a@x.example', 'b@x.example'], [refusal(...errors)])
    const rejected = { kind: 'rejected', code: '400', reason: 'no' }
    expect(endOf(played)).toMatchObject({
      kind: 'each',
      by: 'identifier',
      except: new Map([
        ['a@x.example', rejected],
        ['b@x.example', rejected],
      ]),
    })
  })

  it.each([
    ['an address that was not sent', refusal({ field: 'contacts[0].email', message: "email 'z@x' is not valid" })],
    ['a place beyond the call', refusal({ field: 'contacts[7].email', message: 'no' })],
    ['no record', refusal({ field: null, message: 'something is wrong' })],
    ['nothing that can be read', { status: 400, text: '<html>' }],
  ])('halves when the refusal names %s', (_what, answer) => {
    expect(endOf(run(['a@x.example', 'b@x.example'], [answer]))).toMatchObject({ kind: 'split' })
  })

  it.each([
    [refusal({ field: null, message: 'Ada <a@x.example> is not welcome' }), 'Ada <…> is not welcome'],
    [{ status: 400, text: '<html>' }, 'SendGrid gave no reason.'],
  ])('rejects a single record in the vendor’s words', (answer, reason) => {
    const end = endOf(run(['a@x.example'], [answer]))
    expect(end).toMatchObject({ except: new Map([['a@x.example', { kind: 'rejected', code: '400', reason }]]) })
  })

  it('gives up naming one by one after ten rounds', () => {
    const addresses = Array.from({ length: 12 }, (_, index) => `p${index}@x.example`)
    const played = run(
      addresses,
      Array.from({ length: 10 }, () => refusal({ field: 'contacts[0].email', message: 'no' })),
    )
    expect(endOf(played)).toMatchObject({ kind: 'split' })
  })

  it.each([
    ['list-missing', { status: 404, json: { errors: [{ field: 'list_ids', message: 'not found' }] } }],
    ['list-missing', refusal({ field: 'list_ids[0]', message: 'not a uuid' })],
    ['quota', refusal({ field: null, message: 'you have hit your contact limit' })],
    ['unreadable', { status: 202, json: { job: 'one' } }],
    ['unreadable', { status: 202, text: '' }],
    ['unreadable', { status: 200, text: '<html>log in</html>' }],
  ] as const)('stops with %s', (why, answer) => {
    expect(run(['a@x.example'], [answer]).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it('asks nothing where the list’s ID could reach another endpoint', () => {
    const astray = { ...at, list: { id: '../contacts', name: '' } }
    const played = play(() => add.talk(rows('a@x.example'), astray), [])
    expect(played.requests).toEqual([])
    expect(played.ending).toMatchObject({ kind: 'stopped', stop: { why: 'list-missing' } })
  })
})

/** A SendGrid that holds every address with "bad" in it invalid, and tells of it in one of several ways. */
type Telling = 'all' | 'first' | 'places only' | 'nothing'
const sent = z.object({ contacts: z.array(z.object({ email: z.string() })) })

const vendorThat = (telling: Telling) => {
  const stored = new Set<string>()
  const answer = (request: { method: string; path: string }, text: string): Answer => {
    if (request.method === 'GET') return { json: { status: 'completed', results: {} } }
    const { contacts } = sent.parse(JSON.parse(text))
    const errors = contacts.flatMap(({ email }, place) =>
      email.includes('bad') ? [{ field: `contacts[${place}].email`, message: `email '${email}' is not valid` }] : [],
    )
    if (errors.length > 0) {
      if (telling === 'nothing') return { status: 400, json: { errors: [{ field: null, message: 'bad request' }] } }
      if (telling === 'first') return { status: 400, json: { errors: errors.slice(0, 1) } }
      return { status: 400, json: { errors: telling === 'all' ? errors : errors.map(({ field }) => ({ field })) } }
    }
    for (const { email } of contacts) stored.add(email)
    return { status: 202, json: { job_id: 'job' } }
  }
  return { stored, answer }
}

describe('whatever SendGrid tells of a refusal', () => {
  it('gives everybody exactly one fate, and the right one', () => {
    const addresses = fc.uniqueArray(
      fc.tuple(fc.boolean(), fc.nat(500)).map(([bad, number]) => `${bad ? 'bad' : 'good'}${number}@x.example`),
      { minLength: 1, maxLength: 60 },
    )
    const telling = fc.constantFrom<Telling>('all', 'first', 'places only', 'nothing')
    fc.assert(
      fc.property(addresses, telling, (given, how) => {
        const vendor = vendorThat(how)
        const batch = rows(...given)
        const fates = playBatch(add, batch, at, (request) => vendor.answer(request, bodyText(request)), judge)
        expect([...fates.keys()].sort()).toEqual(batch.map((row) => row.ref).sort())
        for (const row of batch) {
          const bad = row.identifier.includes('bad')
          expect(fates.get(row.ref)?.kind).toBe(bad ? 'rejected' : 'applied')
          expect(vendor.stored.has(row.identifier)).toBe(!bad)
        }
      }),
    )
  })
})
