import { describe, expect, it } from 'vitest'
import { type Answer, bodyText, endOf, play } from '../../destination-kit/play.ts'
import { microsoftAdvertising } from '../microsoft-advertising.ts'
import { judge } from './answers.ts'
import { ensureAudience, renameAudience } from './audiences.ts'

const settings = { customerId: '11', accountId: '22', terms: 'yes' }
const place = { settings, found: {} }
const wanted = { name: 'VIP', mark: 'mark-1' }
const audience = (id: unknown, name: string, more: Record<string, unknown> = {}) => ({
  Id: id,
  Name: name,
  MembershipDuration: -1,
  ...more,
})
const audiences = (...given: unknown[]): Answer => ({ json: { Audiences: given, PartialErrors: [] } })
const error = (code: number, index = 0) => ({ Code: code, ErrorCode: 'Name', Message: 'words', Index: index })
const created = (id: unknown, ...errors: unknown[]): Answer => ({ json: { AudienceIds: [id], PartialErrors: errors } })
const ensure = (answers: readonly Answer[], given = wanted, at = place) =>
  play(() => ensureAudience(given, at), answers, judge)

describe('lists', () => {
  it('asks for all customer lists, which changes nothing', () => {
    const played = play(
      () => microsoftAdvertising.lists(place),
      [
        audiences(
          audience('1', 'A', { Type: 'CustomerList' }),
          null,
          audience(2, 'B'),
          audience('3', 'C', { Type: 'InMarket' }),
        ),
      ],
    )
    expect(played.requests).toEqual([
      {
        method: 'POST',
        path: '/CampaignManagement/v13/Audiences/QueryByIds',
        host: 'campaign',
        rate: 'campaign',
        body: { json: { AudienceIds: null, Type: 'CustomerList', ReturnAdditionalFields: null } },
        reads: true,
      },
    ])
    expect(endOf(played)).toEqual([
      { id: '1', name: 'A' },
      { id: '2', name: 'B' },
    ])
  })

  it.each([
    ['no audiences', { json: {} }],
    ['an ID that was rounded', { text: '{"Audiences":[{"Id":9007199254740993,"Name":"A"}]}' }],
    ['a page', { text: '<html>' }],
  ])('stops at %s', (_what, answer) => {
    expect(play(() => microsoftAdvertising.lists(place), [answer], judge).ending).toMatchObject({
      stop: { why: 'unreadable' },
    })
  })
})

describe('an unknown audience where none was asked for', () => {
  it.each([
    ['a partial error', { json: { Audiences: [], PartialErrors: [error(4835)] } }],
    ['a fault', { status: 400, json: { OperationErrors: [error(4835)] } }],
  ])('is not an account without audiences, as told by %s', (_how, answer) => {
    expect(ensure([answer]).ending).toMatchObject({ kind: 'stopped', stop: { why: 'bad-request' } })
  })
})

describe('list', () => {
  const one = (id: string, answer: Answer) => play(() => microsoftAdvertising.list(id, place), [answer], judge)

  it('gives the audience of this id', () => {
    const played = one('7', audiences(audience('7', 'VIP')))
    expect(played.requests.map(bodyText).map((text) => JSON.parse(text))).toMatchObject([{ AudienceIds: ['7'] }])
    expect(endOf(played)).toEqual({ id: '7', name: 'VIP' })
  })

  it.each([
    ['a gap with its error', { json: { Audiences: [null], PartialErrors: [error(4835)] } }],
    ['a gap alone', audiences(null)],
    ['another audience', audiences(audience('8', 'Other'))],
    ['a fault', { status: 400, json: { OperationErrors: [error(4835)] } }],
  ])('gives none for %s', (_what, answer) => {
    expect(endOf(one('7', answer))).toBeUndefined()
  })

  it('stops at any other error', () => {
    expect(one('7', { json: { Audiences: [null], PartialErrors: [error(4999)] } }).ending).toMatchObject({
      stop: { why: 'bad-request' },
    })
  })

  it('asks nothing for what cannot be an id', () => {
    expect(play(() => microsoftAdvertising.list('VIP', place), []).requests).toEqual([])
  })
})

