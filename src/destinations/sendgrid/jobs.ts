/** Follows a job that SendGrid accepted until its status is final, and reads who failed. */
import { z } from 'zod'
import {
  type At,
  type Later,
  type Now,
  type Reply,
  type Scanned,
  Stop,
  scan,
  send,
  type Talk,
} from '../../destination-kit/kit.ts'
import { each, pending, readJson, rejected, unknown } from '../../destination-kit/words.ts'
import { contactLimitReached, overContactLimit } from './answers.ts'
import { ErrorsFile } from './errors-file.ts'
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

/** Of so many people sent: counted as stored, counted as failed, and missing from what was counted at all. */
const totalsOf = (results: Results, sent: number) => ({
  stored: (results.created_count ?? 0) + (results.updated_count ?? 0),
  errored: results.errored_count ?? 0,
  missing: sent - (results.requested_count ?? sent),
})

/**
 * Do the vendor's totals account for everybody, where `named` people failed by name and nobody else did? People whose
 * values did not change may be counted neither as created nor as updated, so there is no lower bound. Whether a row whose
 * address is none counts as requested, and as errored, is not documented; where such rows are missing they must be named.
 */
const addsUp = (results: Results, sent: number, named = 0): boolean => {
  const { stored, errored, missing } = totalsOf(results, sent)
  if (missing < 0 || stored + Math.max(errored, named) > sent) return false
  // Everybody else was stored, one by one: no other total says more.
  if (stored + named === sent && errored <= named) return true
  if (missing === 0) return named === errored
  return named === missing + errored || (named === missing && named === errored)
}

interface Errors {
  readonly file: ErrorsFile
  /** Undefined where there is no file, or it cannot be had (any more). */
  readonly scanned: Scanned | undefined
}

/** Who failed. Whom the file names is marked as it is read, since it may be as large as the upload. */
function* readErrors(url: string | null | undefined, at: At<'region', never>): Talk<Errors> {
  const file = new ErrorsFile()
  if (typeof url !== 'string' || !URL.canParse(url)) return { file, scanned: undefined }
  const parsed = new URL(url)
  const ours = parsed.origin === apiOrigin(at.settings)
  const reply = yield* scan(
    {
      method: 'GET',
      // The key is sent to the vendor's API alone; the file usually lies at an object store.
      ...(ours ? { path: parsed.pathname + parsed.search, rate: 'lists' } : { path: url, host: 'foreign' }),
      expect: [400, 401, 403, 404, 410],
    },
    file.reader,
  )
  return { file, scanned: reply.scanned }
}

/** Every record failed, or the job could not be processed at all. */
function* allFailed(results: Results, said: string, at: At<'region', never>): Talk<Now> {
  const { file } = yield* readErrors(results.errors_url, at)
  if (overContactLimit(said) || file.overContactLimit) throw contactLimitReached()
  if ((results.created_count ?? 0) + (results.updated_count ?? 0) > 0) {
    return each(unknown('SendGrid says that the job failed, and also that it stored some of it.'))
  }
  return each(rejected('failed', 'SendGrid could not process the upload that held this record.'))
}

/** Some failed. Without knowing who all of them are, nobody else counts as applied. */
function* someFailed(results: Results, sent: number, at: At<'region', never>): Talk<Now> {
  const { file, scanned } = yield* readErrors(results.errors_url, at)
  const everyoneNamed = scanned?.whole === true && file.nameless === 0 && scanned.strangers === 0 && scanned.marked > 0
  if (everyoneNamed && addsUp(results, sent, scanned.marked)) return each({ kind: 'applied' })
  return each(unknown('SendGrid says that some of the upload failed, and not for whom.'))
}

const completed = (results: Results, sent: number): Now =>
  addsUp(results, sent)
    ? each({ kind: 'applied' })
    : each(unknown(`SendGrid's totals do not add up to the ${sent} people sent.`))

const keptJob = (job: string): Kept => {
  const known = readJson(job, kept)
  if (known === undefined) throw new Stop('unreadable', 'The kept job of SendGrid cannot be read.')
  return known
}

const statusOf = ({ id }: Kept) =>
  send({
    method: 'GET',
    path: `/v3/marketing/contacts/imports/${encodeURIComponent(id)}`,
    rate: 'lists',
    expect: [404],
  })

/**
 * Was the file of this import received? Then its job says how it ended or how many people it holds; a job without its
 * file says only that it is pending. "No" may be too early, so who uploads again counts the first upload as lost.
 */
export function* hasPeople(job: string): Talk<boolean> {
  const reply: Reply = yield* statusOf(keptJob(job))
  if (reply.status === 404) return false
  const { status, results } = reply.json(state)
  if (status === 'completed' || status === 'errored') return true
  const counted = [results?.requested_count, results?.created_count, results?.updated_count, results?.errored_count]
  return status !== 'failed' && counted.some((number) => (number ?? 0) > 0)
}

/**
 * One look at a job. Only a final status decides: counts arrive while it is still pending. A status that we do not know,
 * and a job that is not known (yet), keep waiting. https://www.twilio.com/docs/sendgrid/api-reference/contacts/import-contacts-status
 * (checked 2026-11-21).
 */
export function* look(job: string, at: At<'region', never>): Talk<Now | Later> {
  const known = keptJob(job)
  const reply: Reply = yield* statusOf(known)
  const again = lookAgain(known)
  if (reply.status === 404) return again
  const { status, results } = reply.json(state)
  const totals = results ?? {}
  const errored = totals.errored_count ?? 0
  if (status === 'failed' || (status === 'errored' && errored === known.sent)) {
    return yield* allFailed(totals, reply.text, at)
  }
  const perhapsNamed = typeof totals.errors_url === 'string' && !addsUp(totals, known.sent)
  if (status === 'errored' || (status === 'completed' && (errored > 0 || perhapsNamed))) {
    return yield* someFailed(totals, known.sent, at)
  }
  return status === 'completed' ? completed(totals, known.sent) : again
}
