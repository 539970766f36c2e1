/** Bulk uploads as they stand: what their files asked for, done piece by piece, and the result rows that this leaves. */
import { z } from 'zod'
import { csvRow } from '../frame/csv.ts'
import { integer, only, type Row, text, transaction } from '../frame/database.ts'
import type { World } from '../frame/vendor.ts'
import type { DueWork, Work } from '../frame/work.ts'
import type { Audiences } from './audiences.ts'
import type { Entry, ListRow } from './bulk-file.ts'
import { nameOf } from './faults.ts'

/** Seconds in the queue, assumed; seconds for 10,000 rows, as the vendor says to wait before the first look. */
const queueSeconds = 5
const secondsPer10K = 60

/** A list of a file once it is known which one it is; `id` is null where there is none. */
const boundList = z.object({
  id: z.string().nullable(),
  fileId: z.string(),
  clientId: z.string(),
  name: z.string(),
  action: z.enum(['add', 'remove']),
  code: z.number(),
})
export type BoundList = z.infer<typeof boundList>
const boundLists = z.array(boundList)

const isEntries = (value: unknown): value is readonly Entry[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'object' && entry !== null && 'kind' in entry)

const columns = [
  'Type',
  'Status',
  'Id',
  'Parent Id',
  'Client Id',
  'Modified Time',
  'Name',
  'Description',
  'Scope',
  'Audience',
  'Action Type',
  'Sub Type',
  'Text',
  'Error',
  'Error Number',
] as const
type Cells = Readonly<Partial<Record<(typeof columns)[number], string>>>

export interface Uploads {
  find(id: string): Row | undefined
  /** Uploads whose file is in process. */
  busy(now: number): number
  /** Makes the file's new lists, and schedules its pieces; gives the ids of its lists by their place. */
  take(
    upload: Row,
    staged: string,
    rows: number,
    lists: readonly ListRow[],
    extension: string,
    now: number,
  ): BoundList[]
  /** The file cannot be used. */
  refuse(upload: Row, verdict: 'no version' | 'format' | 'rows', now: number): void
  percent(upload: Row): number
  /** The result file, from its header on. */
  results(upload: Row): Generator<string>
  settle(now: number): void
}

