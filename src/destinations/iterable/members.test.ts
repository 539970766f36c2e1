import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Person } from '../../destination-kit/kit.ts'
import { type Answer, bodyText, endOf, play, playBatch, rowsOf } from '../../destination-kit/play.ts'
import { iterable } from '../iterable.ts'
import { judge } from './answers.ts'

const [add] = iterable.add
const [remove] = iterable.remove
if (add === undefined || add.bulk || remove === undefined || remove.bulk) throw new Error('Iterable has a route each')
const routes = { subscribe: add, unsubscribe: remove }
type Direction = keyof typeof routes
const directions: readonly Direction[] = ['subscribe', 'unsubscribe']

const at = { settings: { region: 'us' }, found: {}, list: { id: '1056557', name: 'VIP' } }
const person = (ref: string, identifier: string, fields: Person['fields'] = {}): Person => ({ ref, identifier, fields })
const ada = person('1', 'ada@x.example')
const bob = person('2', 'bob@x.example')
const eve = person('3', 'eve@x.example')
const all = [ada, bob, eve]

const run = (direction: Direction, people: readonly Person[], answers: readonly Answer[]) =>
  play(() => routes[direction].talk(rowsOf(routes[direction], people, at), at), answers, judge)
const counts = (successCount: number, failCount: number, more: Record<string, unknown> = {}): Answer => ({
  json: { successCount, failCount, ...more },
})
const failed = (reason: string, ...emails: string[]) => ({ failedUpdates: { [reason]: emails } })
const refused = (status: number, code: string, msg = 'words', params: unknown = {}): Answer => ({
  status,
  json: { code, msg, params },
})
const invalidList = refused(400, 'Success', 'error.lists.invalidListId(1056557)', { projectId: 9079 })
const done = { kind: 'applied' }
const gone = { kind: 'applied', absent: true }

describe('what is sent', () => {
  const json = (direction: Direction, people: readonly Person[], place = at): unknown => {
    const route = routes[direction]
    const talk = () => route.talk(rowsOf(route, people, place), place)
    const [request] = play(talk, [counts(people.length, 0)], judge).requests
    return request && JSON.parse(bodyText(request))
  }

  it('puts people on the list by address, with their values', () => {
    expect(json('subscribe', [person('1', 'ada@x.example', { firstName: 'Ada', city: null }), bob])).toEqual({
      listId: 1056557,
      subscribers: [
        { email: 'ada@x.example', dataFields: { firstName: 'Ada', city: null } },
        { email: 'bob@x.example' },
      ],
      updateExistingUsersOnly: false,
    })
  })

  it('writes values by the kinds of their fields', () => {
    const place = { ...at, kinds: { points: 'number', born: 'date' } as const }
    const fields = { points: '12', born: '2026-11-22', code: '12' }
    const { subscribers } = z
      .object({ subscribers: z.array(z.object({ dataFields: z.unknown() })) })
      .parse(json('subscribe', [person('1', 'a@x.example', fields)], place))
    expect(subscribers[0]?.dataFields).toEqual({ points: 12, born: '2026-11-22 00:00:00 +00:00', code: '12' })
  })

  it('takes people off this list alone, and says so in every call', () => {
    expect(json('unsubscribe', [person('1', 'ada@x.example', { firstName: 'Ada' }), bob])).toEqual({
      listId: 1056557,
      subscribers: [{ email: 'ada@x.example' }, { email: 'bob@x.example' }],
      channelUnsubscribe: false,
    })
  })

  it('never says anything of subscriptions, whatever the values are', () => {
    const anyFields = fc.dictionary(fc.string({ minLength: 1 }), fc.option(fc.string()), { maxKeys: 5 })
    fc.assert(
      fc.property(fc.constantFrom(...directions), fc.emailAddress(), anyFields, (direction, email, fields) => {
        const safe = Object.fromEntries(
          Object.entries(fields)
            .filter(([name]) => name !== '__proto__')
            .map(([name, value]) => [`f ${name.replaceAll('.', '')}`, value]),
        )
        const keys: string[] = []
        JSON.stringify(json(direction, [person('1', email, safe)]), (key, value) => {
          keys.push(key)
          if (key === 'channelUnsubscribe') expect(value).toBe(false)
          return value
        })
        expect(keys.filter((key) => /^(preferUserId|campaignId|(un)?subscribed.*)$/.test(key))).toEqual([])
      }),
    )
  })

  it.each(['', '0', '1e3', '12/../13', 'VIP'])('sends nothing to a list %j', (id) => {
    const place = { ...at, list: { id, name: 'VIP' } }
    const played = play(() => add.talk(rowsOf(add, all, place), place), [], judge)
    expect(played.ending).toMatchObject({ stop: { why: 'list-missing' } })
  })
})

