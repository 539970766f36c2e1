/** How a fault looks on the wire: another answer, none at all, or half of one. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { bodyText, headOf, writeAnswer } from './answer.ts'
import type { Fault, FaultKind } from './faults.ts'
import type { Answer, Call, Refusals } from './vendor.ts'

/** Milliseconds. */
export interface FaultTimes {
  /** An answer that does not come is waited for this long; then the connection is cut. */
  readonly stallMs: number
  /** A slow answer takes this long. */
  readonly slowMs: number
}

const later: ReadonlySet<FaultKind> = new Set([
  'server error after',
  'reset after',
  'timeout after',
  'web page after',
  'cut answer',
  'slow answer',
])

/** Does the vendor do what it is asked, whatever becomes of the answer? */
export const isApplied = ({ kind }: Fault): boolean => later.has(kind)

const page = (status: number, title: string): Answer => ({
  status,
  text: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  headers: { 'content-type': 'text/html; charset=utf-8' },
})

const retryAfter = { 'Retry-After': '1' }

/** A vendor that says nothing of its own way is taken to tell how long to wait every other time. */
const busy = (refusals: Refusals, call: Call, form: number): Answer =>
  refusals.busy?.(call) ?? {
    status: 429,
    json: { message: 'Too many requests.' },
    ...(form < 0.5 ? { headers: retryAfter } : {}),
  }

const serverError = (refusals: Refusals, call: Call, { kind, form }: Fault): Answer => {
  if (form < 0.25) return refusals.crashed(call)
  if (form < 0.5) return page(502, 'Bad Gateway')
  if (form < 0.75) return page(504, 'Gateway Time-out')
  // Only a refusal at the door says when to come back.
  const unavailable: Answer = { status: 503, text: 'Service Unavailable' }
  return kind === 'server error before' ? { ...unavailable, headers: retryAfter } : unavailable
}

/** The answer that stands in for the vendor's own; undefined where there is none, or its own is spoilt on the way. */
export const faultAnswer = (refusals: Refusals, call: Call, fault: Fault): Answer | undefined => {
  switch (fault.kind) {
    case 'too many requests':
      return busy(refusals, call, fault.form)
    case 'server error before':
    case 'server error after':
      return serverError(refusals, call, fault)
    case 'web page before':
    case 'web page after':
      return page(200, 'We will be back soon')
    default:
      return undefined
  }
}

/** Waits, but not longer than somebody listens. Answers are what keeps a simulator open, so `ended` cuts the wait short. */
const waitFor = async (response: ServerResponse, ms: number, ended: AbortSignal): Promise<void> => {
  if (response.closed) return
  const over = new AbortController()
  const signal = AbortSignal.any([ended, over.signal])
  await Promise.race([sleep(ms, undefined, { signal }), once(response, 'close', { signal })]).catch(() => undefined)
  over.abort()
}

/** Half of the answer under the headers of the whole, then the end of the connection. */
const writeCut = async (response: ServerResponse, answer: Answer): Promise<void> => {
  if (answer.pieces !== undefined) {
    const { status, headers } = headOf(answer)
    response.writeHead(status, headers)
    for await (const piece of answer.pieces) {
      await new Promise<void>((resolve) =>
        response.write(piece.subarray(0, Math.ceil(piece.length / 2)), () => resolve()),
      )
      break
    }
  } else {
    const whole = Buffer.from(bodyText(answer))
    if (whole.length > 1) {
      const { status, headers } = headOf(answer)
      response.writeHead(status, headers)
      await new Promise<void>((resolve) => response.write(whole.subarray(0, whole.length >> 1), () => resolve()))
    }
  }
  response.destroy()
}

/** Writes what a request meets that a fault was drawn for; `answer` is the vendor's own, or what stands in for it. */
export const writeFault = async (
  response: ServerResponse,
  answer: Answer,
  fault: Fault,
  times: FaultTimes,
  ended: AbortSignal,
): Promise<void> => {
  switch (fault.kind) {
    case 'reset before':
    case 'reset after':
      response.destroy()
      return
    case 'timeout before':
    case 'timeout after':
      await waitFor(response, times.stallMs, ended)
      response.destroy()
      return
    case 'cut answer':
      return await writeCut(response, answer)
    case 'slow answer':
      await waitFor(response, times.slowMs, ended)
      return await writeAnswer(response, answer)
    default:
      return await writeAnswer(response, answer)
  }
}