describe('ensureList', () => {
  it('makes the audience, with our mark and without an end', () => {
    const played = ensure([audiences(audience('1', 'vip'), audience('2', 'VIP ')), created('998877')])
    expect(played.requests[1]).toMatchObject({ method: 'POST', path: '/CampaignManagement/v13/Audiences', once: true })
    const [, request] = played.requests
    expect(request && JSON.parse(bodyText(request))).toEqual({
      Audiences: [
        {
          Type: 'CustomerList',
          Name: 'VIP',
          Description: 'Sund mark-1',
          Scope: 'Account',
          ParentId: '22',
          MembershipDuration: -1,
        },
      ],
    })
    expect(endOf(played)).toEqual({ list: { id: '998877', name: 'VIP' }, ours: true })
  })

  it.each([
    ['ours by its mark', 'Sund mark-1', true],
    ['ours with more written to it', 'Old. Sund mark-1', true],
    ['not ours with another mark', 'Sund mark-2', false],
    ['not ours with the bare mark', 'mark-1', false],
    ['not ours without a description', null, false],
  ])('finds an audience of the name: %s', (_what, description, ours) => {
    const played = ensure([audiences(audience('5', 'VIP', { Description: description }))])
    expect(endOf(played)).toEqual({ list: { id: '5', name: 'VIP' }, ours })
    expect(played.requests).toHaveLength(1)
  })

  it('takes ours under the name that the segment had before', () => {
    const given = audiences(audience('5', 'VIP'), audience('6', 'Regulars', { Description: 'Sund mark-1' }))
    expect(endOf(ensure([given]))).toEqual({ list: { id: '6', name: 'Regulars' }, ours: true })
  })

  it('of several audiences of the name takes ours', () => {
    const given = audiences(audience('5', 'VIP'), audience('6', 'VIP', { Description: 'Sund mark-1' }))
    expect(endOf(ensure([given]))).toEqual({ list: { id: '6', name: 'VIP' }, ours: true })
  })

  it('does not choose between several audiences of the name', () => {
    expect(ensure([audiences(audience('5', 'VIP'), audience('6', 'VIP'))]).ending).toMatchObject({
      stop: { why: 'bad-request' },
    })
  })

  it.each([
    ['a partial error', created(null, error(4853))],
    ['a fault', { status: 400, json: { BatchErrors: [error(4853)] } }],
  ])('looks again when the name is taken, as told by %s', (_how, taken) => {
    const ours = audience('5', 'VIP', { Description: 'Sund mark-1' })
    expect(endOf(ensure([audiences(), taken, audiences(ours)]))).toEqual({ list: { id: '5', name: 'VIP' }, ours: true })
    expect(ensure([audiences(), taken, audiences()]).ending).toMatchObject({ stop: { why: 'bad-request' } })
  })

  it.each([
    [4838, 'bad-request'],
    [4842, 'bad-request'],
    [4848, 'bad-request'],
    [4849, 'bad-request'],
    [4865, 'quota'],
    [4866, 'quota'],
    [4999, 'bad-request'],
    [106, 'permission'],
  ])('stops for code %i', (code, why) => {
    expect(ensure([audiences(), created(null, error(code))]).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it.each([
    ['a gap without an error', created(null)],
    ['no ids', { json: {} }],
  ])('does not take %s for a new audience', (_what, answer) => {
    expect(ensure([audiences(), answer]).ending).toMatchObject({ stop: { why: 'unreadable' } })
  })

  it.each([
    ['found by its name', (given: Answer) => ensure([given])],
    ['that was ours, and was changed', (given: Answer) => ensure([given], { name: 'Other', mark: 'mark-9' })],
    ['chosen by its id', (given: Answer) => play(() => microsoftAdvertising.list('5', place), [given], judge)],
  ])('does not fill an audience %s that drops people by itself', (_how, ask) => {
    const given = (MembershipDuration: unknown) =>
      audiences(audience('5', 'VIP', { MembershipDuration, Description: 'Sund mark-9' }))
    expect(ask(given(-1)).ending.kind).toBe('ended')
    for (const [days, words] of [
      [30, /“VIP” \(5\) drops people after 30 days.*no limit/],
      [390, /after 390 days/],
      [undefined, /does not tell/],
    ] as const) {
      expect(ask(given(days)).ending).toMatchObject({
        kind: 'stopped',
        stop: { why: 'bad-request', message: expect.stringMatching(words) },
      })
    }
  })

  it('says beside an audience that it drops people by itself', () => {
    const played = play(
      () => microsoftAdvertising.lists(place),
      [audiences(audience('1', 'A', { MembershipDuration: 30 }))],
    )
    expect(endOf(played)).toEqual([{ id: '1', name: 'A', notice: expect.stringMatching(/after 30 days/) }])
  })

  it('asks nothing for a name that is too long', () => {
    const played = ensure([], { ...wanted, name: 'x'.repeat(129) })
    expect(played.requests).toEqual([])
    expect(played.ending).toMatchObject({ stop: { why: 'bad-request' } })
  })
})

describe('renameList', () => {
  const rename = (name: string, answers: readonly Answer[]) =>
    play(() => renameAudience({ id: '7', name: 'Regulars' }, name), answers, judge)
  const renamed = (...errors: unknown[]): Answer => ({ json: { PartialErrors: errors } })

  it('sends the name alone, so that nothing else of the audience changes', () => {
    const played = rename('VIP', [renamed()])
    expect(played.requests).toEqual([
      {
        method: 'PUT',
        path: '/CampaignManagement/v13/Audiences',
        host: 'campaign',
        rate: 'campaign',
        body: { json: { Audiences: [{ Type: 'CustomerList', Id: '7', Name: 'VIP' }] } },
      },
    ])
    expect(endOf(played)).toBe(true)
  })

  it('is what the definition does', () => {
    expect(microsoftAdvertising.renameList).toBe(renameAudience)
  })

  it.each([
    ['a partial error', renamed(error(4853))],
    ['a fault', { status: 400, json: { BatchErrors: [error(4853)] } }],
  ])('says that the name is taken, as told by %s', (_how, answer) => {
    expect(endOf(rename('VIP', [answer]))).toBe(false)
  })

  it('asks for no name that is too long', () => {
    const played = rename('x'.repeat(129), [])
    expect(played.requests).toEqual([])
    expect(endOf(played)).toBe(false)
    expect(rename('x'.repeat(128), [renamed()]).requests).toHaveLength(1)
  })

  it.each([
    [4835, 'bad-request'],
    [4999, 'bad-request'],
    [106, 'permission'],
  ])('is not taken for done with code %i', (given, why) => {
    expect(rename('VIP', [renamed(error(given))]).ending).toMatchObject({ kind: 'stopped', stop: { why } })
    expect(rename('VIP', [renamed(error(4853), error(given))]).ending).toMatchObject({ stop: { why } })
  })

  it.each([
    ['a page', { text: '<html>' }],
    ['an empty answer', { text: '' }],
  ])('does not take %s for a name that was given', (_what, answer) => {
    expect(rename('VIP', [answer]).ending).toMatchObject({ kind: 'stopped' })
  })
})

describe('a look before people are sent', () => {
  const { list, glance = list } = microsoftAdvertising
  const look = (given: Answer) => play(() => glance('7', place), [given], judge)

  it('is one request, and gives the name of now', () => {
    const played = look(audiences(audience('7', 'VIP by hand')))
    expect(played.requests).toHaveLength(1)
    expect(endOf(played)).toEqual({ id: '7', name: 'VIP by hand' })
  })

  it.each([[30], [undefined]])('says that people are lost where they stay %s days', (MembershipDuration) => {
    expect(look(audiences(audience('7', 'VIP', { MembershipDuration }))).ending).toMatchObject({
      kind: 'stopped',
      stop: { why: 'bad-request', loses: true },
    })
  })

  it.each([
    [4999, 'bad-request'],
    [106, 'permission'],
  ])('says of no people that they are lost where the service refuses with %i', (given, why) => {
    expect(look({ json: { Audiences: [null], PartialErrors: [error(given)] } }).ending).toMatchObject({
      kind: 'stopped',
      stop: { why, loses: false },
    })
  })
})
