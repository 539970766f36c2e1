/** Asks a vendor on behalf of one connection: credentials, rates, waiting, asking again, and what each answer means. */
import type { Values } from '../destination-kit/access.ts'
import { type AnyDestination, type Place, type Reader, type Reply, type Request, Stop } from '../destination-kit/kit.ts'
import type { Door, OutboundAnswer } from '../outbound/door.ts'
import { type OutboundRequest, type Timeouts, usualTimeouts } from '../outbound/exchange.ts'
import { OutboundFailure } from '../outbound/outbound-failure.ts'
import { redact } from '../outbound/redact.ts'
import type { Spool } from '../outbound/spool.ts'
import { FOREIGN, headersOf, isWrite, rateOf, urlOf } from './address.ts'
import { type CrowdTexts, type ReadyBody, readyBody } from './body.ts'
import { LostOnce, VendorDown, WholeCallRefused } from './failures.ts'
import type { Clock, Tokens } from './ports.ts'
import type { Rates } from './rates.ts'
import { openRecovery, type Trouble } from './recovery.ts'
import { HttpReply, ScannedReply } from './reply.ts'
import type { MarkSink } from './report-marks.ts'
import { fullJitter } from './retry.ts'
import { scanReport } from './scan.ts'
import { meaningOf } from './verdict.ts'

/** What the caller of a talk is told while it runs. */
export interface Watch {
  /** An HTTP request leaves; `writes` when it can change the vendor's data. */
  sent(writes: boolean): void
  /** A write was answered with success. */
  written(): void
  /** A write left at `at`, and its answer was never read, or says nothing about whether it was carried out. */
  lost(at: Date): void
  /** Ends waiting before the next request. Asked anew before each request. */
  waits(): AbortSignal
}

export interface ChannelOptions {
  readonly destination: AnyDestination
  readonly place: Place<string, string>
  readonly credentials: Values<string>
  readonly tokens?: Tokens
  readonly door: Door
  readonly rates: Rates
  /** The vendor account whose rates these requests count against; unique over all destinations. */
  readonly account: string
  readonly clock: Clock
  /** At least 0 and below 1. */
  readonly random: () => number
  /** Milliseconds that the vendor may fail before it counts as down. */
  readonly patienceMs?: number
  /** Milliseconds that the vendor may go on answering "later" to one request. */
  readonly longestWaitMs?: number
  readonly timeouts?: Timeouts
  readonly maxBytes?: number
}

/** What belongs to a request besides itself. */
export interface Attached {
  /** The rows of a crowd that its body may be written of. */
  readonly crowd?: CrowdTexts
  /** Its answer is read item by item. */
  readonly scan?: { readonly reader: Reader; readonly marks: MarkSink }
}

export interface Channel {
  /**
   * Sends until there is an answer that the talk is meant to see. Throws Stop, VendorDown, WholeCallRefused, LostOnce,
   * or the reason of `signal` (which ends a request in flight as well) or of `watch.waits()`.
   */
  ask(request: Request, watch: Watch, signal: AbortSignal, attached?: Attached): Promise<Reply>
}

const PATIENCE_MS = 5 * 60_000
const LONGEST_WAIT_MS = 6 * 3_600_000
const MAX_ANSWER_BYTES = 64 * 1024 * 1024
const MAX_REPORT_BYTES = 4 * 1024 ** 3
/** Slower than this in all, a large body counts as stuck. */
const LEAST_BYTES_PER_SECOND = 64 * 1024
/** A report may take this long in all, as long as it does not stop in between. */
const REPORT_MS = 3_600_000

/** Tokens that a call was given in place of one that was refused, not long ago. */
interface Renewals {
  count: number
  lastAt: number
  /** The request with the last one did not leave soon, or was not refused at first: it may have expired as well. */
  interrupted: boolean
}

/** Renewals after so long are a story of their own. */
const RENEW_AGAIN_MS = 10 * 60_000
const MOST_RENEWALS = 2
/** A token that is refused this soon after it was given was no good. */
const SOON_MS = 30_000

/** A request made ready once, and what happened to it so far. */
interface Call {
  readonly request: Request
  readonly url: URL
  readonly body: ReadyBody | undefined
  readonly writes: boolean
  readonly rateKey: string | undefined
  readonly trouble: Trouble
  readonly renewals: Renewals
  waits: number
  waitingSince: number | undefined
}

