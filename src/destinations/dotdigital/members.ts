/** Takes people off one Dotdigital address book. The contacts, their status and their other address books are left alone. */
import { z } from 'zod'
import {
  type Fate,
  type Later,
  type Now,
  type Reply,
  type Row,
  Stop,
  send,
  type Talk,
} from '../../destination-kit/kit.ts'
import {
  absent,
  applied,
  each,
  pending,
  personalValues,
  readJson,
  rejected,
  split,
  unknown,
  vendorWords,
} from '../../destination-kit/words.ts'
import { bookIdOf, oneBook } from './address-books.ts'
import { bookMissing, errorIn } from './answers.ts'
import { type DotdigitalAt, inRegion } from './api.ts'

const isContactId = (text: string): boolean => /^[1-9]\d{0,14}$/.test(text)

const found = z.object({
  contactId: z.number().int().positive(),
  identifiers: z.object({ email: z.string().nullish() }),
  lists: z.array(z.object({ id: z.number() })).nullish(),
})

/** Whom to take off, by row ref: their contact ids, and what is already known of a row. */
interface Looked {
  readonly ids: Map<string, number>
  readonly known: Map<string, Fate>
}

/** `maxLength` of the value in `GET /contacts/v3/{identifier}/{value}`, in the vendor's OpenAPI document of contacts (checked 2026-11-22). */
const longestLookedUp = 256

/** Looks one contact up by its address; the vendor has no call for several. */
function* lookUp(row: Row, at: DotdigitalAt, { ids, known }: Looked): Talk<void> {
  if (row.identifier.length > longestLookedUp) {
    known.set(
      row.ref,
      rejected('address_too_long', `Dotdigital looks up no address of more than ${longestLookedUp} characters.`),
    )
    return
  }
  const reply = yield* send({
    method: 'GET',
    path: inRegion(at, `/contacts/v3/email/${encodeURIComponent(row.identifier)}`),
    rate: 'high',
    expect: [400, 404],
  })
  if (reply.status >= 400) {
    const error = errorIn(reply)
    if (reply.status === 404 && error?.code === 'contacts:contactNotFound') known.set(row.ref, absent)
    else if (reply.status === 404) {
      throw new Stop('unreadable', 'The look-up of a contact was answered with a 404 that is not Dotdigital’s own.')
    } else {
      const words = vendorWords(error?.words ?? '', personalValues(row)) || 'Dotdigital gave no reason.'
      known.set(row.ref, rejected(error?.code || '400', words))
    }
    return
  }
  const { contactId, identifiers, lists } = reply.json(found)
  if (identifiers.email?.trim().toLowerCase() !== row.identifier.toLowerCase()) {
    throw new Stop('unreadable', 'Dotdigital gave another contact than the one that was looked up.')
  }
  ids.set(row.ref, contactId)
  // Taken off all the same, since the look-up may lag; but then a late write of ours may not have arrived yet.
  if (lists && !lists.some(({ id }) => String(id) === at.list.id)) known.set(row.ref, absent)
}

/** The vendor's example spells the names with capitals, its specification without. */
const jobShape = z
  .record(z.string(), z.unknown())
  .transform((job) => Object.fromEntries(Object.entries(job).map(([name, value]) => [name.toLowerCase(), value])))
  .pipe(z.object({ id: z.string().min(1), status: z.string() }))

const kept = z.object({ id: z.string().min(1) })

/**
 * `POST /v2/address-books/{id}/contacts/delete`: membership only; who is not on it is passed over. Sending it again does
 * no harm. https://developer.dotdigital.com/reference/delete-contacts-from-address-book (checked 2026-11-21).
 */
export function* leave(rows: readonly Row[], at: DotdigitalAt): Talk<Now | Later> {
  const book = bookIdOf(at.list.id)
  const looked: Looked = { ids: new Map(), known: new Map() }
  for (const row of rows) {
    if (row.remoteId !== undefined && isContactId(row.remoteId)) looked.ids.set(row.ref, Number(row.remoteId))
    else yield* lookUp(row, at, looked)
  }
  if (looked.ids.size === 0) {
    return each(rejected('look-up', 'Dotdigital did not say whether it knows this address.'), looked.known, 'ref')
  }
  const reply: Reply = yield* send({
    method: 'POST',
    path: inRegion(at, `/v2/address-books/${book}/contacts/delete`),
    rate: 'low',
    body: { json: [...new Set(looked.ids.values())] },
    expect: [400, 404],
  })
  if (reply.status >= 400) return yield* refused(reply, rows, at)
  const { id } = reply.json(jobShape)
  return pending(JSON.stringify({ id }), { known: looked.known, by: 'ref' })
}

function* refused(reply: Reply, rows: readonly Row[], at: DotdigitalAt): Talk<Now> {
  if ((yield* oneBook(at.list.id, at)) === undefined) throw bookMissing()
  const [last] = rows
  if (last === undefined || rows.length > 1) return split('Dotdigital refused to take these contacts off.')
  const error = errorIn(reply)
  const words = vendorWords(error?.words ?? '', personalValues(last)) || 'Dotdigital gave no reason.'
  return each(rejected(error?.code || String(reply.status), words))
}

/** One look at a removal. It tells nothing of single contacts: of one that failed, some may have been taken off. */
export function* lookAtRemoval(job: string, at: DotdigitalAt): Talk<Now | Later> {
  const known = readJson(job, kept)
  if (known === undefined) throw new Stop('unreadable', 'The kept removal of Dotdigital cannot be read.')
  const reply = yield* send({
    method: 'GET',
    path: inRegion(at, `/v2/contacts/deletion/${encodeURIComponent(known.id)}`),
    rate: 'polls',
    expect: [404],
  })
  if (reply.status === 404) return pending(job)
  const { status } = reply.json(jobShape)
  switch (status.toLowerCase()) {
    case 'completed':
      return each(applied)
    case 'failed':
      return each(unknown('Dotdigital could not finish the removal that held this record.'))
  }
  return pending(job)
}
