/** Connections: a destination with its settings and its sealed secrets, which only the vault opens. */
import { type Kysely, type Selectable, sql } from 'kysely'
import { SundError } from '../errors.ts'
import type { Vault } from '../vault/vault.ts'
import { count, json, present, type Texts, texts } from './columns.ts'
import { isForeignKeyViolation, isUniqueViolation } from './error-codes.ts'
import { type Precondition, unconditional } from './precondition.ts'
import type { Reads } from './reads.ts'
import type { Database } from './schema.ts'

/** A connection without its secrets. */
export interface Connection {
  readonly id: string
  readonly name: string
  /** Slug of the destination. */
  readonly destination: string
  readonly settings: Texts
  /** What `check` discovered; absent until it was checked. */
  readonly found?: Texts
  /** The vendor contract's own limit of people. */
  readonly peopleLimit?: number
  readonly limitLifted: boolean
  /** Somebody signed in at the vendor for it; never so where the vendor takes a key. */
  readonly signedIn: boolean
  readonly createdAt: Date
}

export interface NewConnection {
  readonly name: string
  readonly destination: string
  readonly settings: Texts
  readonly credentials: Texts
  readonly peopleLimit?: number
}

export interface ConnectionChanges {
  readonly name?: string
  readonly settings?: Texts
  readonly credentials?: Texts
  /** null: none. */
  readonly peopleLimit?: number | null
  readonly limitLifted?: boolean
}

type Row = Omit<Selectable<Database['connection']>, 'credentials' | 'tokens'> & { readonly signed_in: boolean }

const columns = [
  ...(['id', 'name', 'destination', 'settings', 'found'] as const),
  ...(['people_limit', 'limit_lifted', 'created_at'] as const),
  sql<boolean>`tokens is not null`.as('signed_in'),
] as const

const toConnection = (row: Row): Connection => ({
  id: row.id,
  name: row.name,
  destination: row.destination,
  settings: texts.parse(row.settings),
  ...present('found', row.found === null ? undefined : texts.parse(row.found)),
  ...present('peopleLimit', row.people_limit === null ? undefined : count(row.people_limit)),
  limitLifted: row.limit_lifted,
  signedIn: row.signed_in,
  createdAt: row.created_at,
})

/** Binds a secret to its row: sealed for one connection, it cannot be opened as another's. */
const credentialsOf = (id: string): string => `connection:${id}:credentials`

const sealTexts = (vault: Vault, value: Texts, associated: string): Uint8Array =>
  vault.seal(Buffer.from(json(value)), associated)

const openTexts = (vault: Vault, sealed: Uint8Array, associated: string): Texts =>
  texts.parse(JSON.parse(Buffer.from(vault.open(sealed, associated)).toString()))

const refuseTakenName = (error: unknown, name: string | undefined): never => {
  if (isUniqueViolation(error, 'connection_name_key')) {
    throw new SundError('connection.exists', { name: name ?? '' }, error)
  }
  throw error
}

/** Throws SundError connection.exists. */
export const createConnection = async (
  db: Kysely<Database>,
  vault: Vault,
  { name, destination, settings, credentials, peopleLimit }: NewConnection,
): Promise<Connection> => {
  try {
    return await db.transaction().execute(async (tx) => {
      // The secret is bound to the id, which the row must have first; nobody sees the empty one.
      const { id } = await tx
        .insertInto('connection')
        .values({
          name,
          destination,
          settings: json(settings),
          credentials: Buffer.alloc(0),
          ...present('people_limit', peopleLimit),
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      const row = await tx
        .updateTable('connection')
        .set({ credentials: sealTexts(vault, credentials, credentialsOf(id)) })
        .where('id', '=', id)
        .returning(columns)
        .executeTakeFirstOrThrow()
      return toConnection(row)
    })
  } catch (error) {
    return refuseTakenName(error, name)
  }
}

const lockedConnection = async (tx: Kysely<Database>, id: string): Promise<Connection> => {
  const row = await tx.selectFrom('connection').select(columns).where('id', '=', id).forUpdate().executeTakeFirst()
  if (row === undefined) throw new SundError('connection.missing', { id })
  return toConnection(row)
}

/**
 * Changes what is given. New settings or credentials may lead to another vendor account, so what was found there and
 * the tokens for it are forgotten. Throws SundError connection.missing, connection.exists, and what the precondition
 * throws.
 */
export const updateConnection = async (
  db: Kysely<Database>,
  vault: Vault,
  id: string,
  { name, settings, credentials, peopleLimit, limitLifted }: ConnectionChanges,
  precondition: Precondition<Connection> = unconditional,
): Promise<Connection> => {
  const changed = {
    ...present('name', name),
    ...(settings === undefined ? {} : { settings: json(settings), found: null }),
    ...(credentials === undefined
      ? {}
      : { credentials: sealTexts(vault, credentials, credentialsOf(id)), tokens: null, found: null }),
    ...(peopleLimit === undefined ? {} : { people_limit: peopleLimit }),
    ...present('limit_lifted', limitLifted),
  }
  try {
    return await db.transaction().execute(async (tx) => {
      const current = await lockedConnection(tx, id)
      precondition(current)
      if (Object.keys(changed).length === 0) return current
      return toConnection(
        await tx
          .updateTable('connection')
          .set(changed)
          .where('id', '=', id)
          .returning(columns)
          .executeTakeFirstOrThrow(),
      )
    })
  } catch (error) {
    return refuseTakenName(error, name)
  }
}

/** Throws SundError connection.missing. */
export const getConnection = async (db: Reads, id: string): Promise<Connection> => {
  const row = await db.selectFrom('connection').select(columns).where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new SundError('connection.missing', { id })
  return toConnection(row)
}

export const findConnection = async (db: Kysely<Database>, name: string): Promise<Connection | undefined> => {
  const row = await db.selectFrom('connection').select(columns).where('name', '=', name).executeTakeFirst()
  return row === undefined ? undefined : toConnection(row)
}

export const listConnections = async (db: Kysely<Database>): Promise<Connection[]> =>
  (await db.selectFrom('connection').select(columns).orderBy('name').execute()).map(toConnection)

/** Removes it with its secrets. Throws SundError connection.missing, connection.in_use, and what the precondition throws. */
export const removeConnection = (
  db: Kysely<Database>,
  id: string,
  precondition: Precondition<Connection> = unconditional,
): Promise<void> =>
  db.transaction().execute(async (tx) => {
    const current = await lockedConnection(tx, id)
    precondition(current)
    try {
      await tx.deleteFrom('connection').where('id', '=', id).execute()
    } catch (error) {
      if (isForeignKeyViolation(error)) throw new SundError('connection.in_use', { name: current.name }, error)
      throw error
    }
  })

/** The credentials, opened. Throws SundError connection.missing, vault.wrong_key, vault.unreadable. */
export const readCredentials = async (db: Kysely<Database>, vault: Vault, id: string): Promise<Texts> => {
  const row = await db.selectFrom('connection').select('credentials').where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new SundError('connection.missing', { id })
  return openTexts(vault, row.credentials, credentialsOf(id))
}

/** Keeps what `check` discovered. Throws SundError connection.missing. */
export const storeFound = async (db: Kysely<Database>, id: string, found: Texts): Promise<Connection> => {
  const row = await db
    .updateTable('connection')
    .set({ found: json(found) })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst()
  if (row === undefined) throw new SundError('connection.missing', { id })
  return toConnection(row)
}
