/** What every status and code of the vendor's table comes to, and every other: nobody passes for applied by mistake. */
import { expect } from 'vitest'
import type { Case, Subject } from '../case.ts'
import { type AnswerMeaning, jsonAnswer, type Meaning, saysDone } from '../fixtures.ts'
import {
  allApplied,
  carryOn,
  identifiersOf,
  isApplied,
  lineUp,
  type Operation,
  type Sent,
  sendTo,
  someone,
} from '../line.ts'
import type { Stage } from '../stage.ts'
import type { WireAnswer } from '../wire.ts'

const PEOPLE = 4

/** A list, and people who are on it where they are to be taken off. */
export const ready = async (stage: Stage, to: Operation, count = PEOPLE) => {
  const list = await stage.newList()
  const people = someone(stage, 0, count)
  if (to === 'remove') expect(allApplied(await sendTo(stage, list, people, 'add'))).toBe(true)
  stage.wire.clear()
  return { list, people }
}

/** Every write is answered in place of the vendor. */
const answeredAlways = async (stage: Stage, to: Operation, answer: WireAnswer): Promise<Sent> => {
  const { list, people } = await ready(stage, to)
  stage.wire.mishap = ({ writes }) => (writes ? { kind: 'answer', answer } : undefined)
  return await sendTo(stage, list, people, to)
}

const fateKinds = ({ fates }: Sent): string[] => [...new Set([...fates.values()].map(({ kind }) => kind))]

const TIMES = 3

/** Answered so a few times, then as the vendor does. */
const overAfter = async (stage: Stage, to: Operation, answer: WireAnswer, times: number): Promise<void> => {
  const { list, people } = await ready(stage, to)
  let left = times
  stage.wire.mishap = ({ writes }) => (writes && left-- > 0 ? { kind: 'answer', answer } : undefined)
  const run = lineUp(stage, people, to)
  const sent = await carryOn(stage, list, run)
  expect(sent.end).toEqual({ kind: 'complete' })
  expect(allApplied(sent)).toBe(true)
  expect(stage.members(list)).toEqual(to === 'add' ? identifiersOf(people) : [])
}

const renewals = (stage: Stage): number => stage.wire.asked.filter(({ target }) => target === stage.tokenPath).length

const check = async (stage: Stage, to: Operation, { answer, means }: AnswerMeaning): Promise<void> => {
  if (means === 'waits') return await overAfter(stage, to, answer, TIMES)
  if (means === 'renews') {
    await overAfter(stage, to, answer, 1)
    expect(renewals(stage)).toBe(1)
  }
  const sent = await answeredAlways(stage, to, answer)
  expect(fateKinds(sent)).toEqual(kindsOf[means] ?? [])
  if (kindsOf[means] !== undefined) return void expect(sent.end.kind).toBe('complete')
  expect(sent.end).toMatchObject({ kind: 'stopped', cause: means === 'renews' ? 'auth' : means })
  if (means === 'renews') expect(renewals(stage)).toBe(1)
}

const kindsOf: Readonly<Partial<Record<Meaning, readonly string[]>>> = { refused: ['rejected'], doubted: ['unknown'] }

const operations: readonly Operation[] = ['add', 'remove']

const told = ({ fixtures }: Subject): Case[] =>
  fixtures.answers.flatMap((one) =>
    operations
      .filter((to) => one.to === undefined || one.to === to)
      .map((to) => ({
        title: `${to}: ${one.what} (${one.answer.status}): ${one.means}`,
        run: async (stage: Stage) => await check(stage, to, one),
      })),
  )

const STATUSES = [
  ...[201, 203, 204, 206, 207, 299, 300, 301, 302, 304, 307, 308],
  ...[400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 415, 418, 421, 422, 423, 424, 425, 426, 428],
  ...[429, 431, 449, 451, 499, 500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 529, 599],
]

/** No vendor's table names these as they are: whatever they are taken for, it is never success. */
const untold = ({ fixtures }: Subject): Case[] =>
  operations.map((to) => ({
    title: `${to}: no answer that the table does not name is success`,
    async run(stage) {
      const { list, people } = await ready(stage, to)
      for (const status of STATUSES) {
        const bodies = status === 204 || status === 304 ? [''] : ['', '{}', '[]', 'null', fixtures.unknownError]
        for (const body of bodies) {
          const answer = { ...jsonAnswer(status, {}), body }
          if (saysDone(fixtures, to, answer)) continue
          stage.wire.mishap = ({ writes }) => (writes ? { kind: 'answer', answer } : undefined)
          const sent = await sendTo(stage, list, people, to)
          const applied = [...sent.fates.values()].filter((fate) => isApplied(fate))
          expect({ status, body, applied }).toEqual({ status, body, applied: [] })
        }
      }
    },
  }))

export const answers = (subject: Subject): readonly Case[] => [...told(subject), ...untold(subject)]
