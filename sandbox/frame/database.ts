/** The SQLite file of one vendor, and typed reading of its rows. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'

export type Database = DatabaseSync
export type Row = Readonly<Record<string, SQLOutputValue>>

/**
 * Opens the file, making it and its tables where they are missing. The file is held exclusively: two simulators on one
 * file would each answer from half of the state. Synchronous NORMAL survives the end of the process, however it ends.
 */
export const openDatabase = (file: string, schema: string): Database => {
  mkdirSync(dirname(file), { recursive: true })
  const db = new DatabaseSync(file)
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;')
    db.exec('PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;')
    db.exec(schema)
    return db
  } catch (error) {
    db.close()
    if (error instanceof Error && error.message.includes('locked')) {
      throw new Error(`${file} is in use by another sandbox. Stop that one, or choose another folder with --home.`)
    }
    throw error
  }
}

/** All or nothing. Not to be nested. */
export const transaction = <T>(db: Database, work: () => T): T => {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

const wrong = (column: string): Error => new Error(`The sandbox's own file has no usable value in column ${column}.`)

export const text = (row: Row, column: string): string => {
  const value = row[column]
  if (typeof value !== 'string') throw wrong(column)
  return value
}

export const textOrNull = (row: Row, column: string): string | null => {
  const value = row[column]
  if (value === null || typeof value === 'string') return value
  throw wrong(column)
}

export const integer = (row: Row, column: string): number => {
  const value = row[column]
  if (typeof value !== 'number') throw wrong(column)
  return value
}

export const bytes = (row: Row, column: string): Uint8Array => {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw wrong(column)
  return value
}

/** For queries that always give one row. */
export const only = (row: Row | undefined): Row => {
  if (row === undefined) throw new Error('The sandbox expected a row and found none.')
  return row
}
