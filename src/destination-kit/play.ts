/** Feeds answers to a talk and gives back what it asked and how it ended: for tests of destinations, without any I/O. */
import {
  type At,
  asksMade,
  type By,
  type Crowd,
  type Fate,
  type Fates,
  type Later,
  type Member,
  type Now,
  type Operation,
  type Person,
  type Reader,
  type Reply,
  type Request,
  type Row,
  type Scanned,
  type Step,
  Stop,
  type Talk,
  type Verdict,
} from './kit.ts'
import { Malformed } from './malformed.ts'
import { openReading } from './reading.ts'

/** What the vendor answers; the status is 200 unless said. */
export interface Answer {
  readonly status?: number
  readonly json?: unknown
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

type Judge = (reply: Reply) => Verdict | undefined

export type Ending<T> =
  | { readonly kind: 'ended'; readonly value: T }
  | { readonly kind: 'stopped'; readonly stop: Stop }
  /** The engine would act on this verdict instead of letting the talk read the answer. */
  | { readonly kind: 'judged'; readonly verdict: Exclude<Verdict, Stop | { readonly kind: 'pass' }> }

export interface Played<T> {
  readonly requests: readonly Request[]
  /** Jobs that were kept, in order. */
  readonly kept: readonly string[]
  /** What reports that were scanned say of single records. */
  readonly marks: Fates
  /** Members that were met page by page, in order. */
  readonly members: readonly Member[]
  readonly ending: Ending<T>
}

/** A reply as a talk sees it. */
export const replyOf = (answer: Answer): Reply => {
  const text = answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json))
  const headers = new Map(Object.entries(answer.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
  return {
    status: answer.status ?? 200,
    text,
    header: (name) => headers.get(name.toLowerCase()),
    json: (shape) => {
      let body: unknown
      try {
        body = JSON.parse(text)
      } catch {
        throw new Stop('unreadable', 'The answer is not JSON.')
      }
      const read = shape.safeParse(body)
      if (!read.success) throw new Stop('unreadable', 'The answer has another shape than expected.')
      return read.data
    },
  }
}

/** The body of a request as it would be sent, before it is packed; empty where there is none. */
export const bodyText = (request: Request): string => bodyTextOf(request, [])

/** As `bodyText`, with `crowd` as the rows of a crowd. */
export const bodyTextOf = (request: Request, crowd: readonly Row[]): string => {
  const body = request.body
  if (body === undefined) return ''
  if ('json' in body) return JSON.stringify(body.json)
  if ('form' in body) return new URLSearchParams(body.form).toString()
  const rows = 'crowd' in body.rows ? crowd : body.rows
  return body.head + rows.map((row) => row.text).join(body.between) + body.tail
}

const verdictOn = (reply: Reply, request: Request, judge: Judge | undefined): Verdict => {
  const verdict = judge?.(reply)
  if (verdict !== undefined) return verdict
  if (reply.status < 400 || request.expect?.includes(reply.status)) return { kind: 'pass' }
  throw new Error(`${request.method} ${request.path}: the talk does not expect ${reply.status}, so it never sees it`)
}

/**
 * Runs a talk to its end. `answers` are given in order, or worked out from each request. Pass the destination's `judge`
 * to have answers judged as the engine does.
 *
 * @throws Error when a `send` was made without `yield*`, when the talk asks more often than there are answers or less
 * often, and when it is fed a refusal that it would never see. Anything that the talk throws, except `Stop`.
 */
export const play = <T>(
  start: () => Talk<T>,
  answers: readonly Answer[] | ((request: Request, number: number) => Answer),
  judge?: Judge,
): Played<T> => {
  const requests: Request[] = []
  const kept: string[] = []
  const marks = new Map<string, Fate>()
  const members: Member[] = []
  let meetings = 0
  const before = asksMade()
  const answerTo = (request: Request, number: number): Answer => {
    if (typeof answers === 'function') return answers(request, number)
    const answer = answers[number]
    if (answer === undefined) throw new Error(`${request.method} ${request.path}: no answer ${number + 1} was given`)
    return answer
  }
  const run = (): Ending<T> => {
    const talk = start()
    let turn: IteratorResult<Step, T> = talk.next()
    while (!turn.done) {
      if ('keep' in turn.value) {
        kept.push(turn.value.keep)
        turn = talk.next()
        continue
      }
      if ('met' in turn.value) {
        members.push(...turn.value.met)
        meetings++
        turn = talk.next()
        continue
      }
      const { request, reader } = turn.value
      requests.push(request)
      const reply = replyOf(answerTo(request, requests.length - 1))
      const verdict = verdictOn(reply, request, judge)
      if (verdict instanceof Stop) throw verdict
      if (verdict.kind !== 'pass') return { kind: 'judged', verdict }
      const scans = reader !== undefined && reply.status < 300
      turn = talk.next(scans ? { ...reply, text: '', scanned: scanText(reader, reply.text, marks) } : reply)
    }
    return { kind: 'ended', value: turn.value }
  }
  const ending = endingOf(run)
  const forgotten = asksMade() - before - requests.length - kept.length - meetings
  if (forgotten !== 0) throw new Error(`${forgotten} asks were made without yield*, so nothing was sent`)
  if (typeof answers !== 'function' && answers.length > requests.length) {
    throw new Error(`${answers.length} answers were given, but only ${requests.length} were asked for`)
  }
  return { requests, kept, marks, members, ending }
}

/** What the engine would say of the report; who is of the batch is not known here, so nobody is a stranger. */
const scanText = (reader: Reader, text: string, marks: Map<string, Fate>): Scanned => {
  const reading = openReading(reader)
  const scanned = (whole: boolean): Scanned => ({ items: reading.items(), marked: marks.size, strangers: 0, whole })
  try {
    for (const [who, fate] of reading.push(text)) marks.set(who, fate)
    for (const [who, fate] of reading.end()) marks.set(who, fate)
    return scanned(true)
  } catch (error) {
    if (error instanceof Malformed) return scanned(false)
    throw error
  }
}

const endingOf = <T>(run: () => Ending<T>): Ending<T> => {
  try {
    return run()
  } catch (error) {
    if (error instanceof Stop) return { kind: 'stopped', stop: error }
    throw error
  }
}

/** The value that a talk ended with. Throws the `Stop`, or an error naming the verdict, when it ended otherwise. */
export const endOf = <T>(played: Played<T>): T => {
  if (played.ending.kind === 'ended') return played.ending.value
  if (played.ending.kind === 'stopped') throw played.ending.stop
  throw new Error(`the answer was judged: ${JSON.stringify(played.ending.verdict)}`)
}

/** As `endOf`, with what scanned reports say of single records among the exceptions. */
export const endOfBatch = (played: Played<Now | Later>): Now | Later => {
  const end = endOf(played)
  return end.kind === 'each' && played.marks.size > 0
    ? { ...end, except: new Map([...end.except, ...played.marks]) }
    : end
}

/** Rows as a bulk operation is handed them. */
export const crowdOf = (rows: readonly Row[]): Crowd => ({
  crowd: true,
  count: rows.length,
  fields: Object.keys(rows[0]?.fields ?? {}),
})

/** People with their row texts, as the engine hands them to a talk. */
export const rowsOf = <S extends string, F extends string>(
  operation: Operation<S, F>,
  people: readonly Person[],
  at: At<S, F>,
): Row[] => people.map((person) => ({ ...person, text: operation.row(person, at) }))

const keyOf = (row: Row, by: By): string => (by === 'ref' ? row.ref : row.identifier)

/** How often a job is looked at before its batch counts as unknown: the engine's limit is `settles`. */
const mostLooks = 20

/**
 * Delivers one batch as the engine does: follows jobs, halves on `split`, and gives the fate of every row by ref.
 *
 * @throws Stop when a talk stops; Error when a single row is split, or an ending names somebody who is not of the batch.
 */
export const playBatch = <S extends string, F extends string>(
  operation: Operation<S, F>,
  rows: readonly Row[],
  at: At<S, F>,
  vendor: (request: Request) => Answer,
  judge?: Judge,
): Map<string, Fate> => {
  const halve = (): Map<string, Fate> => {
    if (rows.length === 1) throw new Error('a batch of one cannot be split')
    const middle = Math.ceil(rows.length / 2)
    const parts = [rows.slice(0, middle), rows.slice(middle)]
    return new Map(parts.flatMap((part) => [...playBatch(operation, part, at, vendor, judge)]))
  }
  const take = (fates: Map<string, Fate>, except: Fates, by: By): void => {
    const byKey = new Map(rows.map((row) => [keyOf(row, by), row.ref]))
    for (const [key, fate] of except) {
      const ref = byKey.get(key)
      if (ref === undefined) throw new Error(`the ending names ${by} ${key}, who is not of the batch`)
      if (!fates.has(ref)) fates.set(ref, fate)
    }
  }
  const fates = new Map<string, Fate>()
  const start = (): Talk<Now | Later> => (operation.bulk ? operation.talk(crowdOf(rows), at) : operation.talk(rows, at))
  let turn: Now | Later | undefined = turnOf(play(start, vendor, judge))
  for (let looks = 0; turn?.kind === 'pending'; looks++) {
    take(fates, turn.known ?? new Map(), turn.by ?? 'ref')
    const { job }: Later = turn
    const confirm = operation.confirm
    if (confirm === undefined) throw new Error('the operation has no confirm')
    turn = looks < mostLooks ? turnOf(play(() => confirm(job, at), vendor, judge)) : undefined
  }
  if (turn?.kind === 'split') return halve()
  if (turn !== undefined) take(fates, turn.except, turn.by)
  const rest: Fate = turn?.otherwise ?? { kind: 'unknown', reason: 'The job was never ended.' }
  return new Map(rows.map((row) => [row.ref, fates.get(row.ref) ?? rest]))
}

/** A verdict that halves is an ending like any other; other verdicts need an engine that waits. */
const turnOf = (played: Played<Now | Later>): Now | Later => {
  const { ending } = played
  return ending.kind === 'judged' && ending.verdict.kind === 'split' ? ending.verdict : endOfBatch(played)
}
