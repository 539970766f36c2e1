/** The faults of the grid: how each looks to a client, and the phases in which it cannot be. A plain list, to be read and added to. */
import type { StandIn } from './stand-in.ts'
import type { JobState, VendorWords } from './vendor-words.ts'

/**
 * What the vendor had done when the fault struck: nothing; all that was asked, with the answer lost or spoilt; half of
 * the people, with the answer lost or spoilt. The first is met by every request, the second by those that can change
 * something, the third by those that hold several people.
 */
export const phases = ['not-received', 'applied', 'partly'] as const
export type Phase = (typeof phases)[number]

export type Wire =
  | { readonly how: 'nobody listens' }
  | { readonly how: 'stand-in'; readonly answer: StandIn }
  /** In the vendor's own words; where it has none of the kind, the stand-in. */
  | { readonly how: 'own words'; readonly says: VendorWords; readonly otherwise?: StandIn }
  | {
      readonly how: 'reset'
      readonly at: 'before the headers' | 'in the headers' | 'in the body' | 'after the last chunk'
    }
  | { readonly how: 'silence'; readonly after: 'the request' | 'the headers' | 'each byte' }
  /** The vendor's own answer, changed; where it gave none, `otherwise`. */
  | { readonly how: 'spoilt'; readonly as: Spoilt; readonly otherwise: StandIn }
  /** A good answer that does not end where it should. */
  | { readonly how: 'flood'; readonly as: 'huge' | 'gzip bomb' | 'damaged gzip' | 'unknown packing' }
  | { readonly how: 'delivered twice' }
  | { readonly how: 'job'; readonly state: JobState }

export type Spoilt = 'cut within' | 'cut off' | 'another type' | 'lying rate headers' | 'more after it'

export interface Fault {
  readonly name: string
  readonly what: string
  readonly wire: Wire
  /** Requests that it hits: the first of each kind in a run, the first two, or all while the run lasts, or until so many seconds have passed. */
  readonly hits: 'first' | 'first two' | 'all' | { readonly seconds: number }
  /** Phases that cannot be, each with the reason. */
  readonly impossible?: Readonly<Partial<Record<Phase, string>>>
}

const page = (title: string): string =>
  `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`
const html = 'text/html; charset=utf-8'
const json = 'application/json'

const status = (code: number, headers: Readonly<Record<string, string>> = {}): Wire => ({
  how: 'stand-in',
  answer: { status: code, headers, body: 'echo' },
})
const web = (code: number, title: string): Wire => ({
  how: 'stand-in',
  answer: { status: code, type: html, body: page(title) },
})
const text = (body: string, type = json): Wire => ({ how: 'stand-in', answer: { status: 200, type, body } })
const maintenance: StandIn = { status: 200, type: json, body: page('Maintenance') }
const cutOff: StandIn = { status: 200, type: json, body: '{"' }

const noConnection = 'without a connection the vendor gets nothing to apply'
const refusalIsNoWork =
  'a refusal says that nothing was done; a vendor that did it and says otherwise cannot be believed in anything'
const refusal = { applied: refusalIsNoWork, partly: refusalIsNoWork }

