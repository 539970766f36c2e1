import { expect, it } from 'vitest'
import type { RunProgress } from './client.gen.ts'
import { runText } from './follow.ts'

const run: RunProgress = {
  ...{ id: '7', exportId: '1', status: 'Successful', phase: 'ended', last: false, approved: false, again: false },
  ...{ added: 5, updated: 2, removed: 0, rejected: 0, unknown: 0, invalid: 0, duplicates: 0, requests: 9, writes: 1 },
  createdAt: '2026-11-21T12:00:00Z',
  batches: { pending: 0, sending: 0, accepted: 0, done: 1 },
  lists: [],
}
const list = { listId: '1', expected: 5, added: 5, updated: 2, removed: 0, theirs: 0, kept: 0, approved: false }

it.each([
  [[], ''],
  [[list], ''],
  [
    [
      { ...list, theirs: 1200 },
      { ...list, listId: '2', theirs: 34 },
    ],
    '  1,234 on the lists were there before Sund, and are never removed\n',
  ],
  [[{ ...list, kept: 3 }], '  3 would have been removed, and stay: their list is add-only\n'],
])('says who stays on the lists', (lists, more) => {
  expect(runText({ ...run, lists })).toBe(`Run 7: Successful, 5 added, 2 updated, 0 removed\n${more}`)
})
