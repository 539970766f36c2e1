/** Adds people to an audience and takes them off by uploaded files, for large loads. */
import { z } from 'zod'
import {
  type At,
  type Crowd,
  keep,
  type Later,
  type Now,
  Stop,
  scan,
  send,
  type Talk,
} from '../../destination-kit/kit.ts'
import { applied, each, pending, readJson, rejected, split, unknown } from '../../destination-kit/words.ts'
import { code, errorsIn, stopFor, type VendorError } from './answers.ts'
import type { ExportSettings } from './audiences.ts'
import { type Action, customerListFile, ResultFile } from './bulk-file.ts'
import { assertTerms } from './members.ts'

type Place = At<ExportSettings, never>

/** What is kept of an upload: its id, and how often its result could not be fetched. */
const kept = z.object({ id: z.string().min(1), missed: z.number().int().nonnegative() })
type Kept = z.infer<typeof kept>

const textOf = (job: Kept): string => JSON.stringify(job)

const keptJob = (job: string): Kept => {
  const known = readJson(job, kept)
  if (known === undefined) throw new Stop('unreadable', 'The kept upload of Microsoft Advertising cannot be read.')
  return known
}

const address = z.object({ RequestId: z.string().min(1), UploadUrl: z.string().min(1) })

/**
 * An address to upload to; one that is never used does nothing.
 * https://learn.microsoft.com/en-us/advertising/bulk-service/getbulkuploadurl (checked 2026-11-21).
 */
function* uploadAddress(at: Place): Talk<z.infer<typeof address>> {
  const reply = yield* send({
    method: 'POST',
    path: '/Bulk/v13/BulkUploadUrl/Query',
    host: 'bulk',
    rate: 'bulk',
    body: { json: { AccountId: at.settings.accountId, ResponseMode: 'ErrorsOnly' } },
    reads: true,
  })
  return reply.json(address)
}

const receipt = z.object({ RequestId: z.string().min(1) })

/**
 * Each address takes one file, so the upload is never repeated blindly: after a lost answer the talk starts again, and
 * asks first. https://learn.microsoft.com/en-us/advertising/guides/bulk-download-upload (checked 2026-11-21).
 */
function* upload(url: string, action: Action, crowd: Crowd, at: Place): Talk<'received' | 'expired'> {
  const reply = yield* send({
    method: 'POST',
    path: url,
    host: 'upload',
    rate: 'bulk',
    body: customerListFile(action, crowd, at),
    expect: [400],
    once: true,
  })
  if (reply.status < 300) {
    reply.json(receipt)
    return 'received'
  }
  const errors = errorsIn(reply)
  const has = (...codes: readonly number[]): boolean => errors.some((error) => codes.includes(error.code))
  // Only we know the address, so the file that it was used for is this one.
  if (has(code.uploadUrlUsed)) return 'received'
  if (has(code.uploadUrlExpired, code.uploadUrlInvalid)) return 'expired'
  throw new Stop('bad-request', `Microsoft Advertising refuses the upload: ${wordsOf(errors)}`)
}

const wordsOf = ([first]: readonly VendorError[]): string =>
  first === undefined ? 'it gave no reason.' : `${first.words} (${first.code})`

const jobState = z.object({
  RequestStatus: z.string(),
  ResultFileUrl: z.string().nullish(),
})
interface State {
  readonly status: string
  readonly result: string | undefined
  readonly errors: readonly VendorError[]
}

/** The state of an upload; undefined when Microsoft Advertising does not know it (any more). */
function* stateOf({ id }: Kept): Talk<State | undefined> {
  const reply = yield* send({
    method: 'POST',
    path: '/Bulk/v13/BulkUploadStatus/Query',
    host: 'bulk',
    rate: 'bulk',
    body: { json: { RequestId: id } },
    expect: [400],
    reads: true,
  })
  const errors = errorsIn(reply)
  if (reply.status >= 400) {
    if (errors.some((error) => error.code === code.jobUnknown)) return undefined
    throw new Stop('bad-request', `Microsoft Advertising does not tell of an upload: ${wordsOf(errors)}`)
  }
  const { RequestStatus: status, ResultFileUrl: result } = reply.json(jobState)
  return { status, result: result ?? undefined, errors }
}

