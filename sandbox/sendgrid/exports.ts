/**
 * SendGrid's export of contacts: asked for, written to files once due, fetched from the storage host.
 * https://www.twilio.com/docs/sendgrid/api-reference/contacts/export-contacts (checked 2026-11-21).
 */
import { randomUUID } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { csvRow } from '../frame/csv.ts'
import { bytes, integer, only, type Row, text, transaction } from '../frame/database.ts'
import { gzipped } from '../frame/unpack.ts'
import { type Answer, type Call, parseJson, type Route, type World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import { badJson, refusal } from './answers.ts'
import { textFieldNames } from './contact.ts'
import type { ContactStore } from './contact-store.ts'
import { signedUrl, storagePath, storageRefusals, unsigned } from './storage.ts'

/** Seconds until an export is ready. Assumed. */
const exportSeconds = { base: 30, perContact: 0.0001 }
/** How long its files can be fetched. Assumed; not divided by the pace. */
const fileDays = 3
const contactsPerPiece = 5000

const exportBody = z.object({
  list_ids: z.array(z.string()).nullish(),
  segment_ids: z.array(z.string()).nullish(),
  file_type: z.enum(['csv', 'json']).default('csv'),
  /** Of one file before it is packed, in MB. */
  max_file_size: z.number().int().positive().default(5000),
})

const path = '/v3/marketing/contacts/exports'

/** Columns of a CSV file. Their order and that they are in upper case is assumed. */
const columns = [
  'email',
  ...textFieldNames,
  'phone_number_id',
  'external_id',
  'anonymous_id',
  'created_at',
  'updated_at',
]
const csvHeader = csvRow([...columns, 'contact_id'].map((name) => name.toUpperCase()))

export interface ExportOptions {
  readonly contacts: ContactStore
  readonly lists: { number(id: string): number | undefined; all(): { readonly id: string; readonly name: string }[] }
  /** Does all jobs that are due. */
  settleJobs(now: number): void
}

export interface Exports {
  readonly routes: readonly GuardedRoute[]
  readonly storageRoutes: readonly Route[]
  /** Writes the exports that are due, each with what stood when it was. */
  settle(now: number): void
}

export const sendGridExports = (world: World, { contacts, lists, settleJobs }: ExportOptions): Exports => {
  const { db } = world
  const insert = db.prepare(
    'INSERT INTO export (id, lists, file_type, most_bytes, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const select = db.prepare('SELECT * FROM export WHERE id = ?')
  const selectAll = db.prepare('SELECT * FROM export ORDER BY number DESC')
  const nextDue = db.prepare('SELECT * FROM export WHERE files IS NULL AND due_at <= ? ORDER BY due_at, number LIMIT 1')
  const ready = db.prepare('UPDATE export SET contacts = ?, files = ? WHERE number = ?')
  const insertPiece = db.prepare('INSERT INTO export_piece (export, file, body) VALUES (?, ?, ?)')
  const nextPiece = db.prepare(
    'SELECT number, body FROM export_piece WHERE export = ? AND file = ? AND number > ? ORDER BY number LIMIT 1',
  )
  // Without a list: everybody.
  const selectPage = db.prepare(
    `SELECT contact.* FROM contact WHERE number > ?1 AND (json_array_length(?2) = 0 OR EXISTS (
       SELECT 1 FROM json_each(?2) AS wanted JOIN list ON list.id = wanted.value
       JOIN member ON member.list = list.number AND member.contact = contact.number
     )) ORDER BY number LIMIT ${contactsPerPiece}`,
  )
  const countMembers = db.prepare(
    `SELECT CASE json_array_length(?1) WHEN 0 THEN (SELECT count(*) FROM contact) ELSE (
       SELECT count(*) FROM json_each(?1) AS wanted JOIN list ON list.id = wanted.value
       JOIN member ON member.list = list.number
     ) END AS contacts`,
  )

  const expiryOf = (row: Row): number => integer(row, 'due_at') + fileDays * 86_400_000
  const time = (at: number): string => new Date(at).toISOString()
  const filePath = (id: string, file: number | string): string => `${storagePath}exports/${id}/${file}`

  const listsOf = (row: Row): string[] => z.array(z.string()).parse(JSON.parse(text(row, 'lists')))

  const shown = (row: Row) => {
    const id = text(row, 'id')
    const done = row.files !== null
    const urls = done
      ? Array.from({ length: integer(row, 'files') }, (_, file) =>
          signedUrl(world, filePath(id, file + 1), expiryOf(row)),
        )
      : []
    return {
      id,
      status: done ? 'ready' : 'pending',
      created_at: time(integer(row, 'created_at')),
      updated_at: time(done ? integer(row, 'due_at') : integer(row, 'created_at')),
      expires_at: time(expiryOf(row)),
      ...(done ? { completed_at: time(integer(row, 'due_at')), urls, contact_count: integer(row, 'contacts') } : {}),
      _metadata: { self: `${world.origin()}${path}/${id}` },
    }
  }

  const create = (call: Call): Answer => {
    const parsed = parseJson(call.body)
    if (parsed === undefined) return badJson()
    const body = exportBody.safeParse(parsed.value)
    if (!body.success) {
      const field = String(body.error.issues[0]?.path[0] ?? 'body')
      return refusal(400, { field, message: `${field} is not valid` })
    }
    const wanted = [...new Set(body.data.list_ids ?? [])]
    const missing = wanted.find((id) => lists.number(id) === undefined)
    if (missing !== undefined) return refusal(404, { field: 'list_ids', message: `list id '${missing}' not found` })
    // There are no segments in the sandbox.
    const [segment] = body.data.segment_ids ?? []
    if (segment !== undefined) return refusal(404, { field: 'segment_ids', message: `segment '${segment}' not found` })
    const id = randomUUID()
    const of = JSON.stringify(wanted)
    const size = integer(only(countMembers.get(of)), 'contacts')
    const due = Math.ceil(call.now + world.wait(exportSeconds.base + size * exportSeconds.perContact))
    insert.run(id, of, body.data.file_type, body.data.max_file_size * 1_000_000, Math.round(call.now), due)
    return { status: 202, json: { id, _metadata: { self: `${world.origin()}${path}/${id}` } } }
  }

  const status = (call: Call): Answer => {
    const row = select.get(call.params.id ?? '')
    if (row === undefined) return refusal(404, { field: 'id', message: 'export not found' })
    return { status: 200, json: shown(row) }
  }

  const all = (): Answer => {
    const names = new Map(lists.all().map(({ id, name }) => [id, name]))
    const result = selectAll.all().map((row) => ({
      ...shown(row),
      export_type: listsOf(row).length === 0 ? 'contacts_export' : 'list_export',
      lists: listsOf(row).map((ID) => ({ ID, Name: names.get(ID) ?? '' })),
      segments: [],
    }))
    return { status: 200, json: { result, _metadata: { self: `${world.origin()}${path}` } } }
  }

  const lineOf = (row: Row, csv: boolean): string => {
    const contact = contacts.show(row)
    if (!csv) return `${JSON.stringify(contact)}\n`
    return csvRow([...columns.map((name) => String(contact[name] ?? '')), text(row, 'id')])
  }

  /** Pages of contacts, in files of so many bytes at most, at least a page each. */
  const write = (due: Row): void => {
    const csv = text(due, 'file_type') === 'csv'
    const most = integer(due, 'most_bytes')
    let [file, size, count] = [1, 0, 0]
    const put = (content: string): void => {
      const body = Buffer.from(content)
      if (size > 0 && size + body.length > most) [file, size] = [file + 1, 0]
      const whole = size === 0 && csv ? Buffer.concat([Buffer.from(csvHeader), body]) : body
      size += whole.length
      insertPiece.run(integer(due, 'number'), file, gzipSync(whole, { level: 1 }))
    }
    let rows = selectPage.all(0, text(due, 'lists'))
    while (rows.length > 0) {
      put(rows.map((row) => lineOf(row, csv)).join(''))
      count += rows.length
      const last = rows.at(-1)
      rows = last === undefined ? [] : selectPage.all(integer(last, 'number'), text(due, 'lists'))
    }
    if (count === 0) put('')
    ready.run(count, file, integer(due, 'number'))
  }

  function* contents(row: Row, file: number): Generator<string> {
    const number = integer(row, 'number')
    let piece = nextPiece.get(number, file, 0)
    while (piece !== undefined) {
      yield gunzipSync(bytes(piece, 'body')).toString('utf8')
      piece = nextPiece.get(number, file, integer(piece, 'number'))
    }
  }

  const fetchFile = (call: Call): Answer => {
    const refused = unsigned(call)
    if (refused !== undefined) return refused
    const row = select.get(call.params.id ?? '')
    if (row === undefined) return storageRefusals.notFound(call)
    const pieces = gzipped(contents(row, Number(call.params.file)))
    return { status: 200, pieces, headers: { 'content-type': 'application/gzip' } }
  }

  return {
    routes: [
      { method: 'POST', path, bucket: 'lists', answer: create },
      { method: 'GET', path, bucket: 'lists', answer: all },
      { method: 'GET', path: `${path}/{id}`, bucket: 'lists', answer: status },
    ],
    storageRoutes: [{ method: 'GET', path: filePath('{id}', '{file}'), answer: fetchFile }],
    settle(now) {
      const moment = Math.floor(now)
      for (let due = nextDue.get(moment); due !== undefined; due = nextDue.get(moment)) {
        const row = due
        settleJobs(integer(row, 'due_at'))
        transaction(db, () => write(row))
      }
    },
  }
}