export const faults: readonly Fault[] = [
  {
    name: '429-seconds',
    what: '429 with Retry-After in seconds',
    wire: status(429, { 'retry-after': '7' }),
    hits: 'first two',
  },
  {
    name: '429-date',
    what: '429 with Retry-After as a date',
    wire: status(429, { 'retry-after': 'in a minute' }),
    hits: 'first two',
  },
  { name: '429-absent', what: '429 without Retry-After', wire: status(429), hits: 'first two' },
  {
    name: '429-negative',
    what: '429 with a negative Retry-After',
    wire: status(429, { 'retry-after': '-5' }),
    hits: 'first two',
  },
  {
    name: '429-huge',
    what: '429 with a Retry-After of thirty years',
    wire: status(429, { 'retry-after': '1000000000' }),
    hits: 'first',
  },
  {
    name: '429-nonsense',
    what: '429 with a Retry-After that is neither number nor date',
    wire: status(429, { 'retry-after': 'soon' }),
    hits: 'first',
  },
  { name: '429-storm', what: '429 to everything for ten minutes', wire: status(429), hits: { seconds: 600 } },
  { name: '500', what: '500 that repeats what was sent', wire: status(500), hits: 'first two' },
  { name: '502', what: '502 with the page of a gateway', wire: web(502, 'Bad Gateway'), hits: 'first two' },
  { name: '503', what: '503 without a hint', wire: status(503), hits: 'first two' },
  {
    name: '503-retry-after',
    what: '503 that says when to come back',
    wire: status(503, { 'retry-after': '20' }),
    hits: 'first two',
  },
  { name: '503-outage', what: '503 to everything for an hour', wire: status(503), hits: { seconds: 3600 } },
  { name: '504', what: '504 with the page of a gateway', wire: web(504, 'Gateway Time-out'), hits: 'first two' },
  { name: '408', what: '408, the request took too long', wire: status(408), hits: 'first two' },
  {
    name: 'refused',
    what: 'nobody listens',
    wire: { how: 'nobody listens' },
    hits: 'first two',
    impossible: { applied: noConnection, partly: noConnection },
  },
  {
    name: 'refused-outage',
    what: 'nobody listens, for an hour',
    wire: { how: 'nobody listens' },
    hits: { seconds: 3600 },
    impossible: { applied: noConnection, partly: noConnection },
  },
  {
    name: 'reset',
    what: 'the connection is reset before any answer',
    wire: { how: 'reset', at: 'before the headers' },
    hits: 'first two',
  },
  {
    name: 'reset-headers',
    what: 'the connection is reset in the headers',
    wire: { how: 'reset', at: 'in the headers' },
    hits: 'first two',
  },
  {
    name: 'reset-body',
    what: 'the connection is reset in the body',
    wire: { how: 'reset', at: 'in the body' },
    hits: 'first two',
  },
  {
    name: 'reset-end',
    what: 'the connection is reset after the last chunk, before the end',
    wire: { how: 'reset', at: 'after the last chunk' },
    hits: 'first two',
  },
  { name: 'timeout', what: 'no answer at all', wire: { how: 'silence', after: 'the request' }, hits: 'first' },
  { name: 'half-open', what: 'headers, then nothing', wire: { how: 'silence', after: 'the headers' }, hits: 'first' },
  { name: 'slow', what: 'the answer byte by byte', wire: { how: 'silence', after: 'each byte' }, hits: 'first' },
  { name: '200-html', what: '200 with a page in HTML', wire: text(page('Sign in'), html), hits: 'first two' },
  {
    name: '200-error',
    what: '200 with the body of an error',
    wire: { how: 'own words', says: 'error' },
    hits: 'first two',
  },
  { name: '200-empty', what: '200 without a body', wire: text(''), hits: 'first two' },
  {
    name: '204',
    what: '204 where there should be a body',
    wire: { how: 'stand-in', answer: { status: 204, body: '' } },
    hits: 'first two',
  },
  { name: '200-null', what: '200 with null', wire: text('null'), hits: 'first' },
  { name: '200-object', what: '200 with an empty object', wire: text('{}'), hits: 'first' },
  { name: '200-array', what: '200 with an empty array', wire: text('[]'), hits: 'first' },
  {
    name: '200-shape',
    what: '200 with JSON of an unknown shape',
    wire: text('{"outcome":["fine"],"version":7}'),
    hits: 'first',
  },
  { name: 'huge', what: 'an answer larger than is read', wire: { how: 'flood', as: 'huge' }, hits: 'first' },
  {
    name: 'gzip-bomb',
    what: 'a small answer that unpacks to a huge one',
    wire: { how: 'flood', as: 'gzip bomb' },
    hits: 'first',
  },
  {
    name: 'gzip-damaged',
    what: 'an answer that cannot be unpacked',
    wire: { how: 'flood', as: 'damaged gzip' },
    hits: 'first',
  },
  {
    name: 'packing',
    what: 'an answer packed in a way that was not asked for',
    wire: { how: 'flood', as: 'unknown packing' },
    hits: 'first',
  },
  {
    name: 'cut',
    what: 'half of the answer, and its length says so',
    wire: { how: 'spoilt', as: 'cut within', otherwise: cutOff },
    hits: 'first two',
  },
  {
    name: 'cut-off',
    what: 'half of the answer under the length of the whole',
    wire: { how: 'spoilt', as: 'cut off', otherwise: cutOff },
    hits: 'first two',
  },
  {
    name: 'more',
    what: 'the answer, and something more after it',
    wire: { how: 'spoilt', as: 'more after it', otherwise: maintenance },
    hits: 'first',
  },
  {
    name: 'wrong-type',
    what: 'an answer under a wrong content type',
    wire: { how: 'spoilt', as: 'another type', otherwise: maintenance },
    hits: 'first two',
  },
  {
    name: 'rate-headers',
    what: 'rate headers that lie: nothing left, given back in the past',
    wire: {
      how: 'spoilt',
      as: 'lying rate headers',
      otherwise: { status: 429, body: 'echo', headers: { 'x-ratelimit-remaining': '999', 'x-ratelimit-reset': '1' } },
    },
    hits: 'first two',
  },
  { name: '400', what: '400 that names nobody', wire: status(400), hits: 'first', impossible: refusal },
  {
    name: '401-once',
    what: '401 to the first of each kind',
    wire: { how: 'own words', says: 'unauthorized' },
    hits: 'first',
    impossible: refusal,
  },
  {
    name: '401',
    what: '401 to everything',
    wire: { how: 'own words', says: 'unauthorized' },
    hits: 'all',
    impossible: refusal,
  },
  { name: '403', what: '403 to everything', wire: status(403), hits: 'all', impossible: refusal },
  {
    name: '404-page',
    what: '404 with a page of something in between',
    wire: web(404, 'Not Found'),
    hits: 'first',
    impossible: refusal,
  },
  { name: '409', what: '409, a conflict', wire: status(409), hits: 'first', impossible: refusal },
  { name: '413', what: '413, too large', wire: status(413), hits: 'first' },
  {
    name: 'quota',
    what: 'the plan is full',
    wire: { how: 'own words', says: 'quota' },
    hits: 'all',
    impossible: refusal,
  },
  {
    name: 'list-gone',
    what: 'the list is gone',
    wire: { how: 'own words', says: 'list gone' },
    hits: 'all',
    impossible: refusal,
  },
  {
    name: 'redirect',
    what: 'a redirect to somewhere else',
    wire: { how: 'stand-in', answer: { status: 307, headers: { location: 'elsewhere' }, body: '' } },
    hits: 'first',
  },
  {
    name: 'twice',
    what: 'the request is delivered twice',
    wire: { how: 'delivered twice' },
    hits: 'all',
    impossible: { 'not-received': 'what is delivered twice is received' },
  },
  { name: 'job-pending', what: 'a job that never ends', wire: { how: 'job', state: 'pending' }, hits: 'all' },
  { name: 'job-failed', what: 'a job that failed', wire: { how: 'job', state: 'failed' }, hits: 'all' },
  { name: 'job-unknown', what: 'a job that nobody knows', wire: { how: 'job', state: 'unknown' }, hits: 'all' },
]

export const faultNamed = (name: string): Fault | undefined => faults.find((fault) => fault.name === name)