export const bulkUploads = (
  world: World,
  audiences: Audiences,
  work: Work,
  refuses: (hash: string) => boolean = () => false,
): Uploads => {
  const { db } = world
  const select = db.prepare('SELECT * FROM upload WHERE id = ?')
  const selectNumber = db.prepare('SELECT * FROM upload WHERE number = ?')
  const selectBusy = db.prepare("SELECT * FROM upload WHERE done_at > ? AND verdict = 'taken'")
  const taken = db.prepare(
    'UPDATE upload SET verdict = ?, extension = ?, lists = ?, rows = ?, starts_at = ?, done_at = ? WHERE number = ?',
  )
  const erred = db.prepare('UPDATE upload SET errored = errored + ? WHERE number = ?')
  const insertResult = db.prepare('INSERT INTO upload_result (upload, rows) VALUES (?, ?)')
  const nextResult = db.prepare(
    'SELECT number, rows FROM upload_result WHERE upload = ? AND number > ? ORDER BY number LIMIT 1',
  )
  const add = db.prepare(
    `INSERT INTO member (audience, hash, added_at) VALUES (?, ?, ?)
     ON CONFLICT (audience, hash) DO UPDATE SET added_at = excluded.added_at`,
  )
  const remove = db.prepare('DELETE FROM member WHERE audience = ? AND hash = ?')

  const listsOf = (row: Row): BoundList[] => boundLists.parse(JSON.parse(text(row, 'lists')))
  const busy = (now: number): Row[] => selectBusy.all(Math.floor(now))

  const bind = (row: ListRow): BoundList => {
    const shared = { fileId: row.id, clientId: row.clientId, name: row.name, action: row.action }
    if (row.code !== 0) return { ...shared, id: null, code: row.code }
    if (row.id !== '' && !row.id.startsWith('-')) {
      return audiences.find(row.id) === undefined
        ? { ...shared, id: null, code: 4835 }
        : { ...shared, id: row.id, code: 0 }
    }
    const made = audiences.create({
      Type: 'CustomerList',
      Name: row.name,
      Description: row.description === '' ? null : row.description,
      MembershipDuration: row.duration === '' ? null : Number(row.duration),
      Scope: row.scope,
      ParentId: row.parentId === '' ? audiences.parentOf(row.scope) : row.parentId,
    })
    return typeof made === 'string' ? { ...shared, id: made, code: 0 } : { ...shared, id: null, code: made }
  }

  /**
   * Files are done side by side, but an addition and a removal on one list in the order they came: whatever the pace,
   * the list ends as if they had been done one after another. Assumed.
   */
  const notBefore = (lists: readonly BoundList[], now: number): number => {
    const crosses = (other: BoundList): boolean =>
      lists.some(({ id, action }) => id !== null && id === other.id && action !== other.action)
    const ends = busy(now).filter((row) => listsOf(row).some(crosses))
    return Math.max(0, ...ends.map((row) => integer(row, 'done_at')))
  }

  const resultRow = (cells: Cells, extension: string): string =>
    csvRow(
      columns.map((column) => cells[column] ?? ''),
      extension === 'tsv' ? '\t' : ',',
    )

  const entryCells = (entry: Entry, lists: readonly BoundList[]): { readonly cells: Cells; readonly code: number } => {
    if (entry.kind === 'other') return { code: 4203, cells: { Type: entry.type, 'Client Id': entry.clientId } }
    const list = lists[entry.list]
    if (entry.kind === 'list') {
      const cells = {
        Type: 'Customer List',
        Id: list?.id ?? list?.fileId ?? '',
        'Client Id': list?.clientId ?? '',
        Audience: list?.name ?? '',
      }
      return { code: list?.code ?? 0, cells }
    }
    const cells = {
      Type: 'Customer List Item',
      'Parent Id': list?.id ?? entry.parentId,
      'Client Id': entry.clientId,
      'Sub Type': entry.subType,
      Text: entry.text,
    }
    if (entry.code !== 0) return { code: entry.code, cells }
    if (list?.action === 'add' && refuses(entry.text)) return { code: 8004, cells }
    // Terms are said of the items too; any other fault of their list leaves them without one.
    if (list?.code === 8003) return { code: 8003, cells }
    const there = list?.id !== undefined && list.id !== null && audiences.find(list.id) !== undefined
    return { code: there ? 0 : 8000, cells }
  }

  const apply = (due: DueWork): void => {
    const upload = only(selectNumber.get(due.job))
    if (!isEntries(due.body)) throw new Error("The sandbox's own file has a bulk upload that cannot be read.")
    const lists = listsOf(upload)
    const extension = text(upload, 'extension')
    const all = text(upload, 'mode') === 'ErrorsAndResults'
    const numbers = lists.map(({ id }) => {
      const row = id === null ? undefined : audiences.find(id)
      return row === undefined ? undefined : integer(row, 'number')
    })
    let errored = 0
    const rows: string[] = []
    for (const entry of due.body) {
      const { cells, code } = entryCells(entry, lists)
      if (code !== 0) {
        errored++
        rows.push(
          resultRow(
            { ...cells, Type: `${cells.Type} Error`, Error: nameOf(code), 'Error Number': String(code) },
            extension,
          ),
        )
        continue
      }
      if (all) rows.push(resultRow({ ...cells, ...(entry.kind === 'list' ? { Status: 'Active' } : {}) }, extension))
      const number = entry.kind === 'item' ? numbers[entry.list] : undefined
      if (entry.kind !== 'item' || number === undefined) continue
      if (lists[entry.list]?.action === 'add') add.run(number, entry.text, due.dueAt)
      else remove.run(number, entry.text)
    }
    if (rows.length > 0) insertResult.run(due.job, rows.join(''))
    erred.run(errored, due.job)
  }

  const start = (now: number): number => Math.ceil(now + world.wait(queueSeconds))

  return {
    find: (id) => select.get(id),
    busy: (now) => busy(now).length,
    take(upload, staged, rows, listRows, extension, now) {
      const lists = listRows.map(bind)
      const startsAt = Math.max(start(now), notBefore(lists, now))
      const doneAt = (done: number): number => Math.ceil(startsAt + world.wait((done / 10_000) * secondsPer10K))
      const number = integer(upload, 'number')
      work.schedule(number, staged, doneAt)
      taken.run('taken', extension, JSON.stringify(lists), rows, startsAt, doneAt(rows), number)
      return lists
    },
    refuse(upload, verdict, now) {
      taken.run(verdict, null, null, null, start(now), start(now), integer(upload, 'number'))
    },
    percent(upload) {
      const rows = integer(upload, 'rows')
      return rows === 0 ? 0 : Math.floor((100 * (rows - work.left(integer(upload, 'number')))) / rows)
    },
    *results(upload) {
      const extension = text(upload, 'extension')
      yield `\uFEFF${csvRow(columns, extension === 'tsv' ? '\t' : ',')}`
      yield resultRow({ Type: 'Format Version', Name: '6.0' }, extension)
      const number = integer(upload, 'number')
      let row = nextResult.get(number, 0)
      while (row !== undefined) {
        yield text(row, 'rows')
        row = nextResult.get(number, integer(row, 'number'))
      }
    },
    settle(now) {
      work.settle(now, (due, done) =>
        transaction(db, () => {
          apply(due)
          done()
        }),
      )
    },
  }
}
