import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Person } from '../../destination-kit/kit.ts'
import { type Answer, bodyText, endOf, play, playBatch, rowsOf } from '../../destination-kit/play.ts'
import { sendgrid } from '../sendgrid.ts'
import { judge } from './answers.ts'

const [remove] = sendgrid.remove
if (remove === undefined || remove.bulk) throw new Error('SendGrid has a route to remove')
const at = { settings: { region: 'us' }, found: {}, list: { id: 'list-1', name: 'Newsletter' } }
const person = (ref: string, identifier: string, remoteId?: string): Person => ({
  ref,
  identifier,
  fields: {},
  ...(remoteId === undefined ? {} : { remoteId }),
})
const run = (people: Person[], answers: readonly Answer[]) =>
  play(() => remove.talk(rowsOf(remove, people, at), at), answers, judge)

const ada = person('1', 'ada@x.example')
const bob = person('2', 'bob@x.example')
const inList = (id: string, email: string, lists = ['list-1']) => ({ contact: { id, email, list_ids: lists } })
const nobody = { error: 'contact not found' }
const result = (entries: Record<string, unknown>): Answer => ({ json: { result: entries } })
const accepted: Answer = { status: 202, json: { job_id: 'job-1' } }
const gone: Answer = { status: 404, json: { errors: [{ message: 'contact not found' }] } }
const list: Answer = { json: { id: 'list-1', name: 'Newsletter', contact_count: 2 } }
const absent = { kind: 'applied', absent: true }

describe('removing', () => {
  it('looks up contacts, takes them off this list alone, and waits for the job', () => {
    const played = run(
      [ada, bob],
      [result({ 'ada@x.example': inList('id-a', 'ada@x.example'), 'bob@x.example': nobody }), accepted],
    )
    expect(played.requests).toMatchObject([
      { method: 'POST', path: '/v3/marketing/contacts/search/emails', reads: true },
      { method: 'DELETE', path: '/v3/marketing/lists/list-1/contacts', query: { contact_ids: 'id-a' } },
    ])
    const end = endOf(played)
    expect(end).toMatchObject({ kind: 'pending', by: 'ref', known: new Map([['2', absent]]) })
    expect(end.kind === 'pending' && JSON.parse(end.job)).toMatchObject({ id: 'job-1', sent: 1 })
  })

  it('looks up nobody whose contact is known', () => {
    const played = run([person('1', 'ada@x.example', 'id-a'), person('2', 'bob@x.example', 'id-b')], [accepted])
    expect(played.requests).toMatchObject([{ method: 'DELETE', query: { contact_ids: 'id-a,id-b' } }])
  })

  it('does not trust a kept contact that could reach elsewhere', () => {
    const played = run([person('1', 'ada@x.example', 'id-a,id-b')], [gone])
    expect(played.requests).toMatchObject([{ path: '/v3/marketing/contacts/search/emails' }])
  })

  it('ends at once when SendGrid knows nobody', () => {
    const end = endOf(run([ada, bob], [gone]))
    expect(end).toMatchObject({
      kind: 'each',
      by: 'ref',
      except: new Map([
        ['1', absent],
        ['2', absent],
      ]),
    })
  })

  it('searches long addresses by identifier', () => {
    const long = person('3', `${'a'.repeat(60)}@${'b'.repeat(60)}.example`)
    const played = run([ada, long], [gone, gone])
    expect(played.requests.map((request) => [request.path, bodyText(request)])).toEqual([
      ['/v3/marketing/contacts/search/emails', '{"emails":["ada@x.example"]}'],
      ['/v3/marketing/contacts/search/identifiers/email', `{"identifiers":["${long.identifier}"]}`],
    ])
  })

  it('takes off, and still looks again later for, somebody who does not seem to be on the list', () => {
    const played = run([ada], [result({ 'ada@x.example': inList('id-a', 'ada@x.example', ['other']) }), accepted])
    expect(endOf(played)).toMatchObject({ kind: 'pending', known: new Map([['1', absent]]) })
    expect(played.requests).toHaveLength(2)
  })

  it.each([
    ['another contact that bears the address too', inList('id-z', 'zoe@x.example'), 'alternate_address'],
    ['an error', { error: 'try later' }, 'search'],
    ['neither', {}, 'search'],
    ['nothing', undefined, 'search'],
  ])('takes off nobody when the search gives %s', (_what, entry, code) => {
    const played = run([ada], [result(entry === undefined ? {} : { 'ada@x.example': entry })])
    expect(played.requests).toHaveLength(1)
    const end = endOf(played)
    expect(end).toMatchObject({ kind: 'each', by: 'ref' })
    expect(end.kind === 'each' && end.except.get('1')).toMatchObject({ kind: 'rejected', code })
  })

  it('halves when an address is refused, and rejects a single one', () => {
    const refused: Answer = { status: 400, json: { errors: [{ message: "email 'ada@x.example' is not valid" }] } }
    expect(endOf(run([ada, bob], [refused]))).toMatchObject({ kind: 'split' })
    expect(endOf(run([ada], [refused]))).toMatchObject({
      except: new Map([['1', { kind: 'rejected', code: '400', reason: "email '…' is not valid" }]]),
    })
  })

  it('looks everybody up when a kept contact is gone', () => {
    const played = run(
      [person('1', 'ada@x.example', 'old-a'), person('2', 'bob@x.example', 'id-b')],
      [gone, list, result({ 'ada@x.example': nobody, 'bob@x.example': inList('id-b', 'bob@x.example') }), accepted],
    )
    expect(played.requests[3]).toMatchObject({ method: 'DELETE', query: { contact_ids: 'id-b' } })
    expect(endOf(played)).toMatchObject({ kind: 'pending', known: new Map([['1', absent]]) })
  })

  it('halves when the search still finds a contact that is gone, and ends with a single one', () => {
    const found = { 'ada@x.example': inList('id-a', 'ada@x.example'), 'bob@x.example': inList('id-b', 'bob@x.example') }
    expect(endOf(run([ada, bob], [result(found), gone, list, result(found), gone, list]))).toMatchObject({
      kind: 'split',
    })
    expect(endOf(run([ada], [result(found), gone, list, result(found), gone, list]))).toMatchObject({
      kind: 'each',
      otherwise: absent,
    })
  })

  it('stops when it is the list that is gone', () => {
    const played = run([person('1', 'ada@x.example', 'id-a')], [gone, gone])
    expect(played.ending).toMatchObject({ kind: 'stopped', stop: { why: 'list-missing' } })
  })

  it.each([
    ['a search of another shape', [{ json: { results: [] } }]],
    ['a contact id that could reach elsewhere', [result({ 'ada@x.example': inList('a,b', 'ada@x.example') })]],
    [
      'a removal that is not found, in words that are not SendGrid’s',
      [result({ 'ada@x.example': inList('id-a', 'ada@x.example') }), { status: 404, text: '' }],
    ],
    ['a removal without a job', [result({ 'ada@x.example': inList('id-a', 'ada@x.example') }), { status: 202 }]],
  ])('stops at %s', (_what, answers) => {
    expect(run([ada], answers).ending).toMatchObject({ kind: 'stopped', stop: { why: 'unreadable' } })
  })
})

