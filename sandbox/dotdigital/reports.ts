/** The reports of Dotdigital's imports: kept in pieces while an import is done, and sent piece by piece. */
import { type Database, integer, text } from '../frame/database.ts'
import type { Failure } from './contact.ts'

type Part = 'created' | 'updated' | 'failures'
const parts: readonly Part[] = ['created', 'updated', 'failures']

/** Entries of one piece of an import. */
export interface ReportParts {
  imported(part: 'created' | 'updated', email: string, contactId: number): void
  failed(email: string, failure: Failure): void
  keep(job: number): void
}

export interface Reports {
  parts(): ReportParts
}

export const keepReport = (db: Database): Reports => {
  const insert = db.prepare('INSERT INTO report (job, part, count, entries) VALUES (?, ?, ?, ?)')
  const countFailure = db.prepare('INSERT INTO failure (job, code, count) VALUES (?, ?, ?)')
  return {
    parts() {
      const entries: Record<Part, string[]> = { created: [], updated: [], failures: [] }
      const codes = new Map<string, number>()
      return {
        imported(part, email, contactId) {
          entries[part].push(JSON.stringify({ contactId, identifiers: { email } }))
        },
        failed(email, { code, description }) {
          codes.set(code, (codes.get(code) ?? 0) + 1)
          const failures = [{ failureCode: code, description }]
          entries.failures.push(JSON.stringify({ matchIdentifier: 'email', identifiers: { email }, failures }))
        },
        keep(job) {
          for (const part of parts) {
            if (entries[part].length > 0) insert.run(job, part, entries[part].length, entries[part].join(','))
          }
          for (const [code, count] of codes) countFailure.run(job, code, count)
        },
      }
    },
  }
}

/** Which number of the summary counts a failure. */
const countedAs = (code: string): 'globallySuppressed' | 'duplicateIdentifiers' | 'invalidEntries' => {
  if (/suppressed/i.test(code)) return 'globallySuppressed'
  return /duplicate/i.test(code) ? 'duplicateIdentifiers' : 'invalidEntries'
}

/** https://developer.dotdigital.com/reference/getimportstatus (checked 2026-11-21). */
export const reportOf = (db: Database, job: number, id: string): AsyncIterable<Uint8Array> => {
  const counts = db.prepare('SELECT coalesce(sum(count), 0) AS count FROM report WHERE job = ? AND part = ?')
  const failures = db.prepare('SELECT code, count FROM failure WHERE job = ?')
  const next = db.prepare('SELECT * FROM report WHERE job = ? AND part = ? AND number > ? ORDER BY number LIMIT 1')
  const countOf = (part: Part): number => {
    const row = counts.get(job, part)
    return row === undefined ? 0 : integer(row, 'count')
  }
  const summary = {
    newContacts: countOf('created'),
    updatedContacts: countOf('updated'),
    globallySuppressed: 0,
    invalidEntries: 0,
    duplicateIdentifiers: 0,
  }
  for (const row of failures.all(job)) summary[countedAs(text(row, 'code'))] += integer(row, 'count')

  function* written(): Generator<string> {
    const head = JSON.stringify({ importId: id, status: 'Finished', summary })
    yield head.slice(0, -1)
    for (const part of parts) {
      yield `,"${part}":[`
      let comma = ''
      for (let row = next.get(job, part, 0); row !== undefined; row = next.get(job, part, integer(row, 'number'))) {
        yield comma + text(row, 'entries')
        comma = ','
      }
      yield ']'
    }
    yield '}'
  }
  return (async function* () {
    for (const piece of written()) yield Buffer.from(piece)
  })()
}
