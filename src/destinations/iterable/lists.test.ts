import { describe, expect, it } from 'vitest'
import { type Answer, bodyText, endOf, play } from '../../destination-kit/play.ts'
import { iterable } from '../iterable.ts'
import { judge } from './answers.ts'
import { ensureList } from './lists.ts'

const place = { settings: { region: 'us' }, found: {} }
const wanted = { name: 'VIP', mark: 'mark-1' }
const list = (id: unknown, name: string, more: Record<string, unknown> = {}) => ({
  id,
  name,
  createdAt: 1,
  listType: 'Standard',
  ...more,
})
const lists = (...given: unknown[]): Answer => ({ json: { lists: given } })
const ensure = (answers: readonly Answer[]) => play(() => ensureList(wanted), answers, judge)
const ours = { description: 'Sund mark-1' }
const invalidList: Answer = { status: 400, json: { msg: 'error.lists.invalidListId(7)', code: 'Success', params: {} } }

describe('lists', () => {
  it('gives the static ones', () => {
    const played = play(
      () => iterable.lists(place),
      [
        lists(
          list(1, 'A'),
          list(2, 'B', { listType: 'Dynamic' }),
          list(3, 'C', { listType: 'Suppression' }),
          list(4, 'D', { listType: 'Internal' }),
          list(5, 'E', { listType: null }),
        ),
      ],
    )
    expect(endOf(played)).toEqual([
      { id: '1', name: 'A' },
      { id: '5', name: 'E' },
    ])
  })

  it.each([
    ['a number that was rounded', { text: '{"lists":[{"id":9007199254740993,"name":"A"}]}' }],
    ['a page', { text: '<html>' }],
  ])('stops at %s', (_what, answer) => {
    expect(play(() => iterable.lists(place), [answer]).ending).toMatchObject({ stop: { why: 'unreadable' } })
  })
})

describe('list', () => {
  const one = (answers: readonly Answer[], id = '7') => play(() => iterable.list(id, place), answers, judge)

  it.each([
    ['1500', { size: 1500 }],
    [' "12"\n', { size: 12 }],
    ['many', {}],
    ['', {}],
  ])('reads the size %j', (text, size) => {
    const played = one([lists(list(7, 'VIP')), { text }])
    expect(played.requests).toMatchObject([{ path: '/api/lists' }, { path: '/api/lists/7/size', rate: 'size' }])
    expect(endOf(played)).toEqual({ id: '7', name: 'VIP', ...size })
  })

  it('has no size while Iterable does not know the list yet', () => {
    expect(endOf(one([lists(list(7, 'VIP')), invalidList]))).toEqual({ id: '7', name: 'VIP' })
  })

  it.each(['8', '07', 'VIP', ''])('knows no list %j', (id) => {
    expect(endOf(one([lists(list(7, 'VIP'))], id))).toBeUndefined()
  })

  it('refuses one that nobody can be put on', () => {
    expect(one([lists(list(7, 'VIP', { listType: 'Dynamic' }))]).ending).toMatchObject({
      stop: { why: 'bad-request', message: expect.stringContaining('not a static list') },
    })
  })
})

describe('glance', () => {
  const look = (answers: readonly Answer[], id = '7') => play(() => glance(id, place), answers, judge)
  const glance = iterable.glance ?? iterable.list

  it('is one request, without the size', () => {
    const played = look([lists(list(6, 'Other'), list(7, 'VIP'))])
    expect(played.requests).toMatchObject([{ method: 'GET', path: '/api/lists', rate: 'lists' }])
    expect(endOf(played)).toEqual({ id: '7', name: 'VIP' })
  })

  it.each(['8', '07', 'VIP', ''])('knows no list %j', (id) => {
    expect(endOf(look([lists(list(7, 'VIP'))], id))).toBeUndefined()
  })

  it('refuses one that nobody can be put on any more', () => {
    expect(look([lists(list(7, 'VIP', { listType: 'Dynamic' }))]).ending).toMatchObject({
      stop: { why: 'bad-request', message: expect.stringContaining('“VIP” is not a static list') },
    })
  })

  it.each([
    ['a page', { text: '<html>' }],
    ['no lists', { json: {} }],
  ])('takes no list for gone because of %s', (_what, answer) => {
    expect(look([answer]).ending).toMatchObject({ stop: { why: 'unreadable' } })
  })
})

describe('ensureList', () => {
  it('finds the list that bears our mark before others of the name', () => {
    const played = ensure([lists(list(7, 'VIP'), list(8, 'VIP', ours), list(9, 'VIP', { description: 'Sund mark-2' }))])
    expect(endOf(played)).toEqual({ list: { id: '8', name: 'VIP' }, ours: true })
  })

  it('always finds the same of several with our mark', () => {
    const played = ensure([lists(list(9, 'VIP', ours), list(8, 'VIP', ours))])
    expect(endOf(played)).toMatchObject({ list: { id: '8' }, ours: true })
  })

  it('finds the one that we made under the name that the segment had before', () => {
    const played = ensure([lists(list(7, 'VIP'), list(8, 'Regulars', ours))])
    expect(endOf(played)).toEqual({ list: { id: '8', name: 'Regulars' }, ours: true })
  })

  it('finds a list of the name that is not ours, and says so', () => {
    const played = ensure([lists(list(7, 'VIP', { description: 'Sund mark-2' }))])
    expect(endOf(played)).toEqual({ list: { id: '7', name: 'VIP' }, ours: false })
  })

  it('does not guess between two of the name', () => {
    expect(ensure([lists(list(7, 'VIP'), list(8, 'VIP'))]).ending).toMatchObject({ stop: { why: 'bad-request' } })
  })

  it.each([
    ['none', []],
    ['one of another case', [list(7, 'vip')]],
    ['one that fills itself', [list(7, 'VIP', { listType: 'Dynamic', ...ours })]],
  ])('makes it where there is %s, once', (_what, there) => {
    const played = ensure([lists(...there), { json: { listId: 70 } }])
    const [, made] = played.requests
    expect(made).toMatchObject({ method: 'POST', path: '/api/lists', rate: 'create', once: true })
    expect(made && JSON.parse(bodyText(made))).toEqual({ name: 'VIP', description: 'Sund mark-1' })
    expect(endOf(played)).toEqual({ list: { id: '70', name: 'VIP' }, ours: true })
  })

  it('takes the list that came in between', () => {
    const taken: Answer = { status: 409, json: { msg: 'exists', code: 'Conflict', params: {} } }
    expect(endOf(ensure([lists(), taken, lists(list(7, 'VIP', ours))]))).toMatchObject({ ours: true })
    expect(endOf(ensure([lists(), taken, lists(list(7, 'VIP'))]))).toMatchObject({ ours: false })
  })

  it.each([
    [
      'with its reason',
      { status: 400, json: { msg: 'name too long', code: 'BadParams' } },
      /name too long \(BadParams\)/,
    ],
    ['without one', { status: 400, text: '<html>' }, /no reason given/],
  ])('stops where it is refused %s', (_what, answer, words) => {
    expect(ensure([lists(), answer, lists()]).ending).toMatchObject({
      stop: { why: 'bad-request', message: expect.stringMatching(words) },
    })
  })

  it('does not take an answer without an id for success', () => {
    expect(ensure([lists(), { json: { code: 'Success' } }]).ending).toMatchObject({ stop: { why: 'unreadable' } })
  })
})
