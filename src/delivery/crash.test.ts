import { afterEach, beforeEach, expect, test } from 'vitest'
import { acme } from './fixtures/acme.ts'
import { Crash, MemoryRun } from './fixtures/memory-ports.ts'
import { openRig, people, type Rig } from './fixtures/rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await openRig()
})
afterEach(() => rig.close())

const SIZE = 24
const nameOf = (seq: number): string => {
  if (seq === 5) return 'poison@example.com'
  if (seq === 9 || seq === 14) return `bad${seq}@example.com`
  return `p${seq}@example.com`
}

/** Direct adds with a poisoned and a bad record, adds by job with a bad one, and removals. */
const planned = (): MemoryRun =>
  new MemoryRun(people(SIZE, nameOf))
    .plan({ from: 0, to: 11 }, 4, { listId: '7', operation: 'add', route: 0 })
    .plan({ from: 12, to: 17 }, 3, { listId: '7', operation: 'add', route: 1 })
    .plan({ from: 18, to: 23 }, 3, { listId: '7', operation: 'remove', route: 0 })

/** Runs until it is through, dying at the given port calls; how often it died. */
const runWithCrashes = async (run: MemoryRun, dies: (call: number, when: string) => boolean): Promise<number> => {
  let crashes = 0
  let calls = 0
  let dead = false
  run.interrupt = (_call, when) => {
    // With several batches in flight, the death of the process reaches all of them.
    if (dead) throw new Crash()
    if (when === 'before') calls++
    if (dies(calls, when)) {
      crashes++
      dead = true
      throw new Crash()
    }
  }
  for (let lives = 0; lives < 100; lives++) {
    dead = false
    try {
      expect(await rig.run(acme(), run)).toEqual({ kind: 'complete' })
      return crashes
    } catch (error) {
      if (!(error instanceof Crash)) throw error
    }
  }
  throw new Error('It never came through.')
}

const expectExact = (run: MemoryRun): void => {
  const list = rig.vendor.list('news')
  for (let seq = 0; seq < SIZE; seq++) {
    const name = nameOf(seq)
    const refused = name.startsWith('bad') || name.startsWith('poison')
    expect([seq, run.staged.get(seq)?.kind]).toEqual([seq, refused ? 'rejected' : 'applied'])
    expect([seq, list.has(name)]).toEqual([seq, !refused && seq < 18])
  }
  expect(new Set(run.states())).toEqual(new Set(['done']))
  // No removal left before every add had arrived.
  expect(Math.min(...rig.vendor.removedAt.values())).toBeGreaterThan(Math.max(...rig.vendor.addedAt.values()))
}

const startOver = (): void => {
  rig.vendor.lists.clear()
  rig.vendor.jobs.clear()
  rig.vendor.asked.length = 0
  rig.vendor.addedAt.clear()
  rig.vendor.removedAt.clear()
  for (let seq = 18; seq < SIZE; seq++) rig.vendor.list('news').add(nameOf(seq))
}

test.each(['before', 'after'])(
  'a crash %s the effect of any port call loses nothing and doubles nothing',
  async (moment) => {
    let points = 0
    for (;;) {
      startOver()
      const run = planned()
      const point = points + 1
      let died = false
      const crashes = await runWithCrashes(run, (call, when) => {
        // With several batches in flight, the death of the process reaches all of them.
        if (call === point && when === moment && !died) {
          died = true
          return true
        }
        return false
      })
      expectExact(run)
      if (crashes === 0) break
      points++
    }
    // Every batch has at least sending, stage and done, or accepted in place of one of them.
    expect(points).toBeGreaterThan(20)
  },
)

test('a process that dies again and again comes through', async () => {
  startOver()
  const run = planned()
  expect(await runWithCrashes(run, (call, when) => when === 'after' && call % 13 === 0)).toBeGreaterThanOrEqual(2)
  expectExact(run)
})
