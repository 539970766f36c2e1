/** Drives a talk: asks what it yields, and feeds it the answers, until it returns. */
import { asksMade, type Member, type Step, Stop, type Talk } from '../destination-kit/kit.ts'
import type { CrowdTexts } from './body.ts'
import type { Channel, Watch } from './channel.ts'
import { BrokenTalk, LostOnce, VendorDown } from './failures.ts'
import type { MarkSink } from './report-marks.ts'

/** Starts of one talk before it is given up: each but the last ended in a lost answer that must not be asked for again. */
const MOST_STARTS = 8

/** For conversations that nobody watches: checks of a connection, look-ups of lists. */
export const unwatched = (signal: AbortSignal): Watch => ({
  sent: () => undefined,
  written: () => undefined,
  lost: () => undefined,
  waits: () => signal,
})

/** What a talk about a batch can do besides asking. */
export interface About {
  readonly crowd?: CrowdTexts
  /** `restart`: the talk starts again from its first line, so what its reports said before counts no more. */
  readonly marks?: MarkSink & { restart(): void }
  /** Writes down the job that the talk keeps. */
  keep?(job: string): Promise<void>
  /** Takes members whom the talk met on a list. */
  meet?(members: readonly Member[]): Promise<void>
}

/**
 * Holds the conversation to its end. A talk whose `once` request was lost starts again from its first line.
 * Throws what Channel.ask throws, and BrokenTalk when the talk threw something that is not a Stop or made an ask that it
 * did not yield (a `send` without `yield*` sends nothing, which must never pass for success).
 */
export const converse = async <T>(
  talk: () => Talk<T>,
  channel: Pick<Channel, 'ask'>,
  signal: AbortSignal,
  watch: Watch = unwatched(signal),
  about: About = {},
): Promise<T> => {
  for (let starts = 1; ; starts++) {
    try {
      return await converseOnce(talk, channel, signal, watch, about)
    } catch (error) {
      if (!(error instanceof LostOnce)) throw error
      about.marks?.restart()
      if (starts === MOST_STARTS) throw new VendorDown(`The answer was lost ${starts} times. Last: ${error.message}`)
    }
  }
}

const converseOnce = async <T>(
  talk: () => Talk<T>,
  channel: Pick<Channel, 'ask'>,
  signal: AbortSignal,
  watch: Watch,
  about: About,
): Promise<T> => {
  const { generator, made } = counted(talk)
  let asks = made
  let yielded = 0
  let reply: unknown
  for (;;) {
    // Other talks make asks while this one waits, so only those made within this synchronous call are its own.
    const { step, made: more } = advance(generator, reply)
    asks += more
    if (step.done === true) {
      if (asks !== yielded) throw new BrokenTalk(`A talk made ${asks} asks and yielded ${yielded} of them.`)
      return step.value
    }
    yielded++
    reply = await answerTo(step.value, channel, signal, watch, about)
  }
}

const answerTo = async (
  step: Step,
  channel: Pick<Channel, 'ask'>,
  signal: AbortSignal,
  watch: Watch,
  { crowd, marks, keep, meet }: About,
): Promise<unknown> => {
  if ('keep' in step) {
    if (keep === undefined) throw new BrokenTalk('A talk keeps a job where none can be kept.')
    signal.throwIfAborted()
    return await keep(step.keep)
  }
  if ('met' in step) {
    if (meet === undefined) throw new BrokenTalk('A talk meets members where nobody reads a list.')
    signal.throwIfAborted()
    return await meet(step.met)
  }
  const { request, reader } = step
  if (reader === undefined) return await channel.ask(request, watch, signal, crowd === undefined ? {} : { crowd })
  if (marks === undefined) throw new BrokenTalk('A talk scans a report where nobody is asked about.')
  return await channel.ask(request, watch, signal, {
    ...(crowd === undefined ? {} : { crowd }),
    scan: { reader, marks },
  })
}

/** A plain function that returns a talk can make asks before the talk begins. */
const counted = <T>(talk: () => Talk<T>): { readonly generator: Talk<T>; readonly made: number } => {
  const before = asksMade()
  return { generator: talk(), made: asksMade() - before }
}

const advance = <T>(
  generator: Talk<T>,
  reply: unknown,
): { readonly step: IteratorResult<Step, T>; readonly made: number } => {
  const before = asksMade()
  try {
    return { step: generator.next(reply), made: asksMade() - before }
  } catch (error) {
    if (error instanceof Stop) throw error
    throw new BrokenTalk(`A talk failed with ${origin(error)}.`)
  }
}

/** Kind of an error and the place it was thrown at. Its message is left out: it may quote an answer, and with it people. */
const origin = (error: unknown): string => {
  if (!(error instanceof Error)) return 'something that is not an error'
  const place = /\n\s+at (?:async )?([^\s(]+)[^\n]*?([\w.-]+:\d+:\d+)\)?/.exec(error.stack ?? '')
  return place === null ? error.name : `${error.name} in ${place[1]} (${place[2]})`
}