/** An address that has expired before the file was there is not used; a new one is asked for. */
const mostUploads = 3

function* byFile(action: Action, crowd: Crowd, at: Place, before: string | undefined): Talk<Now | Later> {
  if (before !== undefined) {
    const state = yield* stateOf(keptJob(before))
    if (state !== undefined && state.status !== 'PendingFileUpload') return pending(before)
  }
  for (let round = 0; round < mostUploads; round++) {
    const { RequestId: id, UploadUrl: url }: z.infer<typeof address> = yield* uploadAddress(at)
    const job = textOf({ id, missed: 0 })
    yield* keep(job)
    if ((yield* upload(url, action, crowd, at)) === 'received') return pending(job)
  }
  throw new Stop('bad-request', 'Microsoft Advertising does not take a file at any of the addresses it gives for it.')
}

export function* addByFile(crowd: Crowd, at: Place, before?: string): Talk<Now | Later> {
  assertTerms(at)
  return yield* byFile('Add', crowd, at, before)
}

export function* removeByFile(crowd: Crowd, at: Place, before?: string): Talk<Now | Later> {
  return yield* byFile('Remove', crowd, at, before)
}

/** Result addresses are good for some minutes only; each look is given a new one. */
const mostMissed = 5

/** Who failed. A file that does not say so leaves everybody else unknown. */
function* result(job: Kept, url: string | undefined): Talk<Now | Later> {
  if (url === undefined) return each(unknown('Microsoft Advertising reports errors, and not where they can be read.'))
  const file = new ResultFile()
  const reply = yield* scan(
    { method: 'GET', path: url, host: 'foreign', expect: [400, 401, 403, 404, 410] },
    file.reader,
  )
  const { scanned } = reply
  if (scanned === undefined) {
    const missed = job.missed + 1
    if (missed < mostMissed) return pending(textOf({ ...job, missed }))
    return each(unknown('The result of the upload could not be fetched.'))
  }
  if (file.listError !== undefined) return listRefused(file.listError)
  const everyErrorIsNamed = scanned.whole && scanned.strangers === 0 && file.nameless === 0 && scanned.marked > 0
  if (everyErrorIsNamed) return each(applied, new Map(), 'ref')
  return each(unknown('Microsoft Advertising reports errors, and not for whom all of them are.'), new Map(), 'ref')
}

/** Nobody of the file was taken. */
const listRefused = (error: VendorError): Now => {
  const stop = stopFor([error])
  if (stop !== undefined) throw stop
  if (error.code === code.audienceUnknown || error.code === code.entityUnknown) {
    throw new Stop('list-missing', 'Microsoft Advertising does not know this audience (any more).')
  }
  return each(rejected(error.name, error.words), new Map(), 'ref')
}

/**
 * One look at an upload. A state that we do not know keeps waiting. The engine's pauses suit: the vendor asks for a minute,
 * and its own SDKs look every second at first (https://github.com/BingAds/BingAds-Python-SDK, checked 2026-11-21).
 * https://learn.microsoft.com/en-us/advertising/bulk-service/getbulkuploadstatus (checked 2026-11-21).
 */
export function* lookAtUpload(job: string, _at: Place): Talk<Now | Later> {
  const known = keptJob(job)
  const state = yield* stateOf(known)
  if (state === undefined) return each(unknown('Microsoft Advertising does not know this upload (any more).'))
  switch (state.status) {
    case 'Completed':
      if (state.errors.length > 0) return each(unknown(`The upload ended with an error: ${wordsOf(state.errors)}`))
      return each(applied, new Map(), 'ref')
    case 'CompletedWithErrors':
      return yield* result(known, state.result)
    case 'Failed': {
      const stop = stopFor(state.errors)
      if (stop !== undefined) throw stop
      return each(unknown(`Microsoft Advertising could not work on the upload: ${wordsOf(state.errors)}`))
    }
    case 'UploadFileRowCountExceeded':
      return split('Microsoft Advertising takes fewer rows in one file.')
    case 'UploadFileFormatNotSupported':
      throw new Stop('bad-request', 'Microsoft Advertising does not take the format of the file.')
    default:
      return pending(textOf(known))
  }
}
