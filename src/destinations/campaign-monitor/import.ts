/** Imports people into a Campaign Monitor list, a thousand in a call, and reads who was not taken. */
import { z } from 'zod'
import {
  type At,
  type Fate,
  type Now,
  type Person,
  type Reply,
  type Request,
  type Row,
  Stop,
  type Talk,
} from '../../destination-kit/kit.ts'
import { applied, each, jsonRows, readJson, split, unknown } from '../../destination-kit/words.ts'
import { askList, codes, refusalIn, refusedFor } from './answers.ts'
import { customField, NAME_FIELD } from './fields.ts'
import { listPath } from './lists.ts'

/**
 * A subscriber of an import. Consent to be tracked has to be said and stays as it is; a value that is not there any more is
 * cleared; what is not matched is not mentioned, and so stays.
 */
export const subscriber = (person: Person, { kinds = {} }: Pick<At<string, string>, 'kinds'> = {}): string => {
  const { [NAME_FIELD]: name, ...own } = person.fields
  return JSON.stringify({
    EmailAddress: person.identifier,
    ...(name === undefined ? {} : { Name: name ?? '' }),
    ConsentToTrack: 'Unchanged',
    CustomFields: Object.entries(own).map(([key, value]) => customField(key, value, kinds[key])),
  })
}

/** `resubscribe` brings back whoever said no as well: only for one person whose state was just read. */
export const importOf = (rows: readonly Row[], listId: string, resubscribe: boolean): Request => ({
  method: 'POST',
  path: listPath('subscribers', listId, '/import'),
  body: jsonRows('{"Subscribers":[', rows, `],"Resubscribe":${resubscribe}}`),
  expect: [400],
})

const importResult = z.object({
  FailureDetails: z.array(
    z.object({ EmailAddress: z.string(), Code: z.number().int(), Message: z.string().nullish() }),
  ),
  TotalUniqueEmailsSubmitted: z.number().int(),
  TotalExistingSubscribers: z.number().int(),
  TotalNewSubscribers: z.number().int(),
  DuplicateEmailsInSubmission: z.array(z.string()),
})
type ImportResult = z.infer<typeof importResult>

const partial = z.object({ ResultData: importResult })

/** What is wrong with the vendor's own totals; undefined when they account for everybody. */
const gapIn = (result: ImportResult, rows: readonly Row[], named: number): string | undefined => {
  const { FailureDetails: failures, DuplicateEmailsInSubmission: duplicates } = result
  if (named < failures.length) return 'Campaign Monitor refused somebody who cannot be told apart.'
  const unique = result.TotalUniqueEmailsSubmitted
  if (unique + duplicates.length !== rows.length) return 'Campaign Monitor counted other people than were sent.'
  const taken = result.TotalExistingSubscribers + result.TotalNewSubscribers
  return taken + failures.length === unique ? undefined : 'Campaign Monitor’s totals do not add up.'
}

const fatesOf = (result: ImportResult, rows: readonly Row[]): Now => {
  const byAddress = new Map(rows.map((row) => [row.identifier.toLowerCase(), row]))
  const except = new Map<string, Fate>()
  for (const { EmailAddress: address, Code: code, Message: message } of result.FailureDetails) {
    const row = byAddress.get(address.trim().toLowerCase())
    if (row !== undefined) except.set(row.identifier, refusedFor(code, message ?? '', row))
  }
  const gap = gapIn(result, rows, except.size)
  return each(gap === undefined ? applied : unknown(gap), except)
}

/** Nothing of the call was stored; halving finds the record that is to blame. */
const refusedAsAWhole = (reply: Reply, rows: readonly Row[]): Now => {
  const { code, message } = refusalIn(reply) ?? { code: reply.status, message: '' }
  const [only] = rows
  if (rows.length > 1 || only === undefined) return split(`Campaign Monitor refused the call (code ${code}).`)
  return each(refusedFor(code, message, only))
}

/**
 * An import answers when it is done. With 400 and ResultData those who are not named as failures are stored all the same;
 * with 400 alone nobody is. https://www.campaignmonitor.com/api/v3-3/subscribers/ (checked 2026-11-21).
 */
export const importEnd = (reply: Reply, rows: readonly Row[]): Now => {
  if (reply.status < 400) return fatesOf(reply.json(importResult), rows)
  const result = readJson(reply.text, partial)
  if (result !== undefined) return fatesOf(result.ResultData, rows)
  if (refusalIn(reply)?.code === codes.someFailed) {
    throw new Stop('unreadable', 'Campaign Monitor refused some people of a call and did not say whom.')
  }
  return refusedAsAWhole(reply, rows)
}

/** Adds and updates in bulk: whoever unsubscribed, bounced or was deleted stays so, and is named. */
export function* join(rows: readonly Row[], at: At<'clientId', 'clientId'>): Talk<Now> {
  return importEnd(yield* askList(importOf(rows, at.list.id, false)), rows)
}
