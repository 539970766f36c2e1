/** Reads who is on a list at the vendor, and passes them on a slice at a time, so that no list fills memory. */
import {
  type At,
  type By,
  type Everybody,
  type Fate,
  type Later,
  type Member,
  type ReadBack,
  type Scanned,
  Stop,
} from '../destination-kit/kit.ts'
import type { Channel, Watch } from './channel.ts'
import { converse } from './conversation.ts'
import { BrokenTalk } from './failures.ts'
import { untilLook } from './jobs.ts'
import type { Clock } from './ports.ts'
import type { Marked, MarkSink } from './report-marks.ts'

/** Members that are passed on at once. */
const SLICE = 20_000

/** Where the members of one list go. */
export interface MemberSink {
  /** Whoever was taken before is forgotten: the reading starts from the beginning. */
  clear(): Promise<void>
  take(members: readonly Member[]): Promise<void>
}

export interface MembersToRead {
  readonly from: ReadBack<string, string>
  readonly at: At<string, string>
  readonly channel: Pick<Channel, 'ask'>
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly watch: Watch
}

const memberOf = (by: By, [identifier, fate]: readonly [string, Fate]): Member => {
  if (by !== 'identifier' || fate.kind !== 'applied') {
    throw new BrokenTalk('A reader that looks for members says something else of somebody.')
  }
  return fate.remoteId === undefined ? { identifier } : { identifier, remoteId: fate.remoteId }
}

/** Those whom one talk met, by pages and by reports. */
class Met implements MarkSink {
  readonly #sink: MemberSink
  #begun = false
  #count = 0

  constructor(sink: MemberSink) {
    this.#sink = sink
  }

  get count(): number {
    return this.#count
  }

  restart(): void {
    this.#begun = false
    this.#count = 0
  }

  async begin(): Promise<void> {
    if (this.#begun) return
    await this.#sink.clear()
    this.#begun = true
  }

  async take(by: By, marks: readonly Marked[]): Promise<void> {
    await this.meet(marks.map((mark) => memberOf(by, mark)))
  }

  async meet(members: readonly Member[]): Promise<void> {
    await this.begin()
    for (let start = 0; start < members.length; start += SLICE) {
      await this.#sink.take(members.slice(start, start + SLICE))
    }
    this.#count += members.length
  }

  async figures(): Promise<Pick<Scanned, 'marked' | 'strangers'>> {
    return { marked: this.#count, strangers: 0 }
  }
}

const proven = (end: Everybody, met: number): number => {
  const named = met + (end.nameless ?? 0)
  if (named === end.count) return end.count
  throw new Stop('unreadable', `The service says that ${end.count} people are on the list, and named ${named} of them.`)
}

/**
 * Reads everybody on the list into the sink, and gives how many the vendor says there are; it named exactly as many. Throws
 * Stop('unreadable') where it did not, or did not end, and what the conversation throws: then what the sink took is worth nothing.
 */
export const readMembers = async (reading: MembersToRead, sink: MemberSink): Promise<number> => {
  const { from, at, channel, clock, signal, watch } = reading
  const deadline = clock.monotonic() + from.settles.value * 1000
  let job: string | undefined
  for (let looks = 0; ; looks++) {
    const met = new Met(sink)
    await met.begin()
    const talk = () => {
      if (job === undefined) return from.talk(at)
      if (from.confirm === undefined) throw new Error('The list is read by a job, and nothing looks at it.')
      return from.confirm(job, at)
    }
    const about = { marks: met, meet: async (members: readonly Member[]) => await met.meet(members) }
    const end = await converse<Everybody | Later>(talk, channel, signal, watch, about)
    if (end.kind === 'everybody') return proven(end, met.count)
    if (met.count > 0) throw new BrokenTalk('A talk met members of a list that is not ready yet.')
    if (clock.monotonic() >= deadline) {
      throw new Stop('unreadable', 'The service did not finish telling who is on the list.')
    }
    job = end.job
    await clock.sleep(untilLook(end.after, looks), signal)
  }
}
