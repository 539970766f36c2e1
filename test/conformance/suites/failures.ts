/** What goes wrong on the way, at every request and in every part of its answer: nobody is lost, nobody is moved wrongly. */
import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { seeded } from '../../../src/delivery/fixtures/rig.ts'
import type { List } from '../../../src/destination-kit/kit.ts'
import type { Case, Subject } from '../case.ts'
import { saysDone } from '../fixtures.ts'
import { carryOn, identifiersOf, isApplied, lineUp, type Operation, sendTo, untilApplied } from '../line.ts'
import type { Stage } from '../stage.ts'
import type { Mishap, WireAnswer } from '../wire.ts'
import { ready } from './answers.ts'

const operations: readonly Operation[] = ['add', 'remove']
const never = new AbortController().signal

type Ready = Awaited<ReturnType<typeof ready>>

const expectRight = (stage: Stage, list: List, people: Ready['people'], to: Operation): void => {
  expect(stage.members(list)).toEqual(to === 'add' ? identifiersOf(people) : [])
}

/** What is said of people at the end must be so: whoever counts as arrived is there, once late writes have run out. */
const expectTruth = async (
  stage: Stage,
  { list, people }: Ready,
  to: Operation,
  fates: ReadonlyMap<number, unknown>,
) => {
  await stage.clock.sleep(3_600_000, never)
  const there = new Set(stage.members(list))
  for (const [seq, fate] of fates) {
    const identifier = people[seq]?.identifier ?? ''
    if (typeof fate === 'object' && fate !== null && 'kind' in fate && fate.kind === 'applied') {
      expect({ identifier, there: there.has(identifier) }).toEqual({ identifier, there: to === 'add' })
    }
  }
}

/** How many requests it takes when all goes well. */
const requestsOf = async (stage: Stage, to: Operation): Promise<number> => {
  const { list, people } = await ready(stage, to, 2)
  await sendTo(stage, list, people, to)
  return stage.wire.asked.length
}

/** The mishap befalls each request of the conversation in turn, once. */
const ateach = async (stage: Stage, to: Operation, mishap: Mishap): Promise<void> => {
  const count = await requestsOf(stage, to)
  expect(count).toBeGreaterThan(0)
  for (let at = 1; at <= count; at++) {
    const made = await ready(stage, to, 2)
    stage.wire.mishap = ({ number }) => (number === at ? mishap : undefined)
    const sent = await sendTo(stage, made.list, made.people, to)
    await expectTruth(stage, made, to, sent.fates)
    await untilApplied(stage, made.list, made.people, to, sent)
    expectRight(stage, made.list, made.people, to)
  }
}

const both = (id: Case['id'], what: string, run: (stage: Stage, to: Operation) => Promise<void>): Case[] =>
  operations.map((to) => ({
    ...(id === undefined ? {} : { id }),
    title: `${id === undefined ? '' : `${id} `}${to}: ${what}`,
    run: async (stage) => await run(stage, to),
  }))

const SECOND = 1000
const toldToWait: readonly (readonly [string, (now: Date) => string | undefined, number, number])[] = [
  ['seconds', () => '7', 7 * SECOND, 60 * SECOND],
  ['a date', (now) => new Date(now.getTime() + 90 * SECOND).toUTCString(), 89 * SECOND, 600 * SECOND],
  ['nothing', () => undefined, 100, 600 * SECOND],
  ['a negative number', () => '-5', 100, 600 * SECOND],
  ['a thousand million', () => '1000000000', 600 * SECOND, 25 * 3600 * SECOND],
]

const waitsAsTold: Case = {
  id: 'D1',
  title: 'D1 a 429 is waited for as it says: never shorter, and never without end',
  async run(stage) {
    for (const [what, retryAfter, least, most] of toldToWait) {
      const { list, people } = await ready(stage, 'add', 2)
      let [refusedAt, againAt] = [-1, -1]
      stage.wire.mishap = ({ writes, at }) => {
        if (!writes) return undefined
        if (refusedAt >= 0) {
          if (againAt < 0) againAt = at
          return undefined
        }
        refusedAt = at
        const told = retryAfter(stage.clock.now())
        return {
          kind: 'answer',
          answer: { status: 429, ...(told === undefined ? {} : { headers: { 'retry-after': told } }) },
        }
      }
      const sent = await sendTo(stage, list, people, 'add')
      expect(sent.end).toEqual({ kind: 'complete' })
      const waited = againAt - refusedAt
      expect({ what, inTime: waited >= least && waited <= most, waited }).toMatchObject({ what, inTime: true })
      expectRight(stage, list, people, 'add')
    }
  },
}

