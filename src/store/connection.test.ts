import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Vault, vaultOf } from '../vault/vault.ts'
import {
  createConnection,
  findConnection,
  getConnection,
  listConnections,
  type NewConnection,
  readCredentials,
  removeConnection,
  storeFound,
  updateConnection,
} from './connection.ts'
import { exchangeTokens, readTokens, storeTokens, type TokenSet, tokenStoreOf } from './connection-tokens.ts'
import { openDatabase } from './database.ts'
import { createExport } from './export.ts'
import { keyCheckOf } from './key-check.ts'
import type { Database } from './schema.ts'
import { silent, startTestServer, type TestServer } from './test-database.ts'

let server: TestServer
let db: Kysely<Database>
let url: string
let vault: Vault

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  const fresh = await server.freshDatabase()
  db = fresh.db
  url = fresh.url
  vault = vaultOf(randomBytes(32), 'the test')
})

const wanted: NewConnection = {
  name: 'Letters',
  destination: 'sendgrid',
  settings: { region: 'eu' },
  credentials: { apiKey: 'SG.secret-key' },
}
const tokens = (accessToken: string, refreshToken = 'r'): TokenSet => ({
  accessToken,
  refreshToken,
  expiresAt: new Date('2027-01-01T00:00:00Z'),
})

describe('connections', () => {
  test('come back as they were made, without their secrets, by id, by name and in the list', async () => {
    const made = await createConnection(db, vault, { ...wanted, peopleLimit: 9_000_000_000 })
    expect(made).toMatchObject({
      name: 'Letters',
      destination: 'sendgrid',
      settings: { region: 'eu' },
      peopleLimit: 9_000_000_000,
      limitLifted: false,
    })
    expect(made).not.toHaveProperty('found')
    expect(JSON.stringify(made)).not.toContain('secret')
    expect(await getConnection(db, made.id)).toEqual(made)
    expect(await findConnection(db, 'Letters')).toEqual(made)
    expect(await findConnection(db, 'letters')).toBeUndefined()
    expect(await listConnections(db)).toEqual([made])
  })

  test('keep credentials sealed, bound to their row', async () => {
    const one = await createConnection(db, vault, wanted)
    const two = await createConnection(db, vault, { ...wanted, name: 'Other', credentials: { apiKey: 'SG.other' } })
    expect(await readCredentials(db, vault, one.id)).toEqual({ apiKey: 'SG.secret-key' })
    const row = await db
      .selectFrom('connection')
      .select('credentials')
      .where('id', '=', one.id)
      .executeTakeFirstOrThrow()
    expect(Buffer.from(row.credentials).includes('secret')).toBe(false)
    await db.updateTable('connection').set({ credentials: row.credentials }).where('id', '=', two.id).execute()
    await expect(readCredentials(db, vault, two.id)).rejects.toMatchObject({ code: 'vault.unreadable' })
    expect(await readCredentials(db, vault, one.id)).toEqual({ apiKey: 'SG.secret-key' })
  })

  test('have one of each name, and a refused one leaves nothing', async () => {
    await createConnection(db, vault, wanted)
    await expect(createConnection(db, vault, wanted)).rejects.toMatchObject({ code: 'connection.exists' })
    const other = await createConnection(db, vault, { ...wanted, name: 'Other' })
    await expect(updateConnection(db, vault, other.id, { name: 'Letters' })).rejects.toMatchObject({
      code: 'connection.exists',
    })
    expect((await listConnections(db)).map(({ name }) => name)).toEqual(['Letters', 'Other'])
  })

  test('forget what was found and who signed in when their credentials change', async () => {
    const { id } = await createConnection(db, vault, wanted)
    await storeTokens(db, vault, id, tokens('a'))
    expect(await storeFound(db, id, { account: '7' })).toMatchObject({ found: { account: '7' } })
    expect(await updateConnection(db, vault, id, { limitLifted: true })).toMatchObject({
      found: { account: '7' },
      limitLifted: true,
    })
    expect(await updateConnection(db, vault, id, { credentials: { apiKey: 'new' } })).not.toHaveProperty('found')
    expect(await readTokens(db, vault, id)).toBeUndefined()
    expect(await readCredentials(db, vault, id)).toEqual({ apiKey: 'new' })
  })

  test('that are missing are told as that', async () => {
    const missing = { code: 'connection.missing' }
    await expect(getConnection(db, '99')).rejects.toMatchObject(missing)
    await expect(updateConnection(db, vault, '99', { name: 'x' })).rejects.toMatchObject(missing)
    await expect(readCredentials(db, vault, '99')).rejects.toMatchObject(missing)
    await expect(storeFound(db, '99', {})).rejects.toMatchObject(missing)
    await expect(removeConnection(db, '99')).rejects.toMatchObject(missing)
    await expect(storeTokens(db, vault, '99', tokens('a'))).rejects.toMatchObject(missing)
  })

  test('are not removed under an export', async () => {
    const { id } = await createConnection(db, vault, wanted)
    await createExport(db, {
      name: 'E',
      connectionId: id,
      settings: {},
      matching: { identifier: 'email', fields: {} },
      segmentIds: [],
    })
    await expect(removeConnection(db, id)).rejects.toMatchObject({ code: 'connection.in_use' })
    expect(await readCredentials(db, vault, id)).toEqual(wanted.credentials)
    await db.deleteFrom('export').execute()
    await removeConnection(db, id)
    expect(await listConnections(db)).toEqual([])
  })

  test('are among the sealed rows by which the vault knows its key', async () => {
    const check = keyCheckOf(db)
    expect(await check.sealedRows()).toEqual([])
    await createConnection(db, vault, wanted)
    await check.keep(Uint8Array.of(1, 2, 255))
    const rows = await check.sealedRows()
    expect(rows).toHaveLength(2)
    expect(Buffer.from(rows[0] ?? [])).toEqual(Buffer.from([1, 2, 255]))
  })
})

