/** Campaign Monitor by a key and by a sign-in: a connection uses one of them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectionTo } from '../../demo/set-up.ts'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { connect, signIn } from '../../src/connections/connect.ts'
import { createConnection } from '../../src/store/connection.ts'
import { openRig, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(async () => await rig.close())

const { apiKey, clientOfAccount } = exampleCredentials['campaign-monitor']
const { signal } = new AbortController()
const nobody = async (): Promise<void> => {
  throw new Error('Nobody is asked to sign in.')
}
const withKey = async (name: string, key: string) =>
  await createConnection(rig.db, rig.server.ports.vault, {
    name,
    destination: 'campaign-monitor',
    settings: {},
    credentials: { apiKey: key, clientId: '', clientSecret: '' },
  })

test('a key is enough: nobody signs in, and the only client is found', async () => {
  const connection = await withKey('By key', apiKey)
  await signIn(rig.server.ports, connection, nobody, signal)
  expect(await connect(rig.server.ports, connection, signal)).toMatchObject({
    signedIn: false,
    found: { clientId: clientOfAccount },
  })
})

test('a wrong key is told as one, not as a sign-in that is over', async () => {
  const connection = await withKey('By a wrong key', 'wrong')
  await expect(connect(rig.server.ports, connection, signal)).rejects.toThrow('API key')
})

test('a sign-in finds the same client', async () => {
  const connection = await connectionTo(rig.server.ports, 'campaign-monitor')
  expect(await connect(rig.server.ports, connection, signal)).toMatchObject({ found: { clientId: clientOfAccount } })
})