const storm: Case = {
  id: 'D2',
  title: 'D2 ten minutes of 429 are sat out with few requests, and then everybody arrives',
  async run(stage) {
    const { list, people } = await ready(stage, 'add', 2)
    const until = stage.clock.elapsed() + 600 * SECOND
    let refused = 0
    stage.wire.mishap = ({ at }) => {
      if (at >= until) return undefined
      refused++
      return { kind: 'answer', answer: { status: 429 } }
    }
    const sent = await sendTo(stage, list, people, 'add')
    expect(sent.end).toEqual({ kind: 'complete' })
    expect(refused).toBeGreaterThan(1)
    // Pauses grow to a minute and more.
    expect(refused).toBeLessThan(40)
    expectRight(stage, list, people, 'add')
  },
}

const bursts = async (stage: Stage, to: Operation): Promise<void> => {
  const made = await ready(stage, to, 12)
  const random = seeded(stage.number())
  const statuses = [500, 502, 503, 504]
  stage.wire.mishap = () => {
    const applied = random() < 0.5 ? { applied: true as const } : {}
    const status = statuses[Math.floor(random() * statuses.length)] ?? 500
    return random() < 0.3 ? { kind: 'answer', answer: { status }, ...applied } : undefined
  }
  const sent = await sendTo(stage, made.list, made.people, to, { batch: 3 })
  await expectTruth(stage, made, to, sent.fates)
  await untilApplied(stage, made.list, made.people, to, sent, { batch: 3 })
  expectRight(stage, made.list, made.people, to)
}

const outOfReach = async (stage: Stage, to: Operation): Promise<void> => {
  const { list, people } = await ready(stage, to, 2)
  const before = stage.members(list)
  stage.wire.mishap = () => ({ kind: 'reset' })
  const run = lineUp(stage, people, to)
  const down = await carryOn(stage, list, run, { patienceMs: 60_000 })
  expect(down.end).toMatchObject({ kind: 'stopped', cause: 'vendor-down' })
  expect([...down.fates.values()].filter((fate) => fate.kind === 'rejected' || isApplied(fate))).toEqual([])
  expect(stage.members(list)).toEqual(before)
  stage.wire.clear()
  await carryOn(stage, list, run)
  expectRight(stage, list, people, to)
}

const phases: readonly (readonly [string, Mishap])[] = [
  ['is not received', { kind: 'reset' }],
  ['is carried out and never answered', { kind: 'lost' }],
  ['is carried out and answered with half', { kind: 'cut', in: 'body' }],
]
const cuts: readonly (readonly [string, Mishap])[] = [
  ['the headers', { kind: 'cut', in: 'headers' }],
  ['the body', { kind: 'cut', in: 'body' }],
  ['its last byte', { kind: 'cut', in: 'end' }],
]

const hasty = { connectMs: 2_000, headersMs: 150, bodyMs: 150, totalMs: 400 }

const stuck = async (stage: Stage, to: Operation): Promise<void> => {
  for (const kind of ['hang', 'drip'] as const) {
    const made = await ready(stage, to, 2)
    let stuckOnce = false
    stage.wire.mishap = ({ writes }) => {
      if (!writes || stuckOnce) return undefined
      stuckOnce = true
      return { kind }
    }
    const sent = await sendTo(stage, made.list, made.people, to, { timeouts: hasty })
    expect(stuckOnce).toBe(true)
    await expectTruth(stage, made, to, sent.fates)
    await untilApplied(stage, made.list, made.people, to, sent)
    expectRight(stage, made.list, made.people, to)
  }
}

/** A gigabyte of zeros in a megabyte: members of gzip follow each other. */
const bomb = (): Buffer => {
  const member = gzipSync(Buffer.alloc(1_000_000))
  return Buffer.concat(Array.from({ length: 1000 }, () => member))
}