describe('tokens', () => {
  let id: string
  beforeEach(async () => {
    id = (await createConnection(db, vault, wanted)).id
    await storeTokens(db, vault, id, tokens('a1', 'r1'))
  })

  test('are stored before they are given, and asked for once by sixteen in two processes', async () => {
    const second = openDatabase(url, silent)
    let renewals = 0
    const renew = async (current: TokenSet): Promise<TokenSet> => {
      renewals++
      expect(current).toEqual(tokens('a1', 'r1'))
      await new Promise((resolve) => setTimeout(resolve, 100))
      return tokens('a2', 'r2')
    }
    const asked = Array.from({ length: 16 }, (_, i) =>
      exchangeTokens(i % 2 === 0 ? db : second, vault, id, 'a1', renew),
    )
    expect(await Promise.all(asked)).toEqual(Array(16).fill(tokens('a2', 'r2')))
    expect(renewals).toBe(1)
    expect(await readTokens(second, vault, id)).toEqual(tokens('a2', 'r2'))
    await second.destroy()
  })

  test('are renewed again when the renewed one is stale in its turn', async () => {
    let n = 1
    const renew = async (): Promise<TokenSet> => tokens(`a${++n}`)
    expect(await exchangeTokens(db, vault, id, 'a1', renew)).toEqual(tokens('a2'))
    expect(await exchangeTokens(db, vault, id, 'a1', renew)).toEqual(tokens('a2'))
    expect(await exchangeTokens(db, vault, id, 'a2', renew)).toEqual(tokens('a3'))
  })

  test('stay when the renewal fails, and the next may try again', async () => {
    const revoked = new Error('revoked')
    await expect(exchangeTokens(db, vault, id, 'a1', () => Promise.reject(revoked))).rejects.toBe(revoked)
    expect(await readTokens(db, vault, id)).toEqual(tokens('a1', 'r1'))
    expect(await exchangeTokens(db, vault, id, 'a1', async () => tokens('a2'))).toEqual(tokens('a2'))
  })

  test('of a connection without a sign-in are told as that', async () => {
    const other = await createConnection(db, vault, { ...wanted, name: 'Other' })
    const store = tokenStoreOf(db, vault, other.id)
    const refused = { code: 'connection.not_signed_in', details: { name: 'Other' } }
    await expect(store.load()).rejects.toMatchObject(refused)
    await expect(store.exchange('a1', async () => tokens('a2'))).rejects.toMatchObject(refused)
    await expect(exchangeTokens(db, vault, '99', 'a1', async () => tokens('a2'))).rejects.toMatchObject({
      code: 'connection.missing',
    })
  })
})