/** A SendGrid with some contacts on the list, some elsewhere, some that vanished although the search still finds them. */
type Standing = 'member' | 'elsewhere' | 'vanished' | 'unknown'
const searched = z.object({ emails: z.array(z.string()) })

const vendorOf = (standings: ReadonlyMap<string, Standing>) => {
  const removed = new Set<string>()
  const idOf = (email: string) => `id-${email.split('@')[0]}`
  const addressOf = new Map([...standings.keys()].map((email) => [idOf(email), email]))
  const entry = (email: string) => {
    const standing = standings.get(email)
    if (standing === undefined || standing === 'unknown') return nobody
    return inList(idOf(email), email, standing === 'elsewhere' ? ['other'] : ['list-1'])
  }
  const answer = (
    request: { method: string; path: string; query?: Readonly<Record<string, string>> },
    text: string,
  ): Answer => {
    if (request.method === 'POST') {
      const entries = searched.parse(JSON.parse(text)).emails.map((email) => [email, entry(email)] as const)
      return entries.every(([, found]) => found === nobody) ? gone : result(Object.fromEntries(entries))
    }
    if (request.method === 'GET') return request.path.includes('/lists/') ? list : { json: { status: 'completed' } }
    const emails = (request.query?.contact_ids ?? '').split(',').map((id) => addressOf.get(id) ?? '')
    if (emails.some((email) => !['member', 'elsewhere'].includes(standings.get(email) ?? ''))) return gone
    for (const email of emails) removed.add(email)
    return accepted
  }
  return { removed, idOf, answer }
}

describe('whoever is gone at SendGrid', () => {
  it('keeps nobody else on the list, and everybody gets exactly one fate', () => {
    const standing = fc.constantFrom<Standing>('member', 'elsewhere', 'vanished', 'unknown')
    const people = fc.array(fc.tuple(standing, fc.constantFrom('none', 'right', 'stale')), {
      minLength: 1,
      maxLength: 40,
    })
    fc.assert(
      fc.property(people, (given) => {
        const standings = new Map(given.map(([stands], index) => [`p${index}@x.example`, stands]))
        const vendor = vendorOf(standings)
        const rows = given.map(([, kept], index) => {
          const email = `p${index}@x.example`
          return person(
            String(index),
            email,
            { none: undefined, right: vendor.idOf(email), stale: `old-${index}` }[kept],
          )
        })
        const encoded = rowsOf(remove, rows, at)
        const fates = playBatch(remove, encoded, at, (request) => vendor.answer(request, bodyText(request)), judge)
        expect([...fates.keys()].sort()).toEqual(encoded.map((row) => row.ref).sort())
        expect([...fates.values()].every((fate) => fate.kind === 'applied')).toBe(true)
        for (const [email, stands] of standings) if (stands === 'member') expect(vendor.removed).toContain(email)
      }),
    )
  })
})
