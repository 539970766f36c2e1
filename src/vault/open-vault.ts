/** Opens the vault with the key of the data folder, or of the environment; never makes a key that could open nothing. */
import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SundError } from '../errors.ts'
import { isSealedWith, KEY_BYTES, type Vault, vaultOf } from './vault.ts'

/** What is sealed already, and where a proof of the key is kept for the next start. */
export interface KeyCheck {
  /** Some of what is sealed, one of each secret at least; none on the first start. */
  sealedRows(): Promise<readonly Uint8Array[]>
  /** Keeps a row that only this key opens, so that a lost key is noticed even before there are secrets. */
  keep(sealed: Uint8Array): Promise<void>
}

export interface OpenVault {
  /** The data folder; its file `key` holds the key. */
  readonly folder: string
  /** A key given by the environment, in place of the file. */
  readonly key?: Uint8Array
  readonly check: KeyCheck
}

const CHECK = 'vault:check'

const errorCode = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/** The key that a text holds: 64 hexadecimal digits, or base64 of 32 bytes. Undefined for any other text. */
export const parseKey = (text: string): Uint8Array | undefined => {
  const trimmed = text.trim()
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, 'hex')
  if (!/^[A-Za-z0-9+/]{43}=$/.test(trimmed)) return undefined
  const key = Buffer.from(trimmed, 'base64')
  return key.length === KEY_BYTES ? key : undefined
}

const readKeyFile = async (file: string): Promise<Uint8Array | undefined> => {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  const key = parseKey(text)
  if (key === undefined) throw new SundError('vault.key_invalid', { where: file })
  return key
}

/** What is sealed with a key that a power cut takes away is lost, so the name of its file must be on disk too. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  const opened = await open(folder, 'r')
  try {
    await opened.sync()
  } finally {
    await opened.close()
  }
}

/** On disk, whole, and readable by us alone when it resolves; never over a file that is there. */
const writeKeyFile = async (file: string, key: Uint8Array): Promise<void> => {
  const half = `${file}.${randomBytes(4).toString('hex')}`
  try {
    const opened = await open(half, 'wx', 0o600)
    try {
      await opened.writeFile(`${Buffer.from(key).toString('hex')}\n`)
      await opened.sync()
    } finally {
      await opened.close()
    }
    await link(half, file)
    await syncFolder(dirname(file))
  } catch (error) {
    if (errorCode(error) === 'ENOSPC') throw new SundError('home.disk_full', {}, error)
    throw error
  } finally {
    await rm(half, { force: true })
  }
}

const makeKey = async (folder: string, file: string): Promise<Uint8Array> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const key = randomBytes(KEY_BYTES)
  await writeKeyFile(file, key)
  return key
}

/**
 * A key is made only where nothing is sealed yet. Throws SundError vault.key_missing, vault.wrong_key,
 * vault.key_invalid, home.disk_full. One broken row does not stop a start: it is told when that row is opened.
 */
export const openVault = async ({ folder, key, check }: OpenVault): Promise<Vault> => {
  const file = join(folder, 'key')
  const where = key === undefined ? file : 'SUND_KEY'
  const sealed = await check.sealedRows()
  const given = key ?? (await readKeyFile(file))
  if (given === undefined && sealed.length > 0) throw new SundError('vault.key_missing', { where: file })
  const used = given ?? (await makeKey(folder, file))
  const vault = vaultOf(used, where)
  if (sealed.length === 0) {
    await check.keep(vault.seal(Buffer.from('sund'), CHECK))
  } else if (!sealed.some((row) => isSealedWith(used, row))) {
    throw new SundError('vault.wrong_key', { where })
  }
  return vault
}
