/** How a run ends, from what delivery and the ledger say: Successful is said only of what was acknowledged. */
import { describe, expect, it } from 'vitest'
import { type Ending, settlementOf } from './ending.ts'
import type { ListFigures } from './settle.ts'

const acknowledged: ListFigures = {
  listId: '1',
  added: 3,
  updated: 2,
  removed: 1,
  rejected: 0,
  unknown: 0,
  unsent: 0,
}

const ended = (figures: Partial<ListFigures>, ending: Partial<Ending> = {}) =>
  settlementOf({
    end: { kind: 'complete' },
    figures: [acknowledged, { ...acknowledged, listId: '2', ...figures }],
    standing: 0,
    nobodyFits: [],
    invalid: 0,
    duplicates: 0,
    destination: 'The vendor',
    ...ending,
  })

describe('a run that came to its end', () => {
  it.each([
    { what: 'everything acknowledged', figures: {}, ending: {}, status: 'Successful' },
    { what: 'nothing to send', figures: { added: 0, updated: 0, removed: 0 }, ending: {}, status: 'Successful' },
    { what: 'one rejected', figures: { rejected: 1 }, ending: {}, status: 'Partial' },
    { what: 'one unknown', figures: { unknown: 1 }, ending: {}, status: 'Partial' },
    { what: 'a reject that stands', figures: {}, ending: { standing: 1 }, status: 'Partial' },
    { what: 'a list for which nobody fits', figures: {}, ending: { nobodyFits: ['1'] }, status: 'Partial' },
    { what: 'one that nobody sent', figures: { unsent: 1 }, ending: {}, status: 'Failed' },
    {
      what: 'one that nobody sent of many rejected',
      figures: { unsent: 1, rejected: 9 },
      ending: {},
      status: 'Failed',
    },
  ])('with $what is $status', ({ figures, ending, status }) => {
    expect(ended(figures, ending).status).toBe(status)
  })

  it('sums what became of the records of its lists', () => {
    expect(ended({ rejected: 4, unknown: 5 }, { standing: 6, invalid: 7, duplicates: 8 }).counters).toEqual({
      added: 6,
      updated: 4,
      removed: 2,
      rejected: 10,
      unknown: 5,
      invalid: 7,
      duplicates: 8,
    })
  })
})

it.each([
  {
    end: { kind: 'stopped', cause: 'quota', reason: 'full', unread: 0 },
    status: 'Failed',
    code: 'run.destination_refused',
  },
  {
    end: { kind: 'stopped', cause: 'vendor-down', reason: 'gone', unread: 0 },
    status: 'Failed',
    code: 'run.destination_unreachable',
  },
  { end: { kind: 'broken', reasonCode: 'home.full', reason: 'full' }, status: 'Failed', code: 'home.full' },
  { end: { kind: 'canceled' }, status: 'Canceled', code: undefined },
] as const)('a run that ended as $end is $status, whatever was acknowledged', ({ end, status, code }) => {
  expect(ended({}, { end })).toMatchObject({
    status,
    ...(code === undefined ? {} : { reasonCode: code }),
  })
})
