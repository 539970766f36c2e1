/** The pool of connections behind Kysely, which explains the failures a person must act on. */
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely'
import { Pool, type PoolClient } from 'pg'
import { explained, isDatabaseGone } from './database-errors.ts'
import type { Log } from './log.ts'
import type { Database } from './schema.ts'

/** Enough for the slots of several runs, since each statement is short. */
const CONNECTIONS = 10

/**
 * The client as it is, save that a query explains its error on the way out, and that a connection which is going away
 * is not given back to the pool: the next query would meet its end.
 */
const explainingClient = (client: PoolClient, url: string): PoolClient => {
  let gone = false
  const query = async (...words: unknown[]): Promise<unknown> => {
    try {
      return await Reflect.apply(client.query, client, words)
    } catch (error) {
      const told = explained(error, url)
      gone ||= isDatabaseGone(told)
      throw told
    }
  }
  const release = (discard?: boolean): void => client.release(discard === true || gone)
  return new Proxy(client, {
    get: (target, property) => {
      if (property === 'query') return query
      if (property === 'release') return release
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

const explaining = (pool: Pool, url: string): PostgresPool => ({
  options: pool.options,
  end: () => pool.end(),
  connect: async (): Promise<PostgresPoolClient> => {
    try {
      return explainingClient(await pool.connect(), url)
    } catch (error) {
      throw explained(error, url)
    }
  },
})

/** Opens nothing yet: the first query connects. `destroy()` ends it. */
export const openDatabase = (url: string, log: Log): Kysely<Database> => {
  const pool = new Pool({
    connectionString: url,
    application_name: 'sund',
    max: CONNECTIONS,
    connectionTimeoutMillis: 30_000,
    keepAlive: true,
  })
  // An idle connection that breaks says so here; the next query opens another.
  pool.on('error', (error) => log.warn(`A connection to the control plane broke: ${error.message}.`))
  // One that breaks between two statements of a transaction says so only here, and unheard it would end the process;
  // the next statement fails and is explained.
  pool.on('connect', (client) => client.on('error', () => {}))
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: explaining(pool, url) }) })
}
