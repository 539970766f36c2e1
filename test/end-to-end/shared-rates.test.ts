/** Connections of one vendor account count against one rate. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { connect } from '../../src/connections/connect.ts'
import { createConnection } from '../../src/store/connection.ts'
import { openRig, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

/** What the requests of a new connection's check are counted under. */
const countedUnder = async (name: string, apiKey: string): Promise<Set<string>> => {
  const { ports } = rig.server
  const keys = new Set<string>()
  const rates = { ...ports.rates, take: async (key: string) => void keys.add(key) }
  const made = { name, destination: 'sendgrid', settings: {}, credentials: { apiKey } }
  const connection = await createConnection(ports.db, ports.vault, made)
  // A key without rights is refused, and has asked all the same.
  await connect({ ...ports, rates }, connection, new AbortController().signal).catch(() => undefined)
  return keys
}

test('two connections with one key share a rate; one with another key has its own', async () => {
  const { apiKey, apiKeyWithoutMarketing } = exampleCredentials.sendgrid
  const first = await countedUnder('First', apiKey)
  expect(first.size).toBeGreaterThan(0)
  expect(await countedUnder('Second', apiKey)).toEqual(first)
  const other = await countedUnder('Third', apiKeyWithoutMarketing)
  expect([...other].filter((key) => first.has(key))).toEqual([])
})
