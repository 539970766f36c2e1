/** One Sund per control plane: a lock that the database holds for a connection, so it is free when its process is gone. */
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { z } from 'zod'
import { explained } from './database-errors.ts'
import type { Log } from './log.ts'

export interface Owner {
  readonly host: string
  readonly pid: number
}

export interface Ownership {
  /** Aborted when the lock was lost and could not be taken again: another process may work now, so this one must not. */
  readonly lost: AbortSignal
  /** Runs `last`, with the lock still held, then gives it up. */
  release(last?: () => Promise<void>): Promise<void>
}

/** Any number that nobody else on this database uses: "SUND" in ASCII. */
const LOCK = 0x53_55_4e_44
const OWNER = /^sund owner (\d+) (.*)$/
/** A killed owner's connection takes a moment to go. */
const TAKE_MS = 2_000
const TRY_MS = 50

const taken = z.object({ rows: z.tuple([z.object({ taken: z.boolean() })]) })
const owners = z.object({ rows: z.array(z.object({ application_name: z.string().nullable() })) })

const tryLock = async (client: Client): Promise<boolean> =>
  taken.parse(await client.query('select pg_try_advisory_lock($1::bigint) as taken', [LOCK])).rows[0].taken

/** The lock's holder names itself in its connection, so no file about it can be out of date. */
const ownerOf = async (client: Client): Promise<Owner | undefined> => {
  const { rows } = owners.parse(
    await client.query(
      `select application_name from pg_locks join pg_stat_activity using (pid)
        where locktype = 'advisory' and granted and classid = 0 and objid = $1::bigint::oid and objsubid = 1
          and pg_locks.database = (select oid from pg_database where datname = current_database())`,
      [LOCK],
    ),
  )
  const match = OWNER.exec(rows[0]?.application_name ?? '')
  return match?.[1] === undefined || match[2] === undefined ? undefined : { pid: Number(match[1]), host: match[2] }
}

type Attempt = { readonly client: Client } | { readonly owner: Owner | undefined }

/** A name in PostgreSQL is at most 63 bytes; the pid comes first so that it is never cut off. */
const ownName = (): string => `sund owner ${process.pid} ${hostname()}`.slice(0, 63)

const attempt = async (url: string, forMs: number): Promise<Attempt> => {
  const client = new Client({
    connectionString: url,
    application_name: ownName(),
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const deadline = performance.now() + forMs
    for (;;) {
      if (await tryLock(client)) return { client }
      if (performance.now() > deadline) break
      await sleep(TRY_MS)
    }
    const owner = await ownerOf(client)
    await client.end()
    return { owner }
  } catch (error) {
    await client.end().catch(() => {})
    throw explained(error, url)
  }
}

const takeAgain = async (url: string): Promise<Client | undefined> => {
  const deadline = performance.now() + TAKE_MS
  while (performance.now() < deadline) {
    try {
      const again = await attempt(url, 0)
      if ('client' in again) return again.client
    } catch {
      // The server may be starting again; the deadline ends this.
    }
    await sleep(TRY_MS)
  }
  return undefined
}

/** Takes the lock, or says who holds it. Throws SundError database.unreachable. */
export const takeOwnership = async (
  url: string,
  log: Log,
): Promise<Ownership | { readonly owner: Owner | undefined }> => {
  const first = await attempt(url, TAKE_MS)
  if (!('client' in first)) return first
  const lost = new AbortController()
  let released = false
  let held = first.client

  const watch = (client: Client): void => {
    client.once('end', () => {
      if (released) return
      log.warn('The connection that holds the lock of this control plane broke; taking it again.')
      void takeAgain(url).then(async (again) => {
        if (again === undefined) return lost.abort(new Error('The lock of this control plane is lost.'))
        if (released) return again.end()
        held = again
        watch(again)
      })
    })
  }
  watch(held)

  return {
    lost: lost.signal,
    release: async (last) => {
      released = true
      try {
        await last?.()
      } finally {
        await held.end().catch(() => {})
      }
    },
  }
}
