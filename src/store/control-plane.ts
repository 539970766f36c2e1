/** Opens the control plane: its database, owned by this process alone, with the schema that this version knows. */
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { SundError } from '../errors.ts'
import { openDatabase } from './database.ts'
import { isDatabaseGone, placeOf } from './database-errors.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import type { Log } from './log.ts'
import { migrate } from './migrate.ts'
import { type Owner, type Ownership, takeOwnership } from './ownership.ts'
import type { Database } from './schema.ts'

export interface ControlPlane {
  readonly db: Kysely<Database>
  /** Holds the password: for connections, never for people. */
  readonly url: string
  /** Aborted when this process owns the control plane no more: stop all work, another process may do it now. */
  readonly lost: AbortSignal
  /** Ends the connections and, where it is embedded, the server. */
  close(): Promise<void>
}

export interface OpenControlPlane {
  /** The data folder; made when it does not exist. */
  readonly home: string
  /** A server of the user's own, in place of the embedded one. */
  readonly databaseUrl?: string
  readonly log: Log
}

interface Owned {
  readonly url: string
  readonly ownership: Ownership
  stop(): Promise<void>
}

const ATTEMPTS = 10

const nameOf = (owner: Owner | undefined): string => (owner === undefined ? '?' : String(owner.pid))

const ownEmbedded = async (home: string, log: Log): Promise<Owned> => {
  for (let attempt = 1; ; attempt++) {
    const { url, stop } = await startEmbeddedPostgres({ folder: join(home, 'postgres'), log })
    try {
      const ownership = await takeOwnership(url, log)
      if ('lost' in ownership) return { url, ownership, stop }
      // It is the other process that stops the server.
      throw new SundError('home.in_use', { folder: home, pid: nameOf(ownership.owner) })
    } catch (error) {
      // The owner before us stopped the server between our two steps.
      if (!isDatabaseGone(error) || attempt === ATTEMPTS) throw error
    }
  }
}

const ownServer = async (url: string, log: Log): Promise<Owned> => {
  const ownership = await takeOwnership(url, log)
  if ('lost' in ownership) return { url, ownership, stop: async () => {} }
  const { owner } = ownership
  throw new SundError('database.in_use', {
    where: placeOf(url),
    owner: owner === undefined ? '?' : `pid ${owner.pid}, ${owner.host}`,
  })
}

/**
 * Takes the control plane for this process and brings its schema up to date.
 * Throws SundError home.in_use, database.in_use, database.unreachable, database.newer, database.migration_changed,
 * home.unwritable, home.disk_full, postgres.missing, postgres.failed.
 */
export const openControlPlane = async ({ home, databaseUrl, log }: OpenControlPlane): Promise<ControlPlane> => {
  const owned = databaseUrl === undefined ? await ownEmbedded(home, log) : await ownServer(databaseUrl, log)
  const { url, ownership } = owned
  // The server ends while the lock is held: nobody else uses it meanwhile.
  const leave = (): Promise<void> => ownership.release(owned.stop)
  try {
    const done = await migrate(url)
    if (done.length > 0) log.info(`Brought the control plane up to date: ${done.join(', ')}.`)
  } catch (error) {
    await leave()
    throw error
  }
  const db = openDatabase(url, log)
  return {
    db,
    url,
    lost: ownership.lost,
    close: async () => {
      try {
        await db.destroy()
      } finally {
        await leave()
      }
    },
  }
}
