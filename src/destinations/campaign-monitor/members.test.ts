import { describe, expect, it } from 'vitest'
import type { Request } from '../../destination-kit/kit.ts'
import { type Answer, bodyText, endOf, play, rowsOf } from '../../destination-kit/play.ts'
import { campaignMonitor } from '../campaign-monitor.ts'
import { judge } from './answers.ts'

const back = campaignMonitor.add.find((route) => route.for === 'returners')
const [remove] = campaignMonitor.remove
if (back === undefined || back.bulk || remove === undefined || remove.bulk) throw new Error('Routes are missing.')
const at = {
  settings: { clientId: '' },
  found: { clientId: 'b'.repeat(32) },
  list: { id: 'a'.repeat(32), name: 'Newsletter' },
}
const rows = (...addresses: string[]) =>
  rowsOf(
    back,
    addresses.map((identifier) => ({ ref: identifier, identifier, fields: { Name: 'x' }, left: true as const })),
    at,
  )

/** A vendor with these states by address; `suppressed` stand on the second page. */
const vendor = (states: Record<string, string | undefined>, suppressed: readonly string[] = []) => {
  const asked: string[] = []
  const answer = (request: Request): Answer => {
    const email = request.query?.email ?? ''
    if (request.path.includes('suppressionlist')) {
      const page = Number(request.query?.page)
      asked.push(`suppressed ${page}`)
      const listed = page === 2 ? suppressed : ['z@x.example']
      return { json: { Results: listed.map((EmailAddress) => ({ EmailAddress })), PageNumber: page, NumberOfPages: 2 } }
    }
    if (request.method === 'GET') {
      asked.push(`state ${email}`)
      const State = states[email]
      return State === undefined ? { status: 400, json: { Code: 203, Message: 'not in list' } } : { json: { State } }
    }
    if (request.method === 'DELETE') {
      asked.push(`delete ${email}`)
      states[email] = 'Deleted'
      return { status: 200, text: '' }
    }
    const body = JSON.parse(bodyText(request))
    const sent: string[] = body.Subscribers.map((one: { EmailAddress: string }) => one.EmailAddress)
    asked.push(
      `${body.Resubscribe ? 'resubscribe' : 'import'} ${sent.join(' ')}${request.once === true ? ' once' : ''}`,
    )
    for (const one of sent) states[one] = 'Active'
    return {
      status: 201,
      json: {
        FailureDetails: [],
        TotalUniqueEmailsSubmitted: sent.length,
        TotalExistingSubscribers: sent.length,
        TotalNewSubscribers: 0,
        DuplicateEmailsInSubmission: [],
      },
    }
  }
  return { asked, answer }
}

const returning = (given: ReturnType<typeof vendor>, ...addresses: string[]) =>
  endOf(play(() => back.talk(rows(...addresses), at), given.answer, judge))
const leaving = (given: ReturnType<typeof vendor>, ...addresses: string[]) =>
  endOf(play(() => remove.talk(rows(...addresses), at), given.answer, judge))
const kindsOf = (end: ReturnType<typeof returning>) =>
  end.kind === 'each' ? Object.fromEntries([...end.except].map(([who, fate]) => [who, fate.kind])) : end

describe('somebody who comes back', () => {
  it('is resubscribed alone, right after being read as Deleted and found on no page of the suppression list', () => {
    const there = vendor({ 'a@x.example': 'Deleted', 'b@x.example': 'Deleted' })
    expect(kindsOf(returning(there, 'a@x.example', 'b@x.example'))).toEqual({
      'a@x.example': 'applied',
      'b@x.example': 'applied',
    })
    expect(there.asked).toEqual([
      'state a@x.example',
      'suppressed 1',
      'suppressed 2',
      'state a@x.example',
      'resubscribe a@x.example once',
      'state b@x.example',
      'resubscribe b@x.example once',
    ])
  })

  it('is written like a member when Active, as after a lost answer, or never there', () => {
    const there = vendor({ 'a@x.example': 'Active', 'b@x.example': undefined })
    expect(kindsOf(returning(there, 'a@x.example', 'b@x.example'))).toEqual({
      'a@x.example': 'applied',
      'b@x.example': 'applied',
    })
    expect(there.asked.at(-1)).toBe('import a@x.example b@x.example')
    expect(there.asked.some((one) => one.startsWith('resubscribe') || one.startsWith('suppressed'))).toBe(false)
  })

  it.each([
    ['Unsubscribed', '206', true],
    ['Bounced', '207', true],
    ['Suppressed', '204', true],
    ['Spam', '206', true],
    ['Unconfirmed', '208', undefined],
    ['Something new', 'state', undefined],
  ])('stays out when %s', (state, code, final) => {
    const there = vendor({ 'a@x.example': state })
    const end = returning(there, 'a@x.example')
    expect(there.asked).toEqual(['state a@x.example'])
    const fate = end.kind === 'each' ? end.except.get('a@x.example') : undefined
    expect(fate).toMatchObject({ kind: 'rejected', code, ...(final === true ? { final } : {}) })
    expect(fate).toHaveProperty('reason', expect.stringMatching(/\w/))
    if (final === undefined) expect(fate).not.toHaveProperty('final')
  })

  it('stays out when deleted and suppressed', () => {
    const there = vendor({ 'a@x.example': 'Deleted', 'b@x.example': 'Deleted' }, ['A@x.example'])
    expect(kindsOf(returning(there, 'a@x.example', 'b@x.example'))).toEqual({
      'a@x.example': 'rejected',
      'b@x.example': 'applied',
    })
    expect(there.asked).not.toContain('resubscribe a@x.example once')
  })

  it('stays out when the state changed while the suppression list was read', () => {
    const there = vendor({ 'a@x.example': 'Deleted' })
    const answer = (request: Request): Answer => {
      if (there.asked.includes('suppressed 2') && request.method === 'GET') return { json: { State: 'Unsubscribed' } }
      return there.answer(request)
    }
    expect(kindsOf(endOf(play(() => back.talk(rows('a@x.example'), at), answer, judge)))).toEqual({
      'a@x.example': 'rejected',
    })
  })

  it.each([
    ['another page than was asked for', { Results: [], PageNumber: 7, NumberOfPages: 9 }],
    ['a page without people', { PageNumber: 1, NumberOfPages: 1 }],
  ])('is not touched when the suppression list cannot be read: %s', (_what, json) => {
    const there = vendor({ 'a@x.example': 'Deleted' })
    const answer = (request: Request): Answer =>
      request.path.includes('suppressionlist') ? { json } : there.answer(request)
    const played = play(() => back.talk(rows('a@x.example'), at), answer, judge)
    expect(played.ending).toMatchObject({ kind: 'stopped', stop: { why: 'unreadable' } })
    expect(played.requests.every(({ method }) => method === 'GET')).toBe(true)
  })

  it('is not touched when the state cannot be read', () => {
    const played = play(
      () => back.talk(rows('a@x.example'), at),
      [{ status: 400, json: { Code: 1, Message: 'no' } }],
      judge,
    )
    expect(played.ending).toMatchObject({ kind: 'stopped', stop: { why: 'unreadable' } })
  })
})

