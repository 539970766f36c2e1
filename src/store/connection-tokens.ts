/** OAuth2 tokens of connections, sealed; renewed by one at a time, however many runs ask. */
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import { SundError } from '../errors.ts'
import type { Vault } from '../vault/vault.ts'
import { json } from './columns.ts'
import { getConnection } from './connection.ts'
import type { Database } from './schema.ts'

export interface TokenSet {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAt: Date
}

const tokenSet = z.object({
  accessToken: z.string().min(1),
  refreshToken: z.string().min(1),
  expiresAt: z.iso.datetime().transform((text) => new Date(text)),
})

const tokensOf = (id: string): string => `connection:${id}:tokens`

const openTokens = (vault: Vault, sealed: Uint8Array | null, id: string): TokenSet | undefined =>
  sealed === null ? undefined : tokenSet.parse(JSON.parse(Buffer.from(vault.open(sealed, tokensOf(id))).toString()))

/** Undefined until somebody signed in. Throws SundError connection.missing, vault.wrong_key, vault.unreadable. */
export const readTokens = async (db: Kysely<Database>, vault: Vault, id: string): Promise<TokenSet | undefined> => {
  const row = await db.selectFrom('connection').select('tokens').where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new SundError('connection.missing', { id })
  return openTokens(vault, row.tokens, id)
}

/** Throws SundError connection.missing. */
export const storeTokens = async (db: Kysely<Database>, vault: Vault, id: string, tokens: TokenSet): Promise<void> => {
  const { numUpdatedRows } = await db
    .updateTable('connection')
    .set({ tokens: vault.seal(Buffer.from(json(tokens)), tokensOf(id)) })
    .where('id', '=', id)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw new SundError('connection.missing', { id })
}

const exchangeLocked = (
  db: Kysely<Database>,
  vault: Vault,
  id: string,
  stale: string,
  renew: (current: TokenSet) => Promise<TokenSet>,
): Promise<TokenSet> =>
  db.transaction().execute(async (tx) => {
    // The vendor answers while this transaction is open: a server that ends idle ones must spare it.
    await sql`set local idle_in_transaction_session_timeout = 0`.execute(tx)
    const row = await tx
      .selectFrom('connection')
      .select(['name', 'tokens'])
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst()
    if (row === undefined) throw new SundError('connection.missing', { id })
    const stored = openTokens(vault, row.tokens, id)
    if (stored === undefined) throw new SundError('connection.not_signed_in', { name: row.name })
    if (stored.accessToken !== stale) return stored
    const renewed = await renew(stored)
    await storeTokens(tx, vault, id, renewed)
    return renewed
  })

/** The exchange under way in this process, per database and connection: its askers need no connection each to wait on. */
const underWay = new WeakMap<Kysely<Database>, Map<string, Promise<TokenSet>>>()

/**
 * Tokens newer than `stale`, an access token. Returns what is stored where somebody else renewed it already; else
 * calls `renew`, and stores what it gives before returning it. The row is locked meanwhile, also against other
 * processes, so a rotating refresh token is used once. `renew` must not use `db`.
 * Throws what `renew` throws, and SundError connection.missing, connection.not_signed_in.
 */
export const exchangeTokens = async (
  db: Kysely<Database>,
  vault: Vault,
  connectionId: string,
  stale: string,
  renew: (current: TokenSet) => Promise<TokenSet>,
): Promise<TokenSet> => {
  const here = underWay.get(db) ?? new Map<string, Promise<TokenSet>>()
  underWay.set(db, here)
  for (let before = here.get(connectionId); before !== undefined; before = here.get(connectionId)) {
    const tokens = await before
    if (tokens.accessToken !== stale) return tokens
  }
  const exchange = exchangeLocked(db, vault, connectionId, stale, renew).finally(() => here.delete(connectionId))
  here.set(connectionId, exchange)
  return exchange
}

/** The tokens of one connection, for those who only load and exchange them. */
export const tokenStoreOf = (db: Kysely<Database>, vault: Vault, connectionId: string) => ({
  /** Throws SundError connection.missing, connection.not_signed_in. */
  load: async (): Promise<TokenSet> => {
    const tokens = await readTokens(db, vault, connectionId)
    if (tokens !== undefined) return tokens
    const { name } = await getConnection(db, connectionId)
    throw new SundError('connection.not_signed_in', { name })
  },
  exchange: (stale: string, renew: (current: TokenSet) => Promise<TokenSet>): Promise<TokenSet> =>
    exchangeTokens(db, vault, connectionId, stale, renew),
})