describe('failures of single people', () => {
  it.each([
    ['subscribe', 'invalidEmails', { kind: 'rejected', code: 'invalid_email' }],
    ['subscribe', 'invalidDataEmails', { kind: 'rejected', code: 'invalid_data' }],
    ['subscribe', 'conflictEmails', { kind: 'rejected', code: 'conflict' }],
    ['subscribe', 'notFoundEmails', { kind: 'rejected', code: 'not_found' }],
    ['subscribe', 'forgottenEmails', { kind: 'rejected', code: 'forgotten', final: true }],
    ['subscribe', 'strangeEmails', { kind: 'rejected', code: 'strange' }],
    ['unsubscribe', 'invalidEmails', { kind: 'rejected', code: 'invalid_email' }],
    ['unsubscribe', 'conflictEmails', { kind: 'rejected', code: 'conflict' }],
    ['unsubscribe', 'notFoundEmails', gone],
    ['unsubscribe', 'forgottenEmails', gone],
  ] as const)('%s: %s', (direction, reason, fate) => {
    const end = endOf(run(direction, all, [counts(2, 1, failed(reason, 'Bob@X.example'))]))
    expect(end).toMatchObject({ kind: 'each', by: 'ref', otherwise: done, except: new Map([['2', fate]]) })
  })

  it('reads the older place, and counts nobody twice', () => {
    const older = { invalidEmails: ['bob@x.example'] }
    for (const more of [older, { ...older, ...failed('forgottenEmails', 'bob@x.example') }]) {
      expect(endOf(run('subscribe', all, [counts(2, 1, more)]))).toMatchObject({ otherwise: done })
    }
    const both = endOf(
      run('subscribe', all, [counts(2, 1, { ...older, ...failed('forgottenEmails', 'bob@x.example') })]),
    )
    expect(both.kind === 'each' && both.except.get('2')).toMatchObject({ code: 'forgotten' })
  })

  it.each([
    ['success', counts(3, 0, failed('notFoundEmails', 'bob@x.example'))],
    ['nothing', counts(2, 0, failed('notFoundEmails', 'bob@x.example'))],
  ])('somebody who is not there to be taken off may count as %s', (_what, answer) => {
    expect(endOf(run('unsubscribe', all, [answer]))).toMatchObject({ otherwise: done, except: new Map([['2', gone]]) })
    expect(endOf(run('subscribe', all, [answer]))).toMatchObject({ otherwise: { kind: 'unknown' } })
  })

  it.each([
    ['too few', counts(2, 0)],
    ['too many', counts(4, 0)],
    ['more named than counted', counts(2, 1, failed('invalidEmails', 'bob@x.example', 'eve@x.example'))],
    ['somebody else', counts(2, 1, failed('invalidEmails', 'zoe@x.example'))],
    ['too few beside a name', counts(1, 1, failed('invalidEmails', 'bob@x.example'))],
  ])('leaves everybody else unknown where the totals are of %s', (_what, answer) => {
    for (const direction of directions) {
      expect(endOf(run(direction, all, [answer]))).toMatchObject({ kind: 'each', otherwise: { kind: 'unknown' } })
    }
  })

  it.each([
    ['nothing', { text: '' }],
    ['a page', { text: '<html>' }],
    ['no counts', { json: { code: 'Success', msg: 'ok' } }],
    ['counts below nothing', counts(-1, 4)],
  ])('does not take %s for success', (_what, answer) => {
    expect(run('subscribe', all, [answer]).ending).toMatchObject({ stop: { why: 'unreadable' } })
  })

  it('halves where a failure has no name, and rejects who is left', () => {
    expect(endOf(run('subscribe', all, [counts(2, 1)]))).toMatchObject({ kind: 'split' })
    expect(endOf(run('subscribe', all, [counts(2, 1, { failedUpdates: { invalidEmails: 7 } })]))).toMatchObject({
      kind: 'split',
    })
    const end = endOf(run('subscribe', [bob], [counts(0, 1)]))
    expect(end).toMatchObject({ kind: 'each', otherwise: { kind: 'rejected', code: 'failed' } })
  })

  it('says nothing of people in what it says of them', () => {
    const end = endOf(run('subscribe', all, [counts(2, 1, failed('invalidEmails', 'bob@x.example'))]))
    expect(JSON.stringify(end.kind === 'each' && [...end.except.values()])).not.toContain('bob')
  })

  it('stops where the project drops a field that was sent, and not where it drops another', () => {
    const people = [person('1', 'ada@x.example', { city: 'Oslo' })]
    const played = run('subscribe', people, [counts(1, 0, { filteredOutFields: ['city', 'other'] })])
    expect(played.ending).toMatchObject({ stop: { why: 'bad-request', message: expect.stringContaining('“city”') } })
    const fine = run('subscribe', people, [counts(1, 0, { filteredOutFields: ['other'] })])
    expect(endOf(fine)).toMatchObject({ otherwise: done })
  })
})