describe('somebody who leaves', () => {
  it.each([
    ['is still there', 'Active', 'unknown'],
    ['is gone', 'Deleted', 'applied'],
  ])('is asked about once more after an answer that has words, and %s', (_what, State, kind) => {
    for (const words of [{ json: null }, { json: {} }, { json: { Code: 500 } }, { text: 'OK' }]) {
      const answers = [{ json: { State: 'Active' } }, words, { json: { State } }]
      const played = play(() => remove.talk(rows('a@x.example'), at), answers, judge)
      expect(kindsOf(endOf(played))).toEqual({ 'a@x.example': kind })
    }
  })

  it('is deleted when Active', () => {
    const there = vendor({ 'a@x.example': 'Active' })
    expect(kindsOf(leaving(there, 'a@x.example'))).toEqual({ 'a@x.example': 'applied' })
    expect(there.asked).toEqual(['state a@x.example', 'delete a@x.example'])
  })

  it.each([undefined, 'Deleted', 'Unsubscribed', 'Bounced', 'Suppressed', 'Spam'])('is left as %s', (state) => {
    const there = vendor({ 'a@x.example': state })
    expect(leaving(there, 'a@x.example')).toMatchObject({
      except: new Map([['a@x.example', { kind: 'applied', absent: true }]]),
    })
    expect(there.asked).toEqual(['state a@x.example'])
  })

  it.each(['Unconfirmed', 'Something new'])('is asked about again while %s', (state) => {
    const there = vendor({ 'a@x.example': state })
    const end = leaving(there, 'a@x.example')
    expect(end.kind === 'each' && end.except.get('a@x.example')).toMatchObject({ kind: 'rejected' })
    expect(there.asked).toEqual(['state a@x.example'])
  })

  it.each([
    [
      'somebody else was quicker',
      { status: 400, json: { Code: 203, Message: 'gone' } },
      { kind: 'applied', absent: true },
    ],
    ['the vendor refuses', { status: 400, json: { Code: 1, Message: 'no' } }, { kind: 'rejected', code: '1' }],
    ['the refusal cannot be read', { status: 400, text: '<html>' }, { kind: 'unknown' }],
    ['it is done', { status: 200, text: '' }, { kind: 'applied' }],
  ])('has the fate that the answer tells: %s', (_what, answer, fate) => {
    const played = play(() => remove.talk(rows('a@x.example'), at), [{ json: { State: 'Active' } }, answer], judge)
    expect(endOf(played)).toMatchObject({ except: new Map([['a@x.example', fate]]) })
  })

  it.each([
    ['a success that says something', { status: 200, json: { Code: 1, Message: 'no' } }],
    ['another success', { status: 202, text: '' }],
  ])('is asked about once more after %s', (_what, answer) => {
    const active = { json: { State: 'Active' } }
    const fateAfter = (after: Answer) => {
      const played = play(() => remove.talk(rows('a@x.example'), at), [active, answer, after], judge)
      return kindsOf(endOf(played))
    }
    expect(fateAfter(active)).toEqual({ 'a@x.example': 'unknown' })
    expect(fateAfter({ json: { State: 'Deleted' } })).toEqual({ 'a@x.example': 'applied' })
  })
})