export const openChannel = (options: ChannelOptions): Channel => {
  const { destination, place, credentials, tokens, door, rates, clock, random } = options
  const recovery = openRecovery(clock, random, options.patienceMs ?? PATIENCE_MS)
  const longestWaitMs = options.longestWaitMs ?? LONGEST_WAIT_MS
  const secrets = Object.values(credentials)

  const prepare = async (request: Request, { crowd }: Attached): Promise<Call> => {
    const rate = rateOf(destination, request)
    const url = urlOf(destination, request, place.settings, door.endpoint(destination.id))
    const ports = { spool: () => door.spool(), random, ...(crowd === undefined ? {} : { crowd }) }
    return {
      request,
      url,
      body: request.body === undefined ? undefined : await readyBody(request.body, ports),
      writes: isWrite(request),
      rateKey: rate === undefined ? undefined : `${options.account}\n${rate.bucket}`,
      trouble: { attempts: 0, since: undefined },
      renewals: { count: 0, lastAt: 0, interrupted: false },
      waits: 0,
      waitingSince: undefined,
    }
  }

  const timeoutsOf = ({ body }: Call, scans: boolean): Timeouts => {
    const timeouts = options.timeouts ?? usualTimeouts
    const bytes = body === undefined || Buffer.isBuffer(body.content) ? 0 : body.content.bytes
    const sendingMs = Math.ceil((bytes / LEAST_BYTES_PER_SECOND) * 1000)
    return { ...timeouts, totalMs: timeouts.totalMs + sendingMs + (scans ? REPORT_MS : 0) }
  }

  const outbound = (call: Call, token: string, into: Spool | undefined): OutboundRequest => ({
    destination: destination.id,
    url: call.url,
    method: call.request.method,
    headers: headersOf(destination, call.request, credentials, token, place, call.body?.type),
    ...(call.body === undefined ? {} : { body: call.body.content }),
    timeouts: timeoutsOf(call, into !== undefined),
    maxBytes: into === undefined ? (options.maxBytes ?? MAX_ANSWER_BYTES) : MAX_REPORT_BYTES,
    ...(into === undefined ? {} : { into }),
  })

  /** "PUT /v3/contacts", for people; a path can hold an address. */
  const named = (call: Call): string => redact(`${call.request.method} ${call.url.pathname}`, secrets)

  /** The vendor failed; returns when it may be asked again. */
  const recover = async (call: Call, tries: boolean, reason: string, afterMs: number, watch: Watch): Promise<void> => {
    call.renewals.interrupted = true
    const delay = recovery.failed(tries, call.trouble, `${reason} (${named(call)})`, afterMs)
    await clock.sleep(delay, watch.waits())
  }

  /** The vendor said "later": every request of the same bucket waits with this one. */
  const wait = async (call: Call, afterMs: number | undefined, watch: Watch): Promise<void> => {
    const now = clock.monotonic()
    call.renewals.interrupted = true
    call.waitingSince ??= now
    if (now - call.waitingSince >= longestWaitMs) {
      throw new Stop('quota', `${destination.name} kept asking to come back later (${named(call)}).`)
    }
    const growing = 500 * 2 ** Math.min(call.waits, 7)
    const ms = afterMs ?? growing + fullJitter(call.waits, random, 500, 60_000)
    call.waits++
    if (call.rateKey === undefined) await clock.sleep(ms, watch.waits())
    else rates.hold(call.rateKey, ms)
  }

  const failure = async (call: Call, tries: boolean, error: unknown, sentAt: Date, watch: Watch): Promise<void> => {
    if (!(error instanceof OutboundFailure)) {
      recovery.left(tries)
      throw error
    }
    if (error.kind !== 'not-sent' && call.writes) watch.lost(sentAt)
    const reason = redact(error.message, secrets)
    if (error.kind === 'unreadable') {
      recovery.passed(tries)
      throw new Stop('unreadable', reason)
    }
    if (!error.transient) {
      recovery.left(tries)
      if (call.request.host === FOREIGN) throw new Stop('unreadable', `An answer led elsewhere: ${reason}`)
      throw new VendorDown(reason)
    }
    if (error.kind === 'lost' && call.request.once === true) {
      recovery.failed(tries, call.trouble, reason, 0)
      throw new LostOnce(reason)
    }
    await recover(call, tries, reason, 0, watch)
  }

  const renew = async (call: Call, token: string, reply: HttpReply, watch: Watch): Promise<string> => {
    const { renewals } = call
    const now = clock.monotonic()
    // Somebody else renewed it while this request was under way, perhaps long ago: no renewal of this request's own.
    const known = await tokens?.current()
    if (known !== undefined && known !== token) return known
    if (now - renewals.lastAt >= RENEW_AGAIN_MS) renewals.count = 0
    const mayRenew = renewals.count === 0 || (renewals.interrupted && renewals.count < MOST_RENEWALS)
    if (tokens === undefined || !mayRenew) {
      const refused = renewals.count > 0 ? 'refused a token that was just renewed' : 'refused the credentials'
      throw new Stop('auth', `${destination.name} ${refused} (HTTP ${reply.status}): ${reply.excerpt()}`)
    }
    renewals.count++
    renewals.lastAt = now
    renewals.interrupted = false
    return tokens.renew(token, () => watch.sent(false))
  }

  /** Acts on an answer: gives it back when the talk is meant to see it, or returns when the request may be sent again. */
  const interpret = async (
    call: Call,
    tries: boolean,
    answer: OutboundAnswer & { readonly spooledBytes: number },
    token: string,
    sentAt: Date,
    watch: Watch,
  ): Promise<{ readonly reply: HttpReply } | { readonly token: string }> => {
    const reply = new HttpReply(answer, [...secrets, token], answer.spooledBytes)
    const meaning = meaningOf(destination, call.request, reply, tokens !== undefined, clock.now())
    if (!(meaning instanceof Stop) && meaning.kind === 'fail') {
      const reason = `HTTP ${reply.status}: ${reply.excerpt()}`
      if (meaning.lost && call.writes) watch.lost(sentAt)
      if (meaning.lost && call.request.once === true) {
        recovery.failed(tries, call.trouble, reason, meaning.afterMs ?? 0)
        throw new LostOnce(reason)
      }
      await recover(call, tries, reason, meaning.afterMs ?? 0, watch)
      return { token }
    }
    recovery.passed(tries)
    if (meaning instanceof Stop) {
      // A write that succeeded and cannot be read has been carried out.
      if (call.writes && reply.status < 300) watch.written()
      throw meaning
    }
    // Answered with success, and judged by its body to be asked again: part of it may have been carried out.
    if (meaning.kind !== 'pass' && call.writes && reply.status < 300) watch.lost(sentAt)
    switch (meaning.kind) {
      case 'pass':
        if (call.writes && reply.status < 300) watch.written()
        return { reply }
      case 'refresh':
        return { token: await renew(call, token, reply, watch) }
      case 'wait':
        await wait(call, meaning.afterMs, watch)
        return { token }
      case 'split':
        throw new WholeCallRefused(redact(meaning.reason, secrets))
    }
  }

  /** One request of a call: its reply, or the token with which to send it again. */
  const once = async (
    call: Call,
    token: string,
    watch: Watch,
    signal: AbortSignal,
    { scan }: Attached,
  ): Promise<{ readonly reply: Reply } | { readonly token: string }> => {
    const rate = rateOf(destination, call.request)
    const tries = await recovery.enter(watch.waits())
    let into: Spool | undefined
    let answer: OutboundAnswer
    let sentAt = clock.now()
    try {
      try {
        if (rate !== undefined && call.rateKey !== undefined) await rates.take(call.rateKey, rate, watch.waits())
        if (scan !== undefined) into = await door.spool()
        sentAt = clock.now()
        if (clock.monotonic() - call.renewals.lastAt > SOON_MS) call.renewals.interrupted = true
        watch.sent(call.writes)
        answer = await door.exchange(outbound(call, token, into), signal)
      } catch (error) {
        await failure(call, tries, error, sentAt, watch)
        return { token }
      }
      const received = { ...answer, spooledBytes: into?.bytes ?? 0 }
      const outcome = await interpret(call, tries, received, token, sentAt, watch)
      if (scan === undefined || into === undefined || !('reply' in outcome)) return outcome
      const { reply } = outcome
      if (reply.status >= 300) return outcome
      return { reply: new ScannedReply(reply, await scanReport(into, scan.reader, scan.marks, signal)) }
    } finally {
      await into?.close()
    }
  }

  return {
    async ask(request, watch, signal, attached = {}) {
      const call = await prepare(request, attached)
      try {
        if (request.after !== undefined) await clock.sleep(request.after * 1000, watch.waits())
        let token = tokens === undefined || request.host === FOREIGN ? '' : await tokens.current()
        for (;;) {
          signal.throwIfAborted()
          const outcome = await once(call, token, watch, signal, attached)
          if ('reply' in outcome) return outcome.reply
          token = outcome.token
        }
      } finally {
        await call.body?.close()
      }
    },
  }
}