describe('a list that is not known', () => {
  it.each([
    ['status 400', invalidList],
    ['status 500', refused(500, 'GenericError', '123 error.lists.invalidListId abc')],
  ])('is waited for, longer each time (%s)', (_how, refusal) => {
    const played = run('subscribe', all, [refusal, refusal, refusal, counts(3, 0)])
    expect(played.requests.map(({ after }) => after)).toEqual([undefined, 1, 2, 4])
    expect(new Set(played.requests.map((request) => bodyText(request))).size).toBe(1)
    expect(endOf(played)).toMatchObject({ kind: 'each', otherwise: done })
  })

  const refusedForAMinute = (lists: unknown[]) => [...Array.from({ length: 7 }, () => invalidList), { json: { lists } }]

  it.each(directions)('%s: is given a minute, then the run stops and says which it is', (direction) => {
    const missing = run(direction, all, refusedForAMinute([]))
    expect(missing.requests.reduce((sum, request) => sum + (request.after ?? 0), 0)).toBe(60)
    expect(missing.requests.at(-1)).toMatchObject({ method: 'GET', path: '/api/lists' })
    expect(missing.ending).toMatchObject({ stop: { why: 'list-missing' } })
    const late = run(direction, all, refusedForAMinute([{ id: 1056557, name: 'VIP' }]))
    expect(late.ending).toMatchObject({ stop: { why: 'bad-request', message: expect.stringContaining('later') } })
  })
})

