/** Work that a vendor does later: followed after a crash, never given twice, and not believed without its end. */
import { expect } from 'vitest'
import { Crash } from '../../../src/delivery/fixtures/memory-ports.ts'
import type { AnyDestination, Operation as Route } from '../../../src/destination-kit/kit.ts'
import type { Case, Subject } from '../case.ts'
import { allApplied, carryOn, identifiersOf, lineUp, type Operation, sendTo, untilApplied } from '../line.ts'
import type { Stage } from '../stage.ts'
import { ready } from './answers.ts'

interface Work {
  readonly to: Operation
  readonly route: number
}

const jobRoutes = (definition: AnyDestination): Work[] =>
  (['add', 'remove'] as const).flatMap((to) =>
    definition[to].flatMap(({ confirm }, route) => (confirm === undefined ? [] : [{ to, route }])),
  )

const followed = async (stage: Stage, { to, route }: Work): Promise<void> => {
  const { list, people } = await ready(stage, to)
  const run = lineUp(stage, people, to, { route })
  run.interrupt = (call, when) => {
    if (call === 'accepted' && when === 'after') throw new Crash()
  }
  await expect(carryOn(stage, list, run, { route })).rejects.toThrow(Crash)
  run.interrupt = () => undefined
  stage.wire.clear()
  expect(allApplied(await carryOn(stage, list, run, { route }))).toBe(true)
  expect(stage.wire.asked.filter(({ writes }) => writes)).toEqual([])
  expect(stage.members(list)).toEqual(to === 'add' ? identifiersOf(people) : [])
}

const SOON = 600

/** Gives jobs up after ten minutes, in place of hours. */
const impatient = (definition: AnyDestination): AnyDestination => {
  const soon = (route: Route<string, string>): Route<string, string> => ({
    ...route,
    settles: { ...route.settles, value: SOON },
  })
  return { ...definition, add: definition.add.map(soon), remove: definition.remove.map(soon) }
}

const neverEnds = async (stage: Stage, { to, route }: Work): Promise<void> => {
  const { list, people } = await ready(stage, to)
  const before = stage.members(list)
  stage.frozenAt = stage.clock.now().getTime()
  try {
    const began = stage.clock.elapsed()
    const more = { destination: impatient(stage.definition) }
    const sent = await sendTo(stage, list, people, to, { route, more })
    expect([...sent.fates.values()].map(({ kind }) => kind)).toEqual(people.map(() => 'unknown'))
    expect((stage.clock.elapsed() - began) / 1000).toBeLessThan(SOON + 120)
    expect(stage.members(list)).toEqual(before)
    stage.frozenAt = undefined
    await untilApplied(stage, list, people, to, sent, { route })
  } finally {
    stage.frozenAt = undefined
  }
  expect(stage.members(list)).toEqual(to === 'add' ? identifiersOf(people) : [])
}

export const jobs = ({ definition }: Subject): readonly Case[] => {
  const works = jobRoutes(definition)
  const none =
    works.length === 0 ? { cannot: `${definition.name} answers when a call is done: no route works by jobs` } : {}
  const all = (run: (stage: Stage, work: Work) => Promise<void>) => async (stage: Stage) => {
    for (const work of works) await run(stage, work)
  }
  return [
    {
      id: 'D11',
      title: 'D11 a job that was accepted before a crash is followed after it, and nothing is sent again',
      run: all(followed),
      ...none,
    },
    {
      id: 'D12',
      title: 'D12 a job that was accepted and never ends is given up as unknown, never as done',
      run: all(neverEnds),
      ...none,
    },
  ]
}
