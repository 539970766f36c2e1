/**
 * Microsoft Advertising's Bulk service, for customer lists: a URL, a file posted to it, a status, a result file.
 * https://learn.microsoft.com/en-us/advertising/bulk-service/getbulkuploadurl and .../getbulkuploadstatus (checked 2026-11-21).
 */
import { createHmac, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { exampleCredentials } from '../credentials.ts'
import { integer, type Row, text } from '../frame/database.ts'
import { boundaryIn } from '../frame/multipart.ts'
import { zipped } from '../frame/unpack.ts'
import {
  type Answer,
  type BodyReader,
  type Call,
  parseJson,
  type Route,
  type StreamedRoute,
  type World,
} from '../frame/vendor.ts'
import type { Work } from '../frame/work.ts'
import { type BulkReading, countItems, type Entry, readBulkFile } from './bulk-file.ts'
import { type Extension, type Posted, readPosted } from './bulk-post.ts'
import type { Uploads } from './bulk-uploads.ts'
import { apiFault, operationError, operationFault, refusals, tracked, uploadFault } from './faults.ts'
import type { OAuth } from './oauth.ts'

const own = exampleCredentials['microsoft-advertising']

/** Not divided by the pace. */
const urlSeconds = 900
const resultSeconds = 300
const mostBytes = 100_000_000
const mostRows = 4_000_000
/** "5 or 6 per customer". */
const mostBusy = 6

/** Assumed, and so is that the file is fetched without any credential. */
const uploadPath = '/Api/Advertiser/CampaignManagement/FileUpload/File/UploadBulkFile/'
const resultPath = '/Api/Advertiser/CampaignManagement/FileDownload/BulkResult/'

const urlBody = z.object({
  AccountId: z.string(),
  ResponseMode: z.enum(['ErrorsOnly', 'ErrorsAndResults']).nullish(),
})
const statusBody = z.object({ RequestId: z.string() })

const parsed = <T>(call: Call, shape: z.ZodType<T>): T | undefined => {
  const json = parseJson(call.body)
  const result = json === undefined ? undefined : shape.safeParse(json.value)
  return result?.success ? result.data : undefined
}

const signature = (path: string, expires: string): string =>
  createHmac('sha256', 'results of the sandbox').update(`${path} ${expires}`).digest('hex')

export interface BulkOptions {
  readonly uploads: Uploads
  readonly work: Work
  readonly oauth: OAuth
  readonly mostBytes?: number
  readonly mostRows?: number
}

export interface Bulk {
  /** Guarded as any call of the account. */
  readonly routes: readonly Route[]
  /** They look after their own credentials. */
  readonly openRoutes: readonly (Route | StreamedRoute)[]
}

export const microsoftBulk = (world: World, options: BulkOptions): Bulk => {
  const { db } = world
  const { uploads, work, oauth } = options
  const insert = db.prepare('INSERT INTO upload (id, mode, url_expires_at) VALUES (?, ?, ?)')

  const askUrl = (call: Call): Answer => {
    const body = parsed(call, urlBody)
    if (body === undefined) return operationFault(100)
    if (body.AccountId !== own.accountId) return apiFault(106)
    if (world.limits && uploads.busy(call.now) >= mostBusy) return operationFault(4204)
    const id = randomUUID()
    insert.run(id, body.ResponseMode ?? 'ErrorsOnly', Math.ceil(call.now + urlSeconds * 1000))
    return tracked(200, { RequestId: id, UploadUrl: `${world.origin()}${uploadPath}${id}` })
  }

  const unauthorized = (call: Call): Answer | undefined => {
    const token = call.header('AuthenticationToken')
    const accountId = call.header('CustomerAccountId') ?? call.header('AccountId')
    if (token === undefined || call.header('DeveloperToken') !== own.developerToken) return uploadFault(105, null)
    const state = oauth.token(token, call.now)
    if (state !== 'valid') return uploadFault(state === 'expired' ? 109 : 105, null)
    if (call.header('CustomerId') === undefined || accountId === undefined) return uploadFault(116, null)
    const mine = call.header('CustomerId') === own.customerId && accountId === own.accountId
    return mine ? undefined : uploadFault(106, null)
  }

  /** Why a URL cannot be used now. */
  const unusable = (id: string, upload: Row | undefined, now: number): Answer | undefined => {
    if (upload === undefined) return uploadFault(3220, null)
    if (upload.verdict !== null) return uploadFault(3224, id)
    if (now >= integer(upload, 'url_expires_at')) return uploadFault(3226, id)
    return world.limits && uploads.busy(now) >= mostBusy ? uploadFault(3227, id) : undefined
  }

  const drop = (staged: string): void => {
    work.drop(staged)
    world.dropDelivery(staged)
  }

  const keep = (staged: string, entries: readonly Entry[], reading: BulkReading): void => {
    work.stage(staged, entries.length, entries)
    const hashes = new Map<number, string[]>()
    for (const entry of entries) {
      if (entry.kind !== 'item' || entry.code !== 0) continue
      const known = hashes.get(entry.list)
      if (known === undefined) hashes.set(entry.list, [entry.text])
      else known.push(entry.text)
    }
    for (const [index, identifiers] of hashes) {
      const operation = reading.lists[index]?.action
      if (operation !== undefined) world.stageDelivery(staged, { listId: String(index), operation, identifiers })
    }
  }

  const finish = (call: Call, staged: string, posted: Posted, reading: BulkReading, extension: Extension): Answer => {
    const id = call.params.id ?? ''
    const upload = uploads.find(id)
    const late = unusable(id, upload, call.now)
    if (upload === undefined || late !== undefined) {
      drop(staged)
      return late ?? uploadFault(3220, null)
    }
    if (reading.replaces) {
      drop(staged)
      const what = 'Replace on a customer list, in a bulk file'
      return { ...refusals.forbidden(call, what), forbidden: what }
    }
    if (posted.kind === 'refused' || posted.kind === 'too large') {
      drop(staged)
      return posted.kind === 'refused' ? uploadFault(posted.code, id) : refusals.tooLarge(call)
    }
    const verdict = posted.kind === 'read' ? reading.verdict : 'format'
    const accepted = tracked(200, { RequestId: id }, { records: reading.rows })
    const answer = { ...accepted, json: { TrackingId: accepted.headers?.TrackingId, RequestId: id } }
    if (verdict !== 'taken') {
      drop(staged)
      uploads.refuse(upload, verdict, call.now)
      return answer
    }
    const lists = uploads.take(upload, staged, reading.rows, reading.lists, extension, call.now)
    const known = lists.flatMap((list, index) => (list.id === null ? [] : [[String(index), list.id] as const]))
    return { ...answer, staged: { upload: staged, listIds: Object.fromEntries(known) } }
  }

  const receive = (call: Call): Answer | BodyReader => {
    const id = call.params.id ?? ''
    const early = unauthorized(call) ?? unusable(id, uploads.find(id), call.now)
    if (early !== undefined) return early
    const boundary = boundaryIn(call.header('content-type') ?? '')
    if (boundary === undefined) return uploadFault(3221, id)
    return async (body) => {
      const staged = randomUUID()
      const reading: BulkReading = { lists: [], verdict: 'taken', rows: 0, replaces: false }
      let extension: Extension = 'csv'
      const read = async (bytes: AsyncIterable<Uint8Array>, kind: Extension): Promise<void> => {
        extension = kind
        if (world.discard) {
          reading.rows = await countItems(bytes)
          return
        }
        const separator = kind === 'tsv' ? '\t' : ','
        for await (const entries of readBulkFile(bytes, separator, options.mostRows ?? mostRows, reading)) {
          keep(staged, entries, reading)
        }
      }
      try {
        const posted = await readPosted(body, boundary, options.mostBytes ?? mostBytes, read)
        return (whole) => finish(whole, staged, posted, reading, extension)
      } catch (error) {
        drop(staged)
        throw error
      }
    }
  }

  const resultUrl = (id: string, now: number): string => {
    const expires = String(Math.ceil(now / 1000) + resultSeconds)
    const path = `${resultPath}${id}`
    return `${world.origin()}${path}?expires=${expires}&signature=${signature(path, expires)}`
  }

  const statusOf = (upload: Row, now: number): Record<string, unknown> => {
    const told = (RequestStatus: string, PercentComplete = 0, more: object = {}) => ({
      Errors: [],
      ForwardCompatibilityMap: null,
      PercentComplete,
      RequestStatus,
      ResultFileUrl: null,
      ...more,
    })
    if (upload.verdict === null) return told('PendingFileUpload')
    if (now < integer(upload, 'starts_at')) return told('FileUploaded')
    switch (upload.verdict) {
      case 'format':
        return told('UploadFileFormatNotSupported')
      case 'rows':
        return told('UploadFileRowCountExceeded')
      case 'no version':
        return told('Failed', 0, { Errors: [operationError(3219)] })
    }
    if (now < integer(upload, 'done_at')) return told('InProgress', Math.min(99, uploads.percent(upload)))
    const errored = integer(upload, 'errored') > 0
    // Assumed: where errors alone were asked for and there is none, there is no file.
    const file = errored || text(upload, 'mode') === 'ErrorsAndResults'
    const more = { ResultFileUrl: file ? resultUrl(text(upload, 'id'), now) : null }
    return told(errored ? 'CompletedWithErrors' : 'Completed', 100, more)
  }

  const status = (call: Call): Answer => {
    const body = parsed(call, statusBody)
    if (body === undefined) return operationFault(100)
    const upload = uploads.find(body.RequestId)
    const late = upload !== undefined && upload.verdict === null && call.now >= integer(upload, 'url_expires_at')
    return upload === undefined || late ? operationFault(4201) : tracked(200, statusOf(upload, call.now))
  }

  const result = (call: Call): Answer => {
    const expires = call.query.get('expires') ?? ''
    const signed = call.query.get('signature') === signature(call.path, expires) && call.now < Number(expires) * 1000
    const credentials = call.header('Authorization') ?? call.header('AuthenticationToken')
    const upload = signed && credentials === undefined ? uploads.find(call.params.id ?? '') : undefined
    if (upload === undefined) return { status: 403, text: 'AuthenticationFailed' }
    const name = `${text(upload, 'id')}.${text(upload, 'extension')}`
    const headers = { 'content-type': 'application/zip' }
    return { status: 200, pieces: zipped(name, uploads.results(upload)), headers }
  }

  return {
    routes: [
      { method: 'POST', path: '/Bulk/v13/BulkUploadUrl/Query', answer: askUrl },
      { method: 'POST', path: '/Bulk/v13/BulkUploadStatus/Query', answer: status },
    ],
    openRoutes: [
      { method: 'POST', path: `${uploadPath}{id}`, write: true, receive },
      { method: 'GET', path: `${resultPath}{id}`, answer: result },
    ],
  }
}
