/** Limits of records and bytes: exactly at them, one beyond, and nobody at all. */
import { expect } from 'vitest'
import type { Case, Subject } from '../case.ts'
import { allApplied, identifiersOf, lineUp, type Operation, sendTo, someone } from '../line.ts'
import type { Stage } from '../stage.ts'

/** Larger batches are cut by the same code; sending them here would only take time. */
const MOST_SENT = 40_000

const exactly = (to: Operation, route: number, count: number, batches: number): Case => ({
  title: `${to}, route ${route}: ${count} people go in ${batches} ${batches === 1 ? 'batch' : 'batches'}`,
  async run(stage) {
    const list = await stage.newList()
    const people = someone(stage, 0, count)
    const run = lineUp(stage, people, to, { route })
    expect(run.batches.size).toBe(batches)
    const sent = await sendTo(stage, list, people, to, { route })
    expect(allApplied(sent)).toBe(true)
    expect(stage.members(list)).toEqual(to === 'add' ? identifiersOf(people) : [])
  },
})

const nobody = async (stage: Stage): Promise<void> => {
  const list = await stage.newList()
  for (const to of ['add', 'remove'] as const) {
    expect((await sendTo(stage, list, [], to)).end).toEqual({ kind: 'complete' })
  }
  expect(stage.wire.asked).toEqual([])
}

export const limits = ({ definition }: Subject): readonly Case[] => [
  { title: 'nobody to send is no request', run: nobody },
  ...(['add', 'remove'] as const).flatMap((to) =>
    definition[to].flatMap(({ max, for: people }, route) =>
      max.value > MOST_SENT || people !== undefined
        ? []
        : [exactly(to, route, max.value, 1), exactly(to, route, max.value + 1, 2)],
    ),
  ),
]
