import { expect, test } from 'vitest'
import { runAs } from './run-as.ts'

const NOWHERE = '/nowhere/cluster'

test('root runs the programs as nobody, keeping the one capability that reaches closed folders', async () => {
  const as = await runAs(NOWHERE, {}, 0, () => true)
  expect(as.prefix).toContain('--reuid=65534')
  expect(as.prefix).toContain('--bounding-set=-all,+dac_override')
  expect(as).toMatchObject({ owner: { uid: 65534, gid: 65534 }, spawn: {} })
})

test('root changes only uid and gid where setpriv does not work', async () => {
  const owner = { uid: 65534, gid: 65534 }
  expect(await runAs(NOWHERE, {}, 0, () => false)).toEqual({ prefix: [], owner, spawn: owner })
})

test('any other user runs them itself', async () => {
  expect(await runAs(NOWHERE, {}, 1000, () => true)).toEqual({ prefix: [], spawn: {} })
})
