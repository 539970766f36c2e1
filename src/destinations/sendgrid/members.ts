/** Takes people off one SendGrid list. The contacts themselves, and their other lists, are left alone. */
import { z } from 'zod'
import {
  type At,
  type Fate,
  type Later,
  type Now,
  type Reply,
  type Row,
  Stop,
  send,
  type Talk,
} from '../../destination-kit/kit.ts'
import { absent, each, personalValues, rejected, split, vendorWords } from '../../destination-kit/words.ts'
import { errorsIn, wordsIn } from './answers.ts'
import { accepted } from './jobs.ts'
import { isId, listIdOf, oneList } from './lists.ts'

/** The longest address that search/emails takes; search/identifiers names no limit. */
const longestSearchedEmail = 100

const found = z.object({
  result: z.record(
    z.string(),
    z.object({
      contact: z
        .object({ id: z.string().refine(isId), email: z.string().nullish(), list_ids: z.array(z.string()).nullish() })
        .nullish(),
      error: z.string().nullish(),
    }),
  ),
})
type Entry = z.infer<typeof found>['result'][string]

/** Whom to take off, by row ref: their contact ids, and what is already known of a row. */
interface Looked {
  readonly ids: Map<string, string>
  readonly known: Map<string, Fate>
}

const noteEntry = (row: Row, entry: Entry | undefined, listId: string, looked: Looked): void => {
  const contact = entry?.contact
  if (contact) {
    // The search matches other addresses of a contact too; taking off that contact could take off somebody else.
    if (contact.email && contact.email.toLowerCase() !== row.identifier.toLowerCase()) {
      const reason = 'This is an additional address of another SendGrid contact. Take it off the list at SendGrid.'
      looked.known.set(row.ref, rejected('alternate_address', reason))
      return
    }
    looked.ids.set(row.ref, contact.id)
    // Taken off all the same, since the search lags; but then a late write of ours may not have arrived yet.
    if (contact.list_ids && !contact.list_ids.includes(listId)) looked.known.set(row.ref, absent)
    return
  }
  if (entry?.error && /not found/i.test(entry.error)) looked.known.set(row.ref, absent)
  else {
    const words = vendorWords(
      entry?.error ?? 'SendGrid did not say whether it knows this address.',
      personalValues(row),
    )
    looked.known.set(row.ref, rejected('search', words))
  }
}

const search = (rows: readonly Row[], byIdentifier: boolean) => {
  const addresses = rows.map((row) => row.identifier)
  return send({
    method: 'POST',
    path: byIdentifier ? '/v3/marketing/contacts/search/identifiers/email' : '/v3/marketing/contacts/search/emails',
    rate: 'contacts',
    body: { json: byIdentifier ? { identifiers: addresses } : { emails: addresses } },
    expect: [400, 404],
    reads: true,
  })
}

/**
 * Looks up contacts by address. 404: it knows none of them; 400: some address is invalid.
 * https://www.twilio.com/docs/sendgrid/api-reference/contacts/get-contacts-by-emails (checked 2026-11-21).
 */
function* lookUp(rows: readonly Row[], listId: string, looked: Looked): Talk<'done' | 'refused'> {
  const long = rows.filter((row) => row.identifier.length > longestSearchedEmail)
  const short = rows.filter((row) => row.identifier.length <= longestSearchedEmail)
  for (const [asked, byIdentifier] of [[short, false] as const, [long, true] as const]) {
    if (asked.length === 0) continue
    const reply: Reply = yield* search(asked, byIdentifier)
    if (reply.status === 400 && rows.length > 1) return 'refused'
    const [only] = asked
    if (reply.status === 400 && only !== undefined) {
      looked.known.set(
        only.ref,
        rejected('400', wordsIn(errorsIn(reply), personalValues(only)) || 'SendGrid gave no reason.'),
      )
      continue
    }
    // Only SendGrid's own words say that nobody is known; any other 404 is that of something in between.
    if (reply.status === 404 && errorsIn(reply).length === 0) {
      throw new Stop('unreadable', 'The search for contacts was answered with a 404 that is not SendGrid’s own.')
    }
    const result = reply.status === 404 ? undefined : reply.json(found).result
    const byAddress = new Map(Object.entries(result ?? {}).map(([address, entry]) => [address.toLowerCase(), entry]))
    for (const row of asked) {
      if (result === undefined) looked.known.set(row.ref, absent)
      else noteEntry(row, byAddress.get(row.identifier.toLowerCase()), listId, looked)
    }
  }
  return 'done'
}

/** Every row is given its fate by name. */
const allKnown = (known: ReadonlyMap<string, Fate>): Now =>
  each(rejected('search', 'SendGrid did not say whether it knows this address.'), known, 'ref')

const job = z.object({ job_id: z.string().min(1) })

/**
 * `DELETE /v3/marketing/lists/{id}/contacts`: membership only. It answers 404 when the list or any one contact is gone; then
 * the list is looked at, and everybody is looked up by address, since a kept id may be of a contact that was deleted and
 * made anew. https://www.twilio.com/docs/sendgrid/api-reference/lists/remove-contacts-from-a-list (checked 2026-11-21).
 */
export function* leave(rows: readonly Row[], at: At<'region', never>): Talk<Now | Later> {
  const listId = listIdOf(at.list.id)
  for (const trustKeptIds of [true, false]) {
    const looked: Looked = { ids: new Map(), known: new Map() }
    const unlooked: Row[] = []
    for (const row of rows) {
      if (trustKeptIds && row.remoteId !== undefined && isId(row.remoteId)) looked.ids.set(row.ref, row.remoteId)
      else unlooked.push(row)
    }
    const lookedUp = yield* lookUp(unlooked, listId, looked)
    if (lookedUp === 'refused') return split('SendGrid refuses to search for one of these addresses.')
    if (looked.ids.size === 0) return allKnown(looked.known)
    const reply = yield* send({
      method: 'DELETE',
      path: `/v3/marketing/lists/${listId}/contacts`,
      query: { contact_ids: [...new Set(looked.ids.values())].join(',') },
      rate: 'lists',
      expect: [404],
    })
    if (reply.status !== 404) {
      return { ...accepted(reply.json(job).job_id, new Set(looked.ids.values()).size), known: looked.known, by: 'ref' }
    }
    if (errorsIn(reply).length === 0) {
      throw new Stop('unreadable', 'A removal was answered with a 404 that is not SendGrid’s own.')
    }
    if ((yield* oneList(listId)) === undefined) {
      throw new Stop('list-missing', 'SendGrid does not know this list (any more).')
    }
  }
  if (rows.length > 1) return split('SendGrid does not know one of these contacts (any more).')
  return each(absent, new Map(), 'ref')
}
