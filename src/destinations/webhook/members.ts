/** Puts people on a list of a webhook's receiver and takes them off it, and reads what became of each. */
import { z } from 'zod'
import type { FieldKind } from '../../destination-kit/fields.ts'
import {
  type At,
  type Fate,
  type Now,
  type Person,
  type Reply,
  type Row,
  send,
  type Talk,
} from '../../destination-kit/kit.ts'
import {
  absent,
  applied,
  each,
  jsonRows,
  personalValues,
  readJson,
  split,
  unknown,
  vendorWords,
} from '../../destination-kit/words.ts'
import { answerOf, pathOf } from './calls.ts'
import { listGone } from './lists.ts'

type Here = At<'url', never>

const literals: Readonly<Partial<Record<FieldKind, RegExp>>> = {
  number: /^-?(0|[1-9]\d*)(\.\d+)?$/,
  boolean: /^(true|false)$/,
}

/** A number keeps its digits, which JavaScript could round. */
const jsonOf = (value: string | null, kind: FieldKind = 'text'): string =>
  value === null || literals[kind]?.test(value) === true ? String(value) : JSON.stringify(value)

/** One of `members`, with the matched fields alone; `null` clears a field. */
export const joining = ({ identifier, fields }: Person, { kinds = {} }: Here): string => {
  const values = Object.entries(fields).map(([name, value]) => `${JSON.stringify(name)}:${jsonOf(value, kinds[name])}`)
  return `{"email":${JSON.stringify(identifier)},"fields":{${values.join(',')}}}`
}

export const leaving = ({ identifier }: Person): string => `{"email":${JSON.stringify(identifier)}}`

const count = z.number().int().nonnegative()
const done = z.object({
  taken: count,
  rejected: z.array(
    z.object({
      email: z.string(),
      // Shown and logged as it is, so it must be unable to name anybody.
      code: z.string().regex(/^[A-Za-z0-9_.-]{1,60}$/),
      reason: z.string(),
      final: z.boolean().optional(),
    }),
  ),
})
const left = done.extend({ absent: z.array(z.string()) })

interface Outcome {
  readonly taken: number
  readonly named: readonly (readonly [email: string, fate: (row: Row) => Fate])[]
}

const outcomeOf = ({ taken, rejected: refused }: z.infer<typeof done>): Outcome => ({
  taken,
  named: refused.map(({ email, code, reason, final }) => [
    email,
    (row) => ({
      kind: 'rejected',
      code,
      reason: vendorWords(reason, personalValues(row)) || 'The receiver of the webhook gave no reason.',
      ...(final === true ? { final } : {}),
    }),
  ]),
})

const leavingOutcomeOf = (answer: z.infer<typeof left>): Outcome => {
  const { taken, named } = outcomeOf(answer)
  return { taken, named: [...named, ...answer.absent.map((email) => [email, () => absent] as const)] }
}

/** Whoever is not named was taken only if the numbers account for everybody who was sent, and for nobody else. */
const fatesOf = ({ taken, named }: Outcome, rows: readonly Row[]): Now => {
  const sent = new Map(rows.map((row) => [row.identifier, row]))
  const fates = new Map<string, Fate>()
  for (const [email, fate] of named) {
    const row = sent.get(email)
    if (row === undefined) continue
    // Named twice, nobody knows as what.
    fates.set(email, fates.has(email) ? unknown('The receiver of the webhook names this person twice.') : fate(row))
  }
  const addsUp = fates.size === named.length && taken + fates.size === rows.length
  return each(
    addsUp ? applied : unknown(`The webhook’s numbers do not add up to the ${rows.length} people sent.`),
    fates,
  )
}

const refusal = z.object({ reason: z.string() })

/** Of somebody alone the receiver's words say why; of many they do not say whom. */
const refusedFor = (reply: Reply, rows: readonly Row[]): Now => {
  const [only, second] = rows
  const said = second === undefined && only !== undefined ? readJson(reply.text, refusal)?.reason : undefined
  const words = only === undefined || said === undefined ? '' : vendorWords(said, personalValues(only))
  return split(words || 'The receiver of the webhook does not take this person.')
}

function* change<T>(
  operation: 'add' | 'remove',
  rows: readonly Row[],
  { list, settings }: Here,
  shape: z.ZodType<T>,
  read: (answer: T) => Outcome,
): Talk<Now> {
  const { id, name } = list
  const head = `{"operation":"${operation}","list":${JSON.stringify({ id, name })},"members":[`
  const reply = yield* send({
    method: 'POST',
    path: pathOf(settings),
    body: jsonRows(head, rows, ']}'),
    expect: [410, 422],
  })
  if (reply.status === 410) throw listGone()
  if (reply.status === 422) return refusedFor(reply, rows)
  return fatesOf(read(answerOf(reply, shape)), rows)
}

/** Adds people, and updates those who are there. */
export function* enter(rows: readonly Row[], at: Here): Talk<Now> {
  return yield* change('add', rows, at, done, outcomeOf)
}

/** From this list alone. */
export function* leave(rows: readonly Row[], at: Here): Talk<Now> {
  return yield* change('remove', rows, at, left, leavingOutcomeOf)
}
