import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Person } from '../../destination-kit/kit.ts'
import { type Answer, bodyText, endOf, play, playBatch, rowsOf } from '../../destination-kit/play.ts'
import { campaignMonitor } from '../campaign-monitor.ts'
import { judge } from './answers.ts'
import { subscriber } from './import.ts'

const [add] = campaignMonitor.add
if (add === undefined || add.bulk) throw new Error('Campaign Monitor has a route to add.')
const listId = 'a'.repeat(32)
const at = { settings: { clientId: '' }, found: { clientId: 'b'.repeat(32) }, list: { id: listId, name: 'Newsletter' } }
const person = (identifier: string, fields: Person['fields'] = {}): Person => ({ ref: identifier, identifier, fields })
const rows = (...addresses: string[]) =>
  rowsOf(
    add,
    addresses.map((one) => person(one)),
    at,
  )
const run = (given: ReturnType<typeof rows>, ...answers: Answer[]) => play(() => add.talk(given, at), answers, judge)

interface Totals {
  readonly unique: number
  readonly known?: number
  readonly fresh?: number
  readonly duplicates?: readonly string[]
  readonly failures?: readonly {
    readonly EmailAddress: string
    readonly Code: number
    readonly Message?: string | null
  }[]
}
const result = ({ unique, known = 0, fresh = 0, duplicates = [], failures = [] }: Totals) => ({
  FailureDetails: failures,
  TotalUniqueEmailsSubmitted: unique,
  TotalExistingSubscribers: known,
  TotalNewSubscribers: fresh,
  DuplicateEmailsInSubmission: duplicates,
})
const done = (totals: Totals): Answer => ({ status: 201, json: result(totals) })
const some = (totals: Totals): Answer => ({
  status: 400,
  json: { ResultData: result(totals), Code: 210, Message: 'Subscriber Import had some failures' },
})
const failure = (EmailAddress: string, Code: number, Message: string | null = 'no') => ({ EmailAddress, Code, Message })

describe('a subscriber', () => {
  it.each([
    ['nothing matched', {}, { CustomFields: [] }],
    ['a name', { Name: 'Ada "A" L.' }, { Name: 'Ada "A" L.', CustomFields: [] }],
    ['a name that is gone', { Name: null }, { Name: '', CustomFields: [] }],
    [
      'custom fields, by key',
      { '[City]': 'Bodø', Tier: 'gold' },
      {
        CustomFields: [
          { Key: '[City]', Value: 'Bodø' },
          { Key: '[Tier]', Value: 'gold' },
        ],
      },
    ],
    [
      'a value that is gone',
      { '[City]': null, '[Tier]': '' },
      {
        CustomFields: [
          { Key: '[City]', Value: '', Clear: true },
          { Key: '[Tier]', Value: '', Clear: true },
        ],
      },
    ],
  ])('with %s', (_what, fields, sent) => {
    expect(JSON.parse(subscriber(person('ada@x.example', fields)))).toEqual({
      EmailAddress: 'ada@x.example',
      ConsentToTrack: 'Unchanged',
      ...sent,
    })
  })

  it('has dates in the form that cannot be read otherwise', () => {
    const text = subscriber(person('a@x.example', { '[Born]': '1984-02-03', '[Seen]': '2026-11-22T10:00:00Z' }), {
      kinds: { '[Born]': 'date', '[Seen]': 'date' },
    })
    expect(JSON.parse(text).CustomFields.map(({ Value }: { Value: string }) => Value)).toEqual([
      '1984/02/03',
      '2026/11/22',
    ])
  })
})

