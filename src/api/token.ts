/** The token of this installation: made at the first start, told once, kept hashed; the CLI reads it from a file of mode 0600. */
import { randomBytes } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { SundError } from '../errors.ts'
import type { ControlPlane } from '../store/control-plane.ts'
import { readSetting, writeSetting } from '../store/setting.ts'
import { hashOfToken } from './access.ts'

const SETTING = 'api.token'
const kept = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) })

export interface InstallationToken {
  /** Hex. */
  readonly hash: string
  readonly file: string
  /** Only where it was made now: it is never told again. */
  readonly fresh?: string
}

const readToken = async (file: string): Promise<string | undefined> => {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch {
    return undefined
  }
}

const writeToken = async (file: string, token: string): Promise<void> => {
  try {
    await writeFile(file, `${token}\n`, { mode: 0o600 })
    // The mode above holds for a new file only.
    await chmod(file, 0o600)
  } catch (error) {
    throw new SundError('home.unwritable', { folder: file, reason: error instanceof Error ? error.message : '' }, error)
  }
}

/**
 * The token whose hash is kept, where its file is there and bears it; else a new one, with which the old one ends: so
 * whoever deletes the file gets another. Throws SundError home.unwritable.
 */
export const installationToken = async (db: ControlPlane['db'], home: string): Promise<InstallationToken> => {
  const file = join(home, 'token')
  const stored = await readSetting(db, SETTING, kept)
  const there = await readToken(file)
  if (stored !== undefined && there !== undefined && hashOfToken(there) === stored.sha256) {
    await chmod(file, 0o600)
    return { hash: stored.sha256, file }
  }
  const fresh = `sund_${randomBytes(32).toString('base64url')}`
  const hash = hashOfToken(fresh)
  await writeToken(file, fresh)
  await writeSetting(db, SETTING, { sha256: hash })
  return { hash, file, fresh }
}
