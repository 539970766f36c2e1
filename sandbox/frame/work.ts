/** Work that was accepted and is done later: kept in pieces, done in the order of its due times, each piece once. */
import { type Database, integer, only, text } from './database.ts'

/** A piece is due at `due_at`; pieces without work belong to an upload that is not whole yet. */
export const workSchema = `
CREATE TABLE IF NOT EXISTS piece (
  number INTEGER PRIMARY KEY AUTOINCREMENT, upload TEXT NOT NULL, records INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS piece_upload ON piece (upload);
CREATE TABLE IF NOT EXISTS work (
  number INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL, due_at INTEGER NOT NULL, piece INTEGER NOT NULL UNIQUE
) STRICT;
CREATE INDEX IF NOT EXISTS work_due ON work (due_at, number);
CREATE INDEX IF NOT EXISTS work_job ON work (job);
`

export interface Work {
  /** Keeps a piece of an upload. */
  stage(upload: string, records: number, body: unknown): void
  /** Throws away the pieces of an upload that were not scheduled. */
  drop(upload: string): void
  /** Makes an upload's pieces work of a job; `dueAt` is asked for the moment when so many records of it are done. */
  schedule(job: number, upload: string, dueAt: (records: number) => number): void
  /** Throws away what is left of a job. */
  cancel(job: number): void
  /** When the last of a job's work, or of all work, is due; 0 where there is none. */
  lastDue(job?: number): number
  /** Records of a job that are still to be done. */
  left(job: number): number
  /** Does what is due, piece by piece; `one` does its piece and calls `done` in the same transaction. */
  settle(now: number, one: (due: DueWork, done: () => void) => void): void
}

export interface DueWork {
  readonly job: number
  readonly dueAt: number
  readonly records: number
  readonly body: unknown
}

export const startWork = (db: Database): Work => {
  // A body that was cut by the end of the process never becomes whole.
  db.exec('DELETE FROM piece WHERE number NOT IN (SELECT piece FROM work)')
  const stage = db.prepare('INSERT INTO piece (upload, records, body) VALUES (?, ?, ?)')
  const drop = db.prepare('DELETE FROM piece WHERE upload = ? AND number NOT IN (SELECT piece FROM work)')
  const staged = db.prepare('SELECT number, records FROM piece WHERE upload = ? ORDER BY number')
  const schedule = db.prepare('INSERT INTO work (job, due_at, piece) VALUES (?, ?, ?)')
  const dropPieces = db.prepare('DELETE FROM piece WHERE number IN (SELECT piece FROM work WHERE job = ?)')
  const dropWork = db.prepare('DELETE FROM work WHERE job = ?')
  const last = db.prepare('SELECT coalesce(max(due_at), 0) AS at FROM work')
  const lastOfJob = db.prepare('SELECT coalesce(max(due_at), 0) AS at FROM work WHERE job = ?')
  const left = db.prepare(
    'SELECT coalesce(sum(records), 0) AS records FROM work JOIN piece ON piece.number = work.piece WHERE job = ?',
  )
  const nextDue = db.prepare(
    `SELECT work.number, job, due_at, piece, records, body FROM work JOIN piece ON piece.number = work.piece
     WHERE due_at <= ? ORDER BY due_at, work.number LIMIT 1`,
  )
  const doneWork = db.prepare('DELETE FROM work WHERE number = ?')
  const donePiece = db.prepare('DELETE FROM piece WHERE number = ?')
  return {
    stage(upload, records, body) {
      stage.run(upload, records, JSON.stringify(body))
    },
    drop(upload) {
      drop.run(upload)
    },
    schedule(job, upload, dueAt) {
      let records = 0
      for (const row of staged.all(upload)) {
        records += integer(row, 'records')
        schedule.run(job, Math.ceil(dueAt(records)), integer(row, 'number'))
      }
    },
    cancel(job) {
      dropPieces.run(job)
      dropWork.run(job)
    },
    lastDue: (job) => integer(only(job === undefined ? last.get() : lastOfJob.get(job)), 'at'),
    left: (job) => integer(only(left.get(job)), 'records'),
    settle(now, one) {
      const moment = Math.floor(now)
      for (let row = nextDue.get(moment); row !== undefined; row = nextDue.get(moment)) {
        const [work, piece] = [integer(row, 'number'), integer(row, 'piece')]
        const body: unknown = JSON.parse(text(row, 'body'))
        one({ job: integer(row, 'job'), dueAt: integer(row, 'due_at'), records: integer(row, 'records'), body }, () => {
          doneWork.run(work)
          donePiece.run(piece)
        })
      }
    },
  }
}