describe('an import', () => {
  it('resubscribes nobody and sends no autoresponder', () => {
    const [request] = run(rows('a@x.example'), done({ unique: 1, fresh: 1 })).requests
    if (request === undefined) throw new Error('nothing was asked')
    expect([request.method, request.path]).toEqual(['POST', `/api/v3.3/subscribers/${listId}/import.json`])
    const sent = JSON.parse(bodyText(request))
    expect(Object.keys(sent).sort()).toEqual(['Resubscribe', 'Subscribers'])
    expect(sent.Resubscribe).toBe(false)
  })

  it('is applied for all when nobody failed', () => {
    expect(endOf(run(rows('a@x.example', 'b@x.example'), done({ unique: 2, known: 1, fresh: 1 })))).toMatchObject({
      otherwise: { kind: 'applied' },
      except: new Map(),
    })
  })

  it.each([
    [1, 'Invalid Email Address', undefined],
    [204, 'In Suppression List', true],
    [205, 'Is Deleted', true],
    [206, 'Is Unsubscribed', true],
    [207, 'Is Bounced', true],
    [208, 'Is Unconfirmed', undefined],
  ])('partly refused with code %i: who is named is rejected, the rest applied', (code, message, final) => {
    const answer = some({ unique: 3, known: 2, failures: [failure(' B@X.example', code, message)] })
    const end = endOf(run(rows('a@x.example', 'b@x.example', 'c@x.example'), answer))
    const rejected = { kind: 'rejected', code: String(code), reason: message, ...(final === true ? { final } : {}) }
    expect(end).toMatchObject({ otherwise: { kind: 'applied' }, except: new Map([['b@x.example', rejected]]) })
  })

  it('repeats nobody’s address in a reason', () => {
    const failures = [failure('b@x.example', 1, 'b@x.example is invalid'), failure('c@x.example', 1, null)]
    const end = endOf(run(rows('a@x.example', 'b@x.example', 'c@x.example'), some({ unique: 3, fresh: 1, failures })))
    expect(JSON.stringify(end.kind === 'each' ? [...end.except.values()] : [])).not.toContain('b@x')
    expect(end).toMatchObject({
      except: new Map([
        ['b@x.example', { reason: '… is invalid' }],
        ['c@x.example', { code: '1' }],
      ]),
    })
  })

  it.each([
    ['fewer than were sent', done({ unique: 1, fresh: 1 })],
    ['more than were sent', done({ unique: 3, fresh: 3 })],
    ['totals that leave somebody out', done({ unique: 2, fresh: 1 })],
    ['failures beyond the totals', some({ unique: 2, known: 2, failures: [failure('a@x.example', 1)] })],
    ['a failure of a stranger', some({ unique: 2, known: 1, failures: [failure('z@x.example', 1)] })],
    [
      'one failure twice',
      some({ unique: 2, known: 0, failures: [failure('a@x.example', 1), failure('a@x.example', 1)] }),
    ],
  ])('leaves unknown whom the vendor does not account for: %s', (_what, answer) => {
    expect(endOf(run(rows('a@x.example', 'b@x.example'), answer))).toMatchObject({ otherwise: { kind: 'unknown' } })
  })

  it('takes somebody whom the vendor counts as a duplicate for applied', () => {
    const answer = done({ unique: 1, fresh: 1, duplicates: ['b@x.example'] })
    expect(endOf(run(rows('a@x.example', 'b@x.example'), answer))).toMatchObject({ otherwise: { kind: 'applied' } })
  })

  it.each([
    ['too many', { status: 400, json: { Code: 209, Message: 'too many' } }],
    ['a record without consent', { status: 400, json: { Code: 214, Message: 'consent' } }],
    ['what cannot be read', { status: 400, text: '<html>' }],
  ])('refused as a whole for %s is halved', (_what, answer) => {
    expect(endOf(run(rows('a@x.example', 'b@x.example'), answer))).toMatchObject({ kind: 'split' })
  })

  it('refused as a whole for one person rejects that person', () => {
    const end = endOf(run(rows('a@x.example'), { status: 400, json: { Code: 214, Message: 'consent' } }))
    expect(end).toMatchObject({ otherwise: { kind: 'rejected', code: '214', reason: 'consent' }, except: new Map() })
  })

  it.each([
    ['some failed, and not whom', { status: 400, json: { Code: 210, Message: 'some' } }, 'unreadable'],
    ['a page', { status: 200, text: '<html>' }, 'unreadable'],
    ['nothing', { status: 201 }, 'unreadable'],
    ['an error with 200', { status: 200, json: { Code: 500, Message: 'oops' } }, 'unreadable'],
    ['an unknown list', { status: 401, json: { Code: 101, Message: 'Invalid ListID' } }, 'list-missing'],
    ['an unknown list with 400', { status: 400, json: { Code: 101, Message: 'Invalid ListID' } }, 'list-missing'],
  ])('stops at %s', (_what, answer, why) => {
    expect(run(rows('a@x.example'), answer).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it('asks nothing for what cannot be a list', () => {
    const astray = { ...at, list: { id: '../x', name: '' } }
    expect(play(() => add.talk(rows('a@x.example'), astray), []).ending).toMatchObject({
      stop: { why: 'list-missing' },
    })
  })
})

describe('whatever part of a batch is refused', () => {
  it('everybody has one fate, and the right one', () => {
    const people = fc.uniqueArray(
      fc
        .tuple(fc.constantFrom('ok', 'out', 'poison'), fc.nat(300))
        .map(([kind, number]) => `${kind}${number}@x.example`),
      { minLength: 1, maxLength: 40 },
    )
    fc.assert(
      fc.property(people, (addresses) => {
        const batch = rows(...addresses)
        const fates = playBatch(
          add,
          batch,
          at,
          (request) => {
            const sent: string[] = JSON.parse(bodyText(request)).Subscribers.map(
              (one: { EmailAddress: string }) => one.EmailAddress,
            )
            if (sent.some((one) => one.startsWith('poison')))
              return { status: 400, json: { Code: 215, Message: 'poison' } }
            const failures = sent.filter((one) => one.startsWith('out')).map((one) => failure(one, 206))
            const totals = { unique: sent.length, fresh: sent.length - failures.length, failures }
            return failures.length === 0 ? done(totals) : some(totals)
          },
          judge,
        )
        for (const row of batch)
          expect(fates.get(row.ref)?.kind).toBe(row.identifier.startsWith('ok') ? 'applied' : 'rejected')
      }),
    )
  })
})
