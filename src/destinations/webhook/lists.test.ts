import { describe, expect, it } from 'vitest'
import { type Answer, endOf, play } from '../../destination-kit/play.ts'
import { allLists, ensureList, oneList } from './lists.ts'

const place = { settings: { url: 'https://receiver.example/webhook' }, found: {} }
const vip = { id: '7', name: 'VIP', members: 3 }
const wanted = { name: 'VIP', mark: 'm1' }
const open = (answer: Answer) => play(() => ensureList(wanted, place), [answer])
const look = (answer: Answer) => play(() => oneList('7', place), [answer])

describe('lists', () => {
  it('are told with their sizes, where those are known', () => {
    const played = play(() => allLists(place), [{ json: { lists: [vip, { id: '8', name: 'Oslo' }] } }])
    expect(endOf(played)).toEqual([
      { id: '7', name: 'VIP', size: 3 },
      { id: '8', name: 'Oslo' },
    ])
    expect(played.requests).toMatchObject([{ body: { json: { operation: 'lists' } }, reads: true }])
  })

  it('are looked at by id', () => {
    const played = look({ json: { list: vip } })
    expect(endOf(played)).toEqual({ id: '7', name: 'VIP', size: 3 })
    expect(played.requests).toMatchObject([{ body: { json: { operation: 'look', list: { id: '7' } } }, reads: true }])
  })

  it('are gone by 410 alone', () => {
    expect(endOf(look({ status: 410, json: { reason: 'gone' } }))).toBeUndefined()
  })

  it.each([
    ['another list', { json: { list: { ...vip, id: '8' } } }],
    ['no list', { json: {} }],
    ['a list without a name', { json: { list: { id: '7' } } }],
    ['a size that is none', { json: { list: { ...vip, members: -1 } } }],
    ['nothing', { status: 204 }],
  ])('are not understood from %s', (_what, answer) => {
    expect(look(answer).ending).toMatchObject({ kind: 'stopped', stop: { why: 'unreadable' } })
  })
})

describe('opening', () => {
  it('asks by name and mark, safe to be asked twice', () => {
    const [request] = open({ json: { list: { ...vip, mark: 'm1' } } }).requests
    expect(request).toEqual({
      method: 'POST',
      path: '/webhook',
      body: { json: { operation: 'open', list: { name: 'VIP', mark: 'm1' } } },
    })
  })

  it.each([
    ['our mark', { ...vip, mark: 'm1' }, true],
    ['our mark, renamed there', { ...vip, name: 'Very important', mark: 'm1' }, true],
    ['its name alone', vip, false],
    ['another mark', { ...vip, mark: 'm2' }, false],
  ])('gives a list with %s; ours: %s', (_what, list, ours) => {
    expect(endOf(open({ json: { list } }))).toEqual({ list: { id: '7', name: list.name, size: 3 }, ours })
  })

  it('takes no list that bears neither the name nor the mark', () => {
    expect(open({ json: { list: { ...vip, name: 'Oslo' } } }).ending).toMatchObject({
      kind: 'stopped',
      stop: { why: 'unreadable' },
    })
  })
})
