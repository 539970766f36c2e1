/** Follows a job that SendGrid accepted until its status is final, and reads who failed. */
import { z } from 'zod'
import { type At, type Fate, type Later, type Now, Stop, send, type Talk } from '../../destination-kit/kit.ts'
import { each, pending, readJson, rejected, unknown } from '../../destination-kit/words.ts'
import { contactLimitReached, overContactLimit } from './answers.ts'
import { readErrorsFile } from './errors-file.ts'
import { apiOrigin } from './regions.ts'

/** What is kept between two looks: the vendor's job, and how many people it is for. */
const kept = z.object({
  id: z.string().min(1),
  sent: z.number().int().positive(),
})
type Kept = z.infer<typeof kept>

const lookAgain = (job: Kept): Later => pending(JSON.stringify(job))

/**
 * Job `id`, which is for `sent` people, before the first look. Counts were seen after 27 to 33 seconds; the engine's
 * pauses between looks, which grow, suit that, and small jobs may be quicker.
 */
export const accepted = (id: string, sent: number): Later => lookAgain({ id, sent })

const count = z.number().nullish()
const state = z.object({
  status: z.string(),
  results: z
    .object({
      requested_count: count,
      created_count: count,
      updated_count: count,
      errored_count: count,
      errors_url: z.string().nullish(),
    })
    .nullish(),
})
type Results = NonNullable<z.infer<typeof state>['results']>

/**
 * The vendor's totals must agree with what was sent. People whose values did not change may be counted neither as
 * created nor as updated, so there is no lower bound.
 */
const addsUp = (results: Results, sent: number): boolean =>
  (results.requested_count ?? sent) === sent &&
  (results.created_count ?? 0) + (results.updated_count ?? 0) + (results.errored_count ?? 0) <= sent

/** The errors file's text, or undefined where there is none or it cannot be had (any more). */
function* errorsFile(url: string | null | undefined, at: At<'region', never>): Talk<string | undefined> {
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined
  const parsed = new URL(url)
  const ours = parsed.origin === apiOrigin(at.settings)
  const reply = yield* send({
    method: 'GET',
    // The key is sent to the vendor's API alone; the file usually lies at an object store.
    ...(ours ? { path: parsed.pathname + parsed.search, rate: 'lists' } : { path: url, host: 'foreign' }),
    expect: [400, 401, 403, 404, 410],
  })
  return reply.status === 200 ? reply.text : undefined
}

const rejectedBy = (named: ReadonlyMap<string, string>): Map<string, Fate> =>
  new Map([...named].map(([address, reason]) => [address, rejected('import_error', reason)]))

/** Every record failed, or the job could not be processed at all. */
function* allFailed(results: Results, said: string, at: At<'region', never>): Talk<Now> {
  const file = yield* errorsFile(results.errors_url, at)
  if (overContactLimit(said) || overContactLimit(file ?? '')) throw contactLimitReached()
  const named = rejectedBy(readErrorsFile(file ?? '')?.named ?? new Map())
  if ((results.created_count ?? 0) + (results.updated_count ?? 0) > 0) {
    return each(unknown('SendGrid says that the job failed, and also that it stored some of it.'), named)
  }
  return each(rejected('failed', 'SendGrid could not process the upload that held this record.'), named)
}

/** Some failed. Without knowing who all of them are, nobody else counts as applied. */
function* someFailed(results: Results, sent: number, at: At<'region', never>): Talk<Now> {
  const errors = readErrorsFile((yield* errorsFile(results.errors_url, at)) ?? '')
  const named = rejectedBy(errors?.named ?? new Map())
  const everyoneNamed = errors?.nameless === 0 && named.size === results.errored_count
  if (everyoneNamed && addsUp(results, sent)) return each({ kind: 'applied' }, named)
  return each(unknown('SendGrid says that some of the upload failed, and not for whom.'), named)
}

const completed = (results: Results, sent: number): Now =>
  addsUp(results, sent)
    ? each({ kind: 'applied' })
    : each(unknown(`SendGrid's totals do not add up to the ${sent} people sent.`))

/**
 * One look at a job. Only a final status decides: counts arrive while it is still pending. A status that we do not know,
 * and a job that is not known (yet), keep waiting. https://www.twilio.com/docs/sendgrid/api-reference/contacts/import-contacts-status
 * (checked 2026-11-21).
 */
export function* look(job: string, at: At<'region', never>): Talk<Now | Later> {
  const known = readJson(job, kept)
  if (known === undefined) throw new Stop('unreadable', 'The kept job of SendGrid cannot be read.')
  const reply = yield* send({
    method: 'GET',
    path: `/v3/marketing/contacts/imports/${encodeURIComponent(known.id)}`,
    rate: 'lists',
    expect: [404],
  })
  const again = lookAgain(known)
  if (reply.status === 404) return again
  const { status, results } = reply.json(state)
  const totals = results ?? {}
  const errored = totals.errored_count ?? 0
  if (status === 'failed' || (status === 'errored' && errored === known.sent)) {
    return yield* allFailed(totals, reply.text, at)
  }
  if (status === 'errored' || (status === 'completed' && errored > 0)) return yield* someFailed(totals, known.sent, at)
  return status === 'completed' ? completed(totals, known.sent) : again
}
