/** Puts people into a Dotdigital address book: an import that upserts, accepted at once and done later. */
import { z } from 'zod'
import {
  type Later,
  type Now,
  type Person,
  type Reply,
  type Row,
  Stop,
  scan,
  send,
  type Talk,
} from '../../destination-kit/kit.ts'
import {
  each,
  jsonRows,
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
import { fieldValue } from './fields.ts'
import { ImportReport } from './import-report.ts'

/**
 * A contact by its address. Neither a status nor an opt-in type is ever sent: who has said no stays so, and nobody is
 * asked for consent again.
 */
export const contact = ({ identifier, fields }: Person, { list, kinds }: DotdigitalAt): string => {
  const values = Object.entries(fields).map(
    ([name, value]) => `${JSON.stringify(name)}:${fieldValue(value, kinds?.[name])}`,
  )
  const dataFields = values.length === 0 ? '' : `,"dataFields":{${values.join(',')}}`
  const email = JSON.stringify(identifier)
  return `{"matchIdentifier":"email","identifiers":{"email":${email}}${dataFields},"lists":[${bookIdOf(list.id)}]}`
}

// The vendor's SDK also knows an id that stands alone.
const acceptedShape = z.union([
  z.object({ importId: z.string().min(1) }).transform(({ importId }) => importId),
  z.string().min(1),
])
const kept = z.object({ id: z.string().min(1), sent: z.number().int().positive() })
type Kept = z.infer<typeof kept>

const lookAgain = (job: Kept): Later => pending(JSON.stringify(job))

/** A refusal of the whole call may be about one record, which halving finds, or about the address book. */
function* refused(reply: Reply, rows: readonly Row[], at: DotdigitalAt): Talk<Now> {
  const error = errorIn(reply)
  if (error?.code === 'contacts:badJson') {
    throw new Stop('bad-request', `Dotdigital could not read the call: ${vendorWords(error.words)}`)
  }
  if ((yield* oneBook(at.list.id, at)) === undefined) throw bookMissing()
  const [last] = rows
  if (last === undefined || rows.length > 1) return split('Dotdigital refused the call without naming a record.')
  const words = vendorWords(error?.words ?? '', personalValues(last)) || 'Dotdigital gave no reason.'
  return each(rejected(error?.code || '400', words))
}

/**
 * `PUT /contacts/v3/import`: an upsert, so sending it again does no harm.
 * https://developer.dotdigital.com/reference/importcontacts-1 (checked 2026-11-21).
 */
export function* importPeople(rows: readonly Row[], at: DotdigitalAt): Talk<Now | Later> {
  const reply = yield* send({
    method: 'PUT',
    path: inRegion(at, '/contacts/v3/import'),
    rate: 'low',
    body: jsonRows('{"mergeOption":"overwrite","contacts":[', rows, ']}'),
    expect: [400],
  })
  if (reply.status === 400) return yield* refused(reply, rows, at)
  return lookAgain({ id: reply.json(acceptedShape), sent: rows.length })
}

const stateShape = z.object({
  status: z.string(),
  created: z.array(z.unknown()).nullish(),
  updated: z.array(z.unknown()).nullish(),
  failures: z.array(z.unknown()).nullish(),
})

const failedStates = new Set(['failed', 'invalidfileformat', 'unknown', 'notavailableinthisversion'])

/**
 * What the status says where the report does not account for everybody. One that we do not know keeps waiting. Of an
 * import that failed nothing says whether it had begun, so its people may be there.
 */
function* byStatus(job: Kept, path: string, read: number): Talk<Now | Later> {
  const reply = yield* send({ method: 'GET', path, rate: 'polls', expect: [404] })
  if (reply.status === 404) return lookAgain(job)
  const { status, created, updated, failures } = reply.json(stateShape)
  const state = status.toLowerCase()
  const named = (created?.length ?? 0) + (updated?.length ?? 0) + (failures?.length ?? 0)
  switch (state) {
    case 'finished':
      // It came to its end between the two looks.
      if (named > read) return lookAgain(job)
      return each(unknown('Dotdigital’s report of the import does not name this record.'))
    case 'rejectedbywatchdog':
      return each(
        rejected(
          status,
          'Dotdigital’s Watchdog rejected the import that held this record. Ask Dotdigital to allow it.',
        ),
      )
    case 'exceedsallowedcontactlimit':
      throw new Stop('quota', 'The import would take the Dotdigital account beyond the contacts that its plan allows.')
  }
  return failedStates.has(state)
    ? each(unknown('Dotdigital could not finish the import that held this record.'))
    : lookAgain(job)
}

/**
 * One look at an import. Its report names everybody and is read person by person; only who is named in it counts as
 * imported. https://developer.dotdigital.com/reference/getimportstatus (checked 2026-11-21).
 */
export function* lookAtImport(job: string, at: DotdigitalAt): Talk<Now | Later> {
  const known = readJson(job, kept)
  if (known === undefined) throw new Stop('unreadable', 'The kept import of Dotdigital cannot be read.')
  const path = inRegion(at, `/contacts/v3/import/${encodeURIComponent(known.id)}`)
  const report = new ImportReport()
  const { status, scanned } = yield* scan({ method: 'GET', path, rate: 'polls', expect: [404] }, report.reader)
  // Not known (yet): it may be told of later.
  if (status === 404 || scanned === undefined) return lookAgain(known)
  if (report.bookRefused) throw bookMissing()
  if (scanned.whole && scanned.marked === known.sent && report.nameless === 0 && scanned.strangers === 0) {
    return each(unknown('Dotdigital’s report of the import does not name this record.'))
  }
  return yield* byStatus(known, path, scanned.items)
}
