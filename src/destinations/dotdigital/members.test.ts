import { describe, expect, it } from 'vitest'
import type { Person } from '../../destination-kit/kit.ts'
import { type Answer, bodyText, endOf, play, rowsOf } from '../../destination-kit/play.ts'
import { dotdigital } from '../dotdigital.ts'
import { judge } from './answers.ts'
import { lookAtRemoval } from './members.ts'

const place = { settings: { addressBookId: '7' }, found: { accountId: '1', endpoint: 'https://r1-api.dotdigital.com' } }
const at = { ...place, list: { id: '7', name: 'News' } }
const [remove] = dotdigital.remove
if (remove === undefined || remove.bulk) throw new Error('Dotdigital removes by rows.')

const person = (ref: string, identifier: string, remoteId?: string): Person => ({
  ref,
  identifier,
  fields: {},
  ...(remoteId === undefined ? {} : { remoteId }),
})
const run = (people: readonly Person[], answers: readonly Answer[]) =>
  play(() => remove.talk(rowsOf(remove, people, at), at), answers, judge)

const ada = person('1', 'ada+x@x.example')
const adaKnown = person('1', 'ada+x@x.example', '11')
const bobKnown = person('2', 'bob@x.example', '12')
const found = (email: string, contactId: number, lists: readonly number[] | undefined = [7]): Answer => ({
  json: { contactId, identifiers: { email }, ...(lists ? { lists: lists.map((id) => ({ id, name: 'x' })) } : {}) },
})
const nobody: Answer = { status: 404, json: { errorCode: 'contacts:contactNotFound', description: 'x' } }
const started: Answer = { status: 202, json: { id: 'd-1', status: 'Started' } }
const book: Answer = { json: { id: 7, name: 'News', contacts: 3 } }
const bookGone: Answer = { status: 404, json: { message: 'Error: ERROR_ADDRESSBOOK_NOT_FOUND' } }
const job = JSON.stringify({ id: 'd-1' })
const absent = { kind: 'applied', absent: true }

