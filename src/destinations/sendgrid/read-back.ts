/** Reads who is on a SendGrid list: asks for an export of the list, waits for it, and reads its files. */
import { z } from 'zod'
import {
  type At,
  type Everybody,
  type Later,
  type Reader,
  Stop,
  scan,
  send,
  type Talk,
} from '../../destination-kit/kit.ts'
import { pending, vendorWords } from '../../destination-kit/words.ts'
import { isId, listIdOf } from './lists.ts'

const path = '/v3/marketing/contacts/exports'

/** Of one file before it is packed, in MB. The service's own 5,000 is more than a report may have here. */
const fileSize = 500

const made = z.object({ id: z.string().refine(isId) })

/**
 * `POST /v3/marketing/contacts/exports`: changes nothing, so one too many is harmless.
 * https://www.twilio.com/docs/sendgrid/api-reference/contacts/export-contacts (checked 2026-11-21).
 */
export function* askForMembers(at: At<'region', never>): Talk<Later> {
  const reply = yield* send({
    method: 'POST',
    path,
    rate: 'lists',
    body: { json: { list_ids: [listIdOf(at.list.id)], file_type: 'csv', max_file_size: fileSize } },
    expect: [404],
    reads: true,
  })
  if (reply.status === 404) throw new Stop('list-missing', 'SendGrid does not know this list (any more).')
  return pending(reply.json(made).id)
}

const state = z.object({
  status: z.string(),
  urls: z.array(z.string().min(1)).nullish(),
  contact_count: z.number().int().nonnegative().nullish(),
  message: z.string().nullish(),
})

/** One reading of all files of an export: `nameless` counts contacts that SendGrid knows by something else than an address. */
class ContactFiles {
  nameless = 0
  readonly reader: Reader = {
    by: 'identifier',
    csv: ({ email, contact_id: remoteId }) => {
      if (email === undefined || remoteId === undefined) {
        throw new Stop('unreadable', 'SendGrid’s export of the list lacks the addresses or the IDs of contacts.')
      }
      if (email.trim() !== '')
        return [email.trim(), isId(remoteId) ? { kind: 'applied', remoteId } : { kind: 'applied' }]
      this.nameless++
      return undefined
    },
  }
}

/** The files lie on a host of their own, at addresses that expire; our key is never sent there. */
function* readFile(url: string, files: ContactFiles): Talk<void> {
  const request = { method: 'GET', host: 'foreign', path: url, expect: [400, 403, 404, 410] } as const
  const { status, scanned } = yield* scan(request, files.reader)
  if (status >= 300) {
    throw new Stop(
      'unreadable',
      `A file of SendGrid’s export of the list cannot be fetched (HTTP ${status}). Run again.`,
    )
  }
  if (scanned?.whole !== true)
    throw new Stop('unreadable', 'A file of SendGrid’s export of the list is damaged or cut.')
}

/**
 * One look at the export: `pending`, `ready` or `failure`. Its `contact_count` must be the number of contacts in its files.
 * https://www.twilio.com/docs/sendgrid/api-reference/contacts/export-contacts-status (checked 2026-11-21).
 */
export function* readMembersOf(job: string): Talk<Everybody | Later> {
  const reply = yield* send({ method: 'GET', path: `${path}/${job}`, rate: 'lists', expect: [404] })
  if (reply.status === 404) return pending(job)
  const { status, urls, contact_count: count, message } = reply.json(state)
  if (status === 'failure') {
    throw new Stop('unreadable', `SendGrid could not export the list: ${vendorWords(message ?? 'it gave no reason')}`)
  }
  if (status !== 'ready') return pending(job)
  if (typeof count !== 'number') {
    throw new Stop('unreadable', 'SendGrid does not say how many contacts are in its export of the list.')
  }
  const files = new ContactFiles()
  for (const url of urls ?? []) yield* readFile(url, files)
  return { kind: 'everybody', count, nameless: files.nameless }
}