describe('a call that is refused as a whole', () => {
  const place = { 'obj.subscribers[1].dataFields': 'Object value expected' }
  it.each([
    ['a mistyped value', refused(400, 'BadJsonBody', 'Invalid JSON body', place), 'BadJsonBody'],
    ['a value of another type', refused(400, 'RequestFieldsTypesMismatched'), 'invalid_data'],
    ['an invalid address', refused(400, 'InvalidEmailAddressError'), 'invalid_email'],
    ['a conflict', refused(409, 'EmailAlreadyExists'), 'conflict'],
  ])('is halved for %s, down to the one that it is about', (_what, answer, code) => {
    expect(endOf(run('subscribe', all, [answer]))).toMatchObject({ kind: 'split' })
    const end = endOf(run('subscribe', [bob], [answer]))
    expect(end).toMatchObject({ kind: 'each', except: new Map([['2', { kind: 'rejected', code }]]) })
  })

  it('for somebody who is forgotten ends their adding for good, and their removal as done', () => {
    const answer = refused(409, 'ForgottenUserError')
    expect(endOf(run('subscribe', [bob], [answer]))).toMatchObject({
      except: new Map([['2', { code: 'forgotten', final: true }]]),
    })
    expect(endOf(run('unsubscribe', [bob], [answer]))).toMatchObject({ except: new Map([['2', gone]]) })
  })

  it.each([
    ['parameters that are nobody’s', refused(400, 'BadParams', 'userId is required')],
    ['a body that is nobody’s fault', refused(400, 'BadJsonBody', 'Invalid JSON body', { 'obj.listId': 'x' })],
    ['"Success"', refused(400, 'Success', 'something else')],
    ['a page', { status: 400, text: '<html>' }],
  ])('stops for %s, and is not sent again in pieces', (_what, answer) => {
    for (const direction of directions) {
      expect(run(direction, all, [answer]).ending).toMatchObject({ stop: { why: 'bad-request' } })
    }
  })

  it('does not repeat people in its reason', () => {
    const { ending } = run('subscribe', all, [refused(400, 'BadParams', 'no user bob@x.example here')])
    expect(ending.kind === 'stopped' && ending.stop.message).not.toContain('bob')
  })

  it('with one poisoned record of 1000 takes the rest, and few calls', () => {
    const people = Array.from({ length: 1000 }, (_, n) => person(String(n), `${n === 417 ? 'bad' : 'p'}${n}@x.example`))
    const shape = z.object({ subscribers: z.array(z.object({ email: z.string() })) })
    let calls = 0
    const fates = playBatch(
      add,
      rowsOf(add, people, at),
      at,
      (request) => {
        calls++
        const { subscribers } = shape.parse(JSON.parse(bodyText(request)))
        return subscribers.some(({ email }) => email.startsWith('bad'))
          ? refused(400, 'RequestFieldsTypesMismatched')
          : counts(subscribers.length, 0)
      },
      judge,
    )
    expect([...fates].filter(([, { kind }]) => kind !== 'applied')).toMatchObject([['417', { code: 'invalid_data' }]])
    expect(calls).toBeLessThanOrEqual(21)
  })
})

describe('every answer', () => {
  it('gives each person a fate, and takes nobody for applied whom it names or does not count', () => {
    const reason = fc.constantFrom('none', 'invalidEmails', 'forgottenEmails', 'conflictEmails', 'invalidDataEmails')
    fc.assert(
      fc.property(
        fc.array(reason, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: -2, max: 2 }),
        (reasons, lie) => {
          const people = reasons.map((_, n) => person(String(n), `p${n}@x.example`))
          const failedUpdates: Record<string, string[]> = {}
          for (const [n, name] of reasons.entries()) {
            if (name !== 'none') failedUpdates[name] = [...(failedUpdates[name] ?? []), `P${n}@x.example`]
          }
          const good = reasons.filter((name) => name === 'none').length
          const answer = counts(Math.max(0, good + lie), reasons.length - good, { failedUpdates })
          const end = endOf(run('subscribe', people, [answer]))
          if (end.kind !== 'each') throw new Error('an answer with names is not halved')
          expect([...end.except.keys()].sort()).toEqual(
            reasons.flatMap((name, n) => (name === 'none' ? [] : [String(n)])).sort(),
          )
          expect(end.otherwise.kind).toBe(Math.max(0, good + lie) === good ? 'applied' : 'unknown')
        },
      ),
    )
  })
})