const spoilt = (unknownError: string): readonly (readonly [string, () => WireAnswer])[] => [
  ['an error as a success', () => ({ status: 200, headers: json, body: unknownError })],
  ['a page', () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' })],
  ['a page that is said to be JSON', () => ({ status: 200, headers: json, body: '<html>Sign in</html>' })],
  ['nothing', () => ({ status: 200, headers: json, body: '' })],
  ['ten megabytes', () => ({ status: 200, headers: json, body: `{"a":"${'x'.repeat(10_000_000)}"}` })],
  ['a gigabyte in a megabyte', () => ({ status: 200, headers: { ...json, 'content-encoding': 'gzip' }, body: bomb() })],
]
const json = { 'content-type': 'application/json' }

const noSuccess = async (stage: Stage, to: Operation): Promise<void> => {
  for (const [what, answer] of spoilt(stage.fixtures.unknownError)) {
    const { list, people } = await ready(stage, to, 2)
    const spoiled = answer()
    if (saysDone(stage.fixtures, to, spoiled)) continue
    stage.wire.mishap = ({ writes }) => (writes ? { kind: 'answer', answer: spoiled } : undefined)
    const { fates } = await sendTo(stage, list, people, to, { patienceMs: 10_000 })
    expect({ what, applied: [...fates.values()].filter(isApplied) }).toEqual({ what, applied: [] })
  }
}

const repeated = async (stage: Stage, to: Operation): Promise<void> => {
  const made = await ready(stage, to, 6)
  stage.wire.mishap = ({ writes }) => (writes ? { kind: 'twice' } : undefined)
  const sent = await sendTo(stage, made.list, made.people, to, { batch: 2 })
  await expectTruth(stage, made, to, sent.fates)
  await untilApplied(stage, made.list, made.people, to, sent)
  expectRight(stage, made.list, made.people, to)
}

const lies: Case = {
  id: 'D18',
  title: 'D18 headers that lie about the rate make nobody spin and nobody wait for ever',
  async run(stage) {
    const lying = (reset: string) => ({
      'x-ratelimit-limit': '1',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': reset,
    })
    for (const reset of ['1', '0', '-60', 'soon', '99999999999', '1e300']) {
      const { list, people } = await ready(stage, 'add', 4)
      const began = stage.clock.elapsed()
      let refused = 0
      stage.wire.mishap = ({ writes }) => {
        if (writes && refused < 3) {
          refused++
          return { kind: 'answer', answer: { status: 429, headers: { ...lying(reset), 'retry-after': '0' } } }
        }
        const spoil = (answer: WireAnswer): WireAnswer => ({
          ...answer,
          headers: { ...answer.headers, ...lying(reset) },
        })
        return { kind: 'spoiled', spoil }
      }
      const sent = await sendTo(stage, list, people, 'add', { batch: 2 })
      expect(sent.end).toEqual({ kind: 'complete' })
      expectRight(stage, list, people, 'add')
      const seconds = (stage.clock.elapsed() - began) / SECOND
      expect({ reset, inTime: seconds > 0.5 && seconds < 6 * 3600, seconds }).toMatchObject({ reset, inTime: true })
    }
  },
}

export const failures = (_: Subject): readonly Case[] => [
  waitsAsTold,
  storm,
  ...both('D3', 'bursts of 500, 502, 503 and 504 lose nobody', bursts),
  ...both('D4', 'a service out of reach is waited for, then given up, and nothing is half-applied', outOfReach),
  ...phases.flatMap(([what, mishap]) =>
    both('D5', `each request in turn ${what}`, async (stage, to) => await ateach(stage, to, mishap)),
  ),
  ...cuts.flatMap(([where, mishap]) =>
    both('D6', `each answer in turn ends within ${where}`, async (stage, to) => await ateach(stage, to, mishap)),
  ),
  ...both('D7', 'an answer that never comes, or comes a byte at a time, is given up', stuck),
  ...both('D8', 'an answer that only looks like success is none', noSuccess),
  ...both('D17', 'requests that arrive twice change nothing', repeated),
  lies,
]
