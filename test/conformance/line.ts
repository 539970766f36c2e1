/** Delivers people to one list, without a ledger: what the suite's cases about single calls work with. */
import { deliver, type End } from '../../src/delivery/deliver.ts'
import { MemoryRun } from '../../src/delivery/fixtures/memory-ports.ts'
import type { DeliverPlan } from '../../src/delivery/run-progress.ts'
import type { Fate, List, Person } from '../../src/destination-kit/kit.ts'
import type { Stage } from './stage.ts'

export type Operation = 'add' | 'remove'

export interface Sending {
  /** Place of the route; the first unless said. */
  readonly route?: number
  /** Records in a batch; as many as the route takes unless said. */
  readonly batch?: number
  readonly patienceMs?: number
  readonly more?: Partial<DeliverPlan>
  readonly timeouts?: { connectMs: number; headersMs: number; bodyMs: number; totalMs: number }
}

export interface Sent {
  readonly end: End
  readonly run: MemoryRun
  /** By place in the outbox; nobody is missing who has an outcome. */
  readonly fates: ReadonlyMap<number, Fate>
}

export const LIST = '1'

const planOf = (stage: Stage, list: List, run: MemoryRun, sending: Sending): DeliverPlan => ({
  destination: stage.definition,
  target: { place: stage.place, lists: new Map([[LIST, list]]) },
  channel: stage.channel({
    ...(sending.patienceMs === undefined ? {} : { patienceMs: sending.patienceMs }),
    ...(sending.timeouts === undefined ? {} : { timeouts: sending.timeouts }),
  }),
  outbox: run.outbox,
  staging: run.staging,
  checkpoints: run.checkpoints,
  clock: stage.clock,
  signal: new AbortController().signal,
  ...sending.more,
})

type Recipient = Pick<Person, 'identifier' | 'left'> & Partial<Pick<Person, 'fields'>>

/** The batches of a run, none of which was sent. */
export const lineUp = (stage: Stage, people: readonly Recipient[], to: Operation, sending: Sending = {}): MemoryRun => {
  const { route = 0, batch } = sending
  const most = stage.definition[to][route]?.max.value ?? 1
  const size = Math.min(batch ?? most, most)
  return new MemoryRun([...people]).plan({ from: 0, to: people.length - 1 }, size, {
    listId: LIST,
    operation: to,
    route,
  })
}

/** Takes a run to its end, from wherever it was left. */
export const carryOn = async (stage: Stage, list: List, run: MemoryRun, sending: Sending = {}): Promise<Sent> => {
  const end = await deliver(planOf(stage, list, run, sending))
  return { end, run, fates: run.staged }
}

export const sendTo = async (
  stage: Stage,
  list: List,
  people: readonly Recipient[],
  to: Operation,
  sending: Sending = {},
): Promise<Sent> => await carryOn(stage, list, lineUp(stage, people, to, sending), sending)

/** `from` up to, not including, `to`: with every field filled that the fixtures name. */
export const someone = (stage: Stage, from: number, to: number): Recipient[] =>
  Array.from({ length: to - from }, (_, index) => ({
    identifier: stage.identifier(`person${from + index}@people.example`),
    fields: Object.fromEntries(stage.fixtures.fields.map((name) => [name, `Value ${from + index}`])),
  }))

export const identifiersOf = (people: readonly Recipient[]): string[] =>
  people.map(({ identifier }) => identifier).sort()

export const isApplied = (fate: Fate | undefined): boolean => fate?.kind === 'applied'

/** Everybody was acknowledged. */
export const allApplied = ({ run, end }: Sent): boolean =>
  end.kind === 'complete' && run.people.every((_, seq) => isApplied(run.staged.get(seq)))

/**
 * Sends those again of whom it is not known that they arrived, as the next runs do, an hour apart; gives how often.
 * Throws when they never arrive.
 */
export const untilApplied = async (
  stage: Stage,
  list: List,
  people: readonly Recipient[],
  to: Operation,
  first: Sent,
  sending: Sending = {},
): Promise<number> => {
  let sent = first
  for (let times = 1; times <= 5; times++) {
    if (allApplied(sent)) return times
    await stage.clock.sleep(3_600_000, new AbortController().signal)
    sent = await sendTo(stage, list, people, to, sending)
  }
  throw new Error(`They never arrive; the last end was ${JSON.stringify(sent.end)}.`)
}
