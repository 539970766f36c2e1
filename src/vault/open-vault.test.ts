import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type KeyCheck, openVault, parseKey } from './open-vault.ts'

let root: string
let folder: string
let rows: Uint8Array[]
let check: KeyCheck

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sund-vault-'))
  folder = join(root, 'home')
  rows = []
  check = { sealedRows: async () => rows, keep: async (sealed) => void rows.push(sealed) }
})
afterEach(() => rm(root, { recursive: true, force: true }))

const keyFile = (): string => join(folder, 'key')

describe('the first start', () => {
  test('makes a key for us alone, and the next start uses it', async () => {
    const sealed = (await openVault({ folder, check })).seal(Buffer.from('secret'), 'place')
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['key'])
    const again = await openVault({ folder, check })
    expect(Buffer.from(again.open(sealed, 'place')).toString()).toBe('secret')
  })

  test('uses a key that is there already, or given, and makes none', async () => {
    const key = randomBytes(32)
    const sealed = (await openVault({ folder, key, check })).seal(Buffer.from('secret'), 'place')
    await expect(stat(keyFile())).rejects.toMatchObject({ code: 'ENOENT' })
    expect(Buffer.from((await openVault({ folder, key, check })).open(sealed, 'place')).toString()).toBe('secret')
  })
})

describe('where something is sealed', () => {
  test('a missing key stops the start, and none is made', async () => {
    await openVault({ folder, check })
    await rm(keyFile())
    await expect(openVault({ folder, check })).rejects.toMatchObject({
      code: 'vault.key_missing',
      details: { where: keyFile() },
    })
    await expect(stat(keyFile())).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test.each([
    ['in the file', async () => void (await writeFile(keyFile(), `${randomBytes(32).toString('hex')}\n`)), undefined],
    ['in the environment', async () => {}, randomBytes(32)],
  ])('a wrong key %s stops the start, and stays', async (_, spoil, key) => {
    await openVault({ folder, check })
    await spoil()
    const before = await readFile(keyFile(), 'utf8')
    const where = key === undefined ? keyFile() : 'SUND_KEY'
    await expect(openVault({ folder, check, ...(key === undefined ? {} : { key }) })).rejects.toMatchObject({
      ...{ code: 'vault.wrong_key', details: { where } },
    })
    expect(await readFile(keyFile(), 'utf8')).toBe(before)
  })

  test('one broken row does not stop the start', async () => {
    const vault = await openVault({ folder, check })
    rows = [Uint8Array.of(1, 2, 3), vault.seal(Buffer.from('secret'), 'place')]
    await expect(openVault({ folder, check })).resolves.toBeDefined()
  })
})

test.each([[''], ['0'.repeat(63)], ['x'.repeat(64)], ['c2hvcnQ='], [`${'A'.repeat(42)}`]])(
  'a key file that holds "%s" stops the start, and stays',
  async (text) => {
    await openVault({ folder, check })
    rows = []
    await writeFile(keyFile(), text)
    await expect(openVault({ folder, check })).rejects.toMatchObject({ code: 'vault.key_invalid' })
    expect(await readFile(keyFile(), 'utf8')).toBe(text)
  },
)

test('a key is written as hexadecimal digits or base64', () => {
  const key = randomBytes(32)
  expect(parseKey(`${key.toString('hex')}\n`)).toEqual(key)
  expect(parseKey(key.toString('hex').toUpperCase())).toEqual(key)
  expect(parseKey(key.toString('base64'))).toEqual(key)
  expect(parseKey(randomBytes(33).toString('base64'))).toBeUndefined()
})