describe('removing', () => {
  it('takes people off the address book alone, by the contact ids that imports told', () => {
    const played = run([adaKnown, bobKnown], [started])
    expect(played.requests).toMatchObject([
      { method: 'POST', path: 'https://r1-api.dotdigital.com/v2/address-books/7/contacts/delete', rate: 'low' },
    ])
    expect(played.requests.map(bodyText)).toEqual(['[11,12]'])
    expect(endOf(played)).toMatchObject({ kind: 'pending', job, known: new Map() })
  })

  it('looks somebody up whose id is not known', () => {
    const played = run([ada, bobKnown], [found('Ada+X@x.example', 11), started])
    expect(played.requests).toMatchObject([
      { method: 'GET', path: 'https://r1-api.dotdigital.com/contacts/v3/email/ada%2Bx%40x.example', rate: 'high' },
      { method: 'POST' },
    ])
    expect(played.requests.map(bodyText)).toEqual(['', '[11,12]'])
  })

  it('does not trust a kept id that could be something else', () => {
    expect(run([person('1', 'ada@x.example', '11,12')], [nobody]).requests).toMatchObject([
      { path: 'https://r1-api.dotdigital.com/contacts/v3/email/ada%40x.example' },
    ])
  })

  it('ends at once when nobody is known', () => {
    const played = run([ada], [nobody])
    expect(endOf(played)).toMatchObject({ kind: 'each', by: 'ref', except: new Map([['1', absent]]) })
  })

  it.each([
    [256, 1],
    [257, 0],
  ])('looks up an address of %i characters with %i requests', (length, requests) => {
    const [rest, end] = ['@x.example', 'a']
    const played = run([person('1', `${end.repeat(length - rest.length)}${rest}`)], requests === 0 ? [] : [nobody])
    expect(played.requests).toHaveLength(requests)
    const fate = requests === 0 ? { kind: 'rejected', code: 'address_too_long' } : absent
    expect(endOf(played)).toMatchObject({ kind: 'each', by: 'ref', except: new Map([['1', fate]]) })
  })

  it('takes off, and looks again later for, somebody who does not seem to be on the address book', () => {
    const end = endOf(run([ada], [found('ada+x@x.example', 11, [8]), started]))
    expect(end).toMatchObject({ kind: 'pending', by: 'ref', known: new Map([['1', absent]]) })
  })

  it('says nothing of the address book of a contact that is shown without any', () => {
    const withoutLists: Answer = { json: { contactId: 11, identifiers: { email: 'ada+x@x.example' } } }
    expect(endOf(run([ada], [withoutLists, started]))).toMatchObject({ kind: 'pending', known: new Map() })
  })

  it('rejects whom the vendor refuses to look up, and takes off the others', () => {
    const refused: Answer = {
      status: 400,
      json: { errorCode: 'contacts:invalidId', description: "The id value 'ada+x@x.example' is invalid" },
    }
    const played = run([ada, bobKnown], [refused, started])
    expect(played.requests.map(bodyText)).toEqual(['', '[12]'])
    expect(endOf(played)).toMatchObject({
      known: new Map([['1', { kind: 'rejected', code: 'contacts:invalidId', reason: "The id value '…' is invalid" }]]),
    })
  })

  const refused: Answer = { status: 400, json: { message: 'Not bob@x.example. ERROR_CONTACT_INVALID' } }
  it('halves a call that is refused, and rejects a single record', () => {
    expect(endOf(run([adaKnown, bobKnown], [refused, book]))).toMatchObject({ kind: 'split' })
    expect(endOf(run([bobKnown], [refused, book]))).toMatchObject({
      kind: 'each',
      otherwise: { kind: 'rejected', code: 'ERROR_CONTACT_INVALID', reason: 'Not …. ERROR_CONTACT_INVALID' },
    })
  })

  it.each([
    ['list-missing', [bookGone, bookGone]],
    ['unreadable', [{ status: 202, text: '' }]],
    ['unreadable', [{ status: 202, json: { status: 'Started' } }]],
  ])('stops with %s', (why, answers) => {
    expect(run([adaKnown], answers).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it.each([
    ['a 404 that is not Dotdigital’s', { status: 404, text: 'no route' }],
    ['another contact', found('zoe@x.example', 13)],
    ['a contact without an address', { json: { contactId: 11, identifiers: {} } }],
    ['a contact id that is none', { json: { contactId: 0, identifiers: { email: 'ada+x@x.example' } } }],
  ])('takes off nobody when the look-up gives %s', (_what, answer) => {
    const played = run([ada], [answer])
    expect(played.requests).toHaveLength(1)
    expect(played.ending).toMatchObject({ kind: 'stopped', stop: { why: 'unreadable' } })
  })
})

describe('looking at a removal', () => {
  const look = (answer: Answer) => play(() => lookAtRemoval(job, at), [answer], judge)

  it.each([
    ['Completed', { json: { Id: 'd-1', Status: 'Completed' } }],
    ['completed', { json: { id: 'd-1', status: 'completed' } }],
  ])('ends with %s', (_what, answer) => {
    const played = look(answer)
    expect(played.requests).toMatchObject([{ path: 'https://r1-api.dotdigital.com/v2/contacts/deletion/d-1' }])
    expect(endOf(played)).toMatchObject({ kind: 'each', otherwise: { kind: 'applied' } })
  })

  it('knows of nobody whether they were taken off when it failed', () => {
    expect(endOf(look({ json: { Id: 'd-1', Status: 'Failed' } }))).toMatchObject({ otherwise: { kind: 'unknown' } })
  })

  it.each([
    ['has only started', { json: { Id: 'd-1', Status: 'Started' } }],
    ['has a status that we do not know', { json: { Id: 'd-1', Status: 'NotAvailableInThisVersion' } }],
    ['is not known (yet)', { status: 404, text: '' }],
  ])('looks again while it %s', (_what, answer) => {
    expect(endOf(look(answer))).toMatchObject({ kind: 'pending', job })
  })

  it.each([
    ['an answer of another shape', look({ json: [] })],
    ['an answer that is none', look({ text: '<html>' })],
    ['a kept removal that is none', play(() => lookAtRemoval('x', at), [])],
  ])('stops at %s', (_what, played) => {
    expect(played.ending).toMatchObject({ kind: 'stopped', stop: { why: 'unreadable' } })
  })
})
