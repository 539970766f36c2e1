/** What became of each person of a call, as Iterable's answer tells. */
import { z } from 'zod'
import { type Fate, type Now, type Reply, type Row, Stop } from '../../destination-kit/kit.ts'
import { absent, applied, each, rejected, split, unknown } from '../../destination-kit/words.ts'

const count = z.number().int().nonnegative()
const names = z.array(z.string())

/** https://api.iterable.com/api/docs#lists_subscribe (checked 2026-11-21). Only the counts are always there. */
const answered = z.object({
  successCount: count,
  failCount: count,
  filteredOutFields: names.nullish(),
  /** The older place of what `failedUpdates` says; older answers have it alone. */
  invalidEmails: names.nullish(),
  failedUpdates: z.record(z.string(), z.unknown()).nullish(),
})
type Answered = z.infer<typeof answered>

export type Direction = 'subscribe' | 'unsubscribe'

const forgotten: Fate = {
  kind: 'rejected',
  code: 'forgotten',
  reason: 'Iterable was told to forget this person and takes nothing about them.',
  final: true,
}

export const reasons: Readonly<Record<string, Fate>> = {
  forgottenEmails: forgotten,
  invalidEmails: rejected('invalid_email', 'Iterable does not take this address for one.'),
  invalidDataEmails: rejected(
    'invalid_data',
    'Iterable does not take a value of this person for the type of its field.',
  ),
  conflictEmails: rejected('conflict', 'Another user of the Iterable project already has this address or user ID.'),
  notFoundEmails: rejected('not_found', 'Iterable does not find this person.'),
}

/** Somebody who is forgotten or not there is on no list. */
const gone = new Set(['forgottenEmails', 'notFoundEmails'])

export const fateOf = (reason: string, direction: Direction): Fate => {
  if (direction === 'unsubscribe' && gone.has(reason)) return absent
  return reasons[reason] ?? rejected(reason.replace(/Emails$/, ''), 'Iterable did not take this person.')
}

/** Reason by address in lower case. Whom both places name is named once. */
const failuresIn = ({ failedUpdates, invalidEmails }: Answered): Map<string, string> => {
  const failures = new Map<string, string>()
  const note = (reason: string, addresses: readonly string[]): void => {
    for (const address of addresses) {
      const key = address.trim().toLowerCase()
      if (!failures.has(key)) failures.set(key, reason)
    }
  }
  for (const [reason, listed] of Object.entries(failedUpdates ?? {})) {
    if (reason.endsWith('Emails')) note(reason, names.safeParse(listed).data ?? [])
  }
  note('invalidEmails', invalidEmails ?? [])
  return failures
}

/** A project may be set to drop fields that it does not know: then the values were not stored, whatever the counts say. */
const assertNoneDropped = ({ filteredOutFields }: Answered, rows: readonly Row[]): void => {
  const sent = new Set(rows.flatMap((row) => Object.keys(row.fields)))
  const dropped = (filteredOutFields ?? []).filter((name) => sent.has(name))
  if (dropped.length === 0) return
  const fields = dropped.map((name) => `“${name}”`).join(', ')
  throw new Stop(
    'bad-request',
    `The Iterable project drops ${fields}. Add the field there, or take it out of the data matching.`,
  )
}

/**
 * Fates of all rows. Whoever is not named counts as applied only where the totals say that exactly so many were; failures
 * without a name are found by halving. Throws Stop when the answer cannot be read, or says that fields were dropped.
 */
export const outcomesOf = (reply: Reply, rows: readonly Row[], direction: Direction): Now => {
  const answer = reply.json(answered)
  assertNoneDropped(answer, rows)
  const byAddress = new Map(rows.map((row) => [row.identifier.trim().toLowerCase(), row]))
  const fates = new Map<string, Fate>()
  let strangers = 0
  let absentees = 0
  for (const [address, reason] of failuresIn(answer)) {
    const row = byAddress.get(address)
    const fate = fateOf(reason, direction)
    if (row === undefined) strangers++
    else fates.set(row.ref, fate)
    if (fate === absent) absentees++
  }
  const { successCount, failCount } = answer
  const total = successCount + failCount
  const unnamed = failCount - fates.size
  if (strangers === 0 && total === rows.length) {
    // Who was not there to be taken off may count as neither.
    if (unnamed === 0 || (unnamed < 0 && -unnamed <= absentees)) return each(applied, fates, 'ref')
    if (unnamed > 0) return withoutNames(rows, fates)
  }
  if (strangers === 0 && total + absentees === rows.length && unnamed === -absentees) return each(applied, fates, 'ref')
  return each(unknown(`Iterable's totals do not add up to the ${rows.length} people sent.`), fates, 'ref')
}

const withoutNames = (rows: readonly Row[], fates: ReadonlyMap<string, Fate>): Now =>
  rows.length > 1
    ? split('Iterable did not take everybody, and does not say whom.')
    : each(rejected('failed', 'Iterable did not take this person and gave no reason.'), fates, 'ref')
