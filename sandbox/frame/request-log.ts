/** What was asked of a simulator: every request, the records of every accepted write, every forbidden switch. */
import { z } from 'zod'
import { type Database, integer, only, type Row, text, textOrNull } from './database.ts'
import { type FaultKind, faultKinds } from './faults.ts'
import type { Answer, Delivered } from './vendor.ts'

export interface LoggedRequest {
  readonly id: number
  /** Milliseconds since the epoch, when the body had been received. */
  readonly at: number
  readonly method: string
  readonly path: string
  /** As the vendor meant it; 0 where it did nothing and did not answer. */
  readonly status: number
  readonly records: number
  readonly write: boolean
  /** What the fault script did to it. */
  readonly fault?: FaultKind
}

export interface Delivery {
  readonly requestId: number
  readonly listId: string
  readonly operation: 'add' | 'remove'
  readonly identifier: string
}

/** Identifiers of one delivery are kept as one JSON text: a row each would cost as much as applying them. */
export const logSchema = `
CREATE TABLE IF NOT EXISTS request (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL,
  records INTEGER NOT NULL, write INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS delivery (
  id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL, list_id TEXT NOT NULL,
  operation TEXT NOT NULL CHECK (operation IN ('add', 'remove')), identifiers TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS staged_delivery (
  id INTEGER PRIMARY KEY, upload TEXT NOT NULL, list_id TEXT NOT NULL, operation TEXT NOT NULL, identifiers TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS staged_delivery_upload ON staged_delivery (upload);
CREATE TABLE IF NOT EXISTS fault (request_id INTEGER PRIMARY KEY, kind TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS forbidden (id INTEGER PRIMARY KEY, request_id INTEGER NOT NULL, what TEXT NOT NULL) STRICT;
`

/** A part of something long: `from` is how many come before it. */
export interface Wanted {
  readonly from: number
  readonly size: number
}

export interface RequestPage {
  readonly total: number
  readonly requests: readonly LoggedRequest[]
}

export interface RequestLog {
  /** The highest request id so far, over all starts of this simulator. */
  lastId(): number
  add(request: LoggedRequest, answer: Pick<Answer, 'delivered' | 'staged'>, forbidden: string | undefined): void
  stage(upload: string, delivered: Delivered): void
  dropStaged(upload: string): void
  requests(): LoggedRequest[]
  /** The newest first; `total` counts all. */
  page(wanted: Wanted): RequestPage
  deliveries(): Iterable<Delivery>
  forbidden(): string[]
}

const identifierTexts = z.array(z.string())
const operations = z.enum(['add', 'remove'])
const faults = z.enum(faultKinds)

const everyRequest = 'SELECT request.*, kind FROM request LEFT JOIN fault ON fault.request_id = request.id'

const requestOf = (row: Row): LoggedRequest => {
  const kind = textOrNull(row, 'kind')
  return {
    id: integer(row, 'id'),
    at: integer(row, 'at'),
    method: text(row, 'method'),
    path: text(row, 'path'),
    status: integer(row, 'status'),
    records: integer(row, 'records'),
    write: integer(row, 'write') === 1,
    ...(kind === null ? {} : { fault: faults.parse(kind) }),
  }
}

/** With `keep` false only forbidden switches are remembered. */
export const requestLog = (db: Database, keep: boolean): RequestLog => {
  // Nothing that was staged belongs to an upload that can still become whole.
  db.exec('DELETE FROM staged_delivery')
  const last = db.prepare('SELECT coalesce(max(id), 0) AS id FROM request')
  const insert = db.prepare(
    'INSERT INTO request (id, at, method, path, status, records, write) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const insertDelivery = db.prepare(
    'INSERT INTO delivery (request_id, list_id, operation, identifiers) VALUES (?, ?, ?, ?)',
  )
  const insertStaged = db.prepare(
    'INSERT INTO staged_delivery (upload, list_id, operation, identifiers) VALUES (?, ?, ?, ?)',
  )
  const acceptStaged = db.prepare(
    `INSERT INTO delivery (request_id, list_id, operation, identifiers)
     SELECT ?, list_id, operation, identifiers FROM staged_delivery WHERE upload = ? ORDER BY id`,
  )
  const acceptRenamed = db.prepare(
    `INSERT INTO delivery (request_id, list_id, operation, identifiers)
     SELECT ?, names.value, operation, identifiers FROM staged_delivery JOIN json_each(?) AS names ON names.key = list_id
     WHERE upload = ? ORDER BY staged_delivery.id`,
  )
  const dropStaged = db.prepare('DELETE FROM staged_delivery WHERE upload = ?')
  const insertFault = db.prepare('INSERT INTO fault (request_id, kind) VALUES (?, ?)')
  const insertForbidden = db.prepare('INSERT INTO forbidden (request_id, what) VALUES (?, ?)')

  function* deliveries(): Iterable<Delivery> {
    // A page at a time: an open statement would stand in the way of writes between two steps of the caller.
    const page = db.prepare('SELECT * FROM delivery WHERE id > ? ORDER BY id LIMIT 1')
    for (let row = page.get(0); row !== undefined; row = page.get(integer(row, 'id'))) {
      const shared = {
        requestId: integer(row, 'request_id'),
        listId: text(row, 'list_id'),
        operation: operations.parse(text(row, 'operation')),
      }
      for (const identifier of identifierTexts.parse(JSON.parse(text(row, 'identifiers')))) {
        yield { ...shared, identifier }
      }
    }
  }

  return {
    lastId: () => integer(only(last.get()), 'id'),
    add({ id, at, method, path, status, records, write, fault }, { delivered = [], staged }, forbidden) {
      if (forbidden !== undefined) insertForbidden.run(id, forbidden)
      if (keep) {
        insert.run(id, Math.round(at), method, path, status, records, write ? 1 : 0)
        if (fault !== undefined) insertFault.run(id, fault)
        for (const { listId, operation, identifiers } of delivered) {
          insertDelivery.run(id, listId, operation, JSON.stringify(identifiers))
        }
      }
      if (staged === undefined) return
      if (keep && staged.listIds === undefined) acceptStaged.run(id, staged.upload)
      if (keep && staged.listIds !== undefined) acceptRenamed.run(id, JSON.stringify(staged.listIds), staged.upload)
      dropStaged.run(staged.upload)
    },
    stage(upload, { listId, operation, identifiers }) {
      if (keep) insertStaged.run(upload, listId, operation, JSON.stringify(identifiers))
    },
    dropStaged(upload) {
      dropStaged.run(upload)
    },
    requests: () => db.prepare(`${everyRequest} ORDER BY id`).all().map(requestOf),
    page: ({ from, size }) => ({
      total: integer(only(db.prepare('SELECT count(*) AS n FROM request').get()), 'n'),
      requests: db.prepare(`${everyRequest} ORDER BY id DESC LIMIT ? OFFSET ?`).all(size, from).map(requestOf),
    }),
    deliveries,
    forbidden: () =>
      db
        .prepare('SELECT what FROM forbidden ORDER BY id')
        .all()
        .map((row) => text(row, 'what')),
  }
}
