import { describe, expect, it } from 'vitest'
import { type Answer, endOf, play } from '../../destination-kit/play.ts'
import { campaignMonitor } from '../campaign-monitor.ts'
import { judge } from './answers.ts'

const list = 'a'.repeat(32)
const where = { settings: { clientId: '' }, found: { clientId: 'b'.repeat(32) } }
const refusal = (status: number, Code: number): Answer => ({ status, json: { Code, Message: 'words' } })
const details = (more: object = {}): Answer => ({
  json: { ListID: list.toUpperCase(), Title: 'VIP', ConfirmedOptIn: false, ...more },
})

describe('glance', () => {
  const { glance = campaignMonitor.list } = campaignMonitor
  const look = (answers: readonly Answer[], id = list) => play(() => glance(id, where), answers, judge)

  it('is one request, without the size', () => {
    const played = look([details()])
    expect(played.requests).toMatchObject([{ method: 'GET', path: `/api/v3.3/lists/${list}.json` }])
    expect(endOf(played)).toEqual({ id: list, name: 'VIP' })
  })

  it('warns when people must confirm', () => {
    expect(endOf(look([details({ ConfirmedOptIn: true })]))).toMatchObject({
      notice: expect.stringContaining('double opt-in'),
    })
  })

  it('knows no list that the account has not', () => {
    expect(endOf(look([refusal(401, 101)]))).toBeUndefined()
  })

  it.each([
    ['another client’s list', refusal(401, 102), 'permission'],
    ['a page', { text: '<html>' }, 'unreadable'],
    ['an answer without a name', { json: { ListID: list } }, 'unreadable'],
  ])('takes no list for gone because of %s', (_what, answer, why) => {
    expect(look([answer]).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it('asks nothing for what is no id', () => {
    const played = look([], 'VIP')
    expect(played.requests).toEqual([])
    expect(played.ending).toMatchObject({ stop: { why: 'list-missing' } })
  })
})

describe('choices of the client', () => {
  const unchecked = { settings: { clientId: '' }, found: { clientId: '' } }
  const choose = (answer: Answer) => {
    const { clientId: talk } = campaignMonitor.choices ?? {}
    if (talk === undefined) throw new Error('Campaign Monitor tells its clients.')
    return play(() => talk(unchecked), [answer], judge)
  }

  it('are the clients that the account may see, before one is set', () => {
    const clients = [
      { ClientID: 'b'.repeat(32), Name: 'One' },
      { ClientID: 'c'.repeat(32), Name: 'Another' },
    ]
    const played = choose({ json: clients })
    expect(played.requests).toMatchObject([{ method: 'GET', path: '/api/v3.3/clients.json' }])
    expect(endOf(played)).toEqual([
      { id: 'b'.repeat(32), name: 'One' },
      { id: 'c'.repeat(32), name: 'Another' },
    ])
  })

  it('are none for an account without clients', () => {
    expect(endOf(choose({ json: [] }))).toEqual([])
  })

  it.each([
    ['a key that is wrong', refusal(401, 100), 'auth'],
    ['a page', { text: '<html>' }, 'unreadable'],
    ['a client without an id', { json: [{ ClientID: '', Name: 'One' }] }, 'unreadable'],
  ])('stop at %s', (_what, answer, why) => {
    expect(choose(answer).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })
})
