import { describe, expect, it } from 'vitest'
import { type Answer, endOf, play } from '../../destination-kit/play.ts'
import { iterable } from '../iterable.ts'
import { judge } from './answers.ts'

const { members } = iterable
const confirm = members?.confirm
if (members === undefined || confirm === undefined) throw new Error('Iterable tells who is on a list, at a second look')
const at = { settings: { region: 'us' }, found: {}, list: { id: '1050001', name: 'VIP' } }
const size = (text: string): Answer => ({ text })
const job = JSON.stringify({ size: 2 })
const look = (kept: string, ...answers: readonly Answer[]) => play(() => confirm(kept, at), answers, judge)
const two: Answer = { text: 'Ada@x.example\nbob@x.example\n' }
const unknownList: Answer = { status: 400, json: { msg: 'error.lists.invalidListId(7)', code: 'Success', params: {} } }

describe('reading who is on a list', () => {
  it('looks at the size, and again ten minutes later: what was changed before is seen by then', () => {
    const played = play(() => members.talk(at), [size('2')], judge)
    expect(played.requests).toMatchObject([{ method: 'GET', path: '/api/lists/1050001/size', rate: 'size' }])
    expect(endOf(played)).toMatchObject({ kind: 'pending', job, after: 600 })
  })

  it('reads all lines, each endpoint at its own rate', () => {
    const played = look(job, two, size('2'))
    expect(played.requests).toMatchObject([
      {
        method: 'GET',
        path: '/api/lists/getUsers',
        rate: 'users',
        query: { listId: '1050001', preferUserId: 'false' },
      },
      { method: 'GET', path: '/api/lists/1050001/size', rate: 'size' },
    ])
    expect([...played.marks.keys()]).toEqual(['Ada@x.example', 'bob@x.example'])
    expect(endOf(played)).toEqual({ kind: 'everybody', count: 2, nameless: 0 })
    expect(iterable.rates.users).toMatchObject({ calls: { value: 5 }, per: 60 })
  })

  it('counts whom the project knows by user ID alone', () => {
    const played = look(job, { text: 'Ada@x.example\nuser-7\n' }, size('2'))
    expect(endOf(played)).toEqual({ kind: 'everybody', count: 2, nameless: 1 })
  })

  it('reads an empty list', () => {
    expect(endOf(look(JSON.stringify({ size: 0 }), size(''), size('0')))).toMatchObject({ count: 0 })
  })

  it.each<[string, string, readonly Answer[], string]>([
    ['another size than before', JSON.stringify({ size: 1 }), [two, size('2')], 'unreadable'],
    ['another size than after', job, [two, size('3')], 'unreadable'],
    ['fewer than the size', job, [{ text: 'ada@x.example\n' }, size('2')], 'unreadable'],
    ['more than the size', job, [{ text: 'a@x.example\nb@x.example\nc@x.example\n' }, size('2')], 'unreadable'],
    ['no size', job, [two, size('')], 'unreadable'],
    ['a list that is gone', job, [unknownList], 'list-missing'],
    ['a page of something else', job, [{ text: '<html>' }], 'unreadable'],
    ['a JSON answer', job, [{ json: { msg: 'x' } }], 'unreadable'],
    ['a kept size that cannot be read', '{}', [], 'unreadable'],
  ])('stops at %s', (_what, kept, answers, why) => {
    expect(look(kept, ...answers).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it('stops where the size cannot be read at first', () => {
    expect(play(() => members.talk(at), [unknownList], judge).ending).toMatchObject({ stop: { why: 'unreadable' } })
  })
})
