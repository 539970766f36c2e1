/** Adds people to an audience and takes them off, by the hash of their address. Never replaces what is there. */
import { z } from 'zod'
import { type At, type Fate, type Now, type Row, Stop, send, type Talk } from '../../destination-kit/kit.ts'
import { applied, each, jsonRows, rejected, split, unknown } from '../../destination-kit/words.ts'
import { code, errorsIn, stopFor, type VendorError } from './answers.ts'
import type { ExportSettings } from './audiences.ts'

/** Throws Stop unless this is the hash that the vendor takes: an address must never be sent as it is. */
export const assertHashed = (identifier: string): void => {
  if (!hash.test(identifier)) throw new Stop('bad-request', 'An address is not hashed. It was not sent.')
}
const hash = /^[0-9a-f]{64}$/

/** Adding needs the terms. Taking people off goes on without: it uses their data less, not more. */
export const assertTerms = ({ settings }: At<ExportSettings, never>): void => {
  if (settings.terms !== 'yes') {
    throw new Stop('terms', 'Accept the Customer Match terms in the export before people are sent.')
  }
}

/** Errors that say nothing about the record itself. */
const transient: ReadonlySet<number> = new Set([
  code.internal,
  code.invalidCredentials,
  code.tokenExpired,
  code.callRateExceeded,
  code.bulkRateExceeded,
  code.otherItemsFailed,
])

/** What an error about one record means for it. */
export const fateOf = (error: Pick<VendorError, 'code' | 'name'>, words: string): Fate =>
  transient.has(error.code) ? unknown(words) : rejected(error.name, words)

/** Whether the terms are accepted goes with every call. Left out, what was accepted at Microsoft Advertising counts. */
const headOf = (action: 'Add' | 'Remove', { settings, list }: At<ExportSettings, never>): string => {
  const data = {
    ...(settings.terms === 'yes' ? { AcceptCustomerMatchTerm: true } : {}),
    ActionType: action,
    AudienceId: list.id,
    CustomerListItemSubType: 'Email',
  }
  return `{"CustomerListUserData":${JSON.stringify(data).slice(0, -1)},"CustomerListItems":[`
}

/**
 * Done: no errors where they stand, or an empty object, which others saw. Any other answer is of something else, and
 * would pass for done only since it names no error.
 */
const done = z.union([z.looseObject({ PartialErrors: z.unknown() }), z.strictObject({})])

/** Each error belongs to the row at its index; one that belongs to nobody leaves everybody else unknown. */
const fatesOf = (errors: readonly VendorError[], rows: readonly Row[]): Now => {
  const fates = new Map<string, Fate>()
  let otherwise = applied
  for (const error of errors) {
    const row = error.index === undefined ? undefined : rows[error.index]
    const words = `${error.words} (${error.code})`
    if (row === undefined) otherwise = unknown(`Microsoft Advertising reports an error without a record: ${words}`)
    else fates.set(row.ref, fateOf(error, words))
  }
  return each(otherwise, fates, 'ref')
}

const refusedAsAWhole = (errors: readonly VendorError[], rows: readonly Row[]): Now => {
  const [first] = errors
  if (first === undefined) throw new Stop('unreadable', 'Microsoft Advertising refused the call without a reason.')
  const words = `${first.words} (${first.code})`
  return rows.length > 1 ? split(words) : each(rejected(first.name, words), new Map(), 'ref')
}

/**
 * `POST /CustomerListUserData/Apply`, at once and repeatable. An answer of 200 names the records that failed by index.
 * https://learn.microsoft.com/en-us/advertising/campaign-management-service/applycustomerlistuserdata (checked 2026-11-21).
 */
function* apply(action: 'Add' | 'Remove', rows: readonly Row[], at: At<ExportSettings, never>): Talk<Now> {
  for (const row of rows) assertHashed(row.identifier)
  const reply = yield* send({
    method: 'POST',
    path: '/CampaignManagement/v13/CustomerListUserData/Apply',
    host: 'campaign',
    rate: 'campaign',
    body: jsonRows(headOf(action, at), rows, ']}}'),
    expect: [400],
  })
  const errors = errorsIn(reply)
  const stop = stopFor(errors)
  if (stop !== undefined) throw stop
  if (errors.some((error) => error.code === code.audienceUnknown)) {
    throw new Stop('list-missing', 'Microsoft Advertising does not know this audience (any more).')
  }
  if (errors.some((error) => error.code === code.tooManyItems)) {
    return split('Microsoft Advertising takes fewer items in one call.')
  }
  if (reply.status >= 400) return refusedAsAWhole(errors, rows)
  if (errors.length === 0) reply.json(done)
  return fatesOf(errors, rows)
}

export function* addMembers(rows: readonly Row[], at: At<ExportSettings, never>): Talk<Now> {
  assertTerms(at)
  return yield* apply('Add', rows, at)
}

export function* removeMembers(rows: readonly Row[], at: At<ExportSettings, never>): Talk<Now> {
  return yield* apply('Remove', rows, at)
}
