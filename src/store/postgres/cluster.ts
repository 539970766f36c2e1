/** Makes the database files of the embedded PostgreSQL, all at once: a folder that was half made is never used. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { SundError } from '../../errors.ts'
import { hasCode, isDiskFull } from '../error-codes.ts'
import type { Binaries } from './binaries.ts'
import { isAlive } from './postmaster.ts'
import type { RunAs } from './run-as.ts'

/** The one role of the embedded server. */
export const ROLE = 'sund'

const run = promisify(execFile)

export const clusterOf = (folder: string): string => join(folder, 'cluster')
const passwordFile = (folder: string): string => join(folder, 'password')

const isMade = async (folder: string): Promise<boolean> => {
  try {
    await lstat(clusterOf(folder))
    return true
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
}

/** Only what reached the disk survives a power cut, and a rename lives in the folder above. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  const opened = await open(folder, 'r')
  try {
    await opened.sync()
  } finally {
    await opened.close()
  }
}

const making = (folder: string): string => `${basename(folder)}.making-`

/** Folders that this process is making now. */
const underWay = new Set<string>()

/** Folders that a killed process left half made. One of a living process is left to it, also of this one. */
const removeHalfMade = async (folder: string): Promise<void> => {
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(making(folder))) continue
    const pid = Number(name.slice(making(folder).length).split('-')[0])
    // An earlier process may have had our id: what bears it and is not under way was left.
    if (pid === process.pid ? underWay.has(join(dirname(folder), name)) : isAlive(pid)) continue
    // The dead process's initdb may still write there.
    await rm(join(dirname(folder), name), { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
}

const initialise = async (folder: string, binaries: Binaries, as: RunAs): Promise<void> => {
  const cluster = clusterOf(folder)
  const password = passwordFile(folder)
  await mkdir(cluster, { mode: 0o700 })
  const handedOver = as.owner !== undefined
  await writeFile(password, randomBytes(32).toString('base64url'), { mode: 0o600, flush: true })
  if (handedOver) {
    await chown(cluster, as.owner.uid, as.owner.gid)
    await chown(password, as.owner.uid, as.owner.gid)
  }
  const [program = binaries.initdb, ...words] = [...as.prefix, binaries.initdb]
  // The builtin locale sorts the same for ever; one from a library can change with it, and break indexes.
  await run(
    program,
    [
      ...words,
      ...['-D', cluster, '-U', ROLE, `--pwfile=${password}`, '-A', 'scram-sha-256', '-E', 'UTF8'],
      ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ],
    { cwd: '/', env: binaries.environment, ...as.spawn },
  )
  if (handedOver) await chown(password, process.getuid?.() ?? 0, process.getgid?.() ?? 0)
}

/** Puts the finished folder in its place; false where another process was faster. */
const putInPlace = async (made: string, folder: string): Promise<boolean> => {
  try {
    await rename(made, folder)
    await syncFolder(dirname(folder))
    return true
  } catch (error) {
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false
    throw error
  }
}

const whyInitFailed = (error: unknown): string => {
  const words = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : ''
  return words.trim() === '' ? (error instanceof Error ? error.message : String(error)) : words.trim()
}

/**
 * Makes `folder` with its database files and password, unless it is there. The work is done beside it and renamed,
 * so `folder` is either whole or absent. Throws SundError home.disk_full, postgres.failed.
 */
export const makeCluster = async (folder: string, binaries: Binaries, as: RunAs): Promise<void> => {
  await removeHalfMade(folder)
  if (await isMade(folder)) return
  const made = join(dirname(folder), `${making(folder)}${process.pid}-${randomBytes(4).toString('hex')}`)
  underWay.add(made)
  try {
    await mkdir(made, { mode: 0o700 })
    // Without `setpriv` the database user has to pass through this folder to its own.
    if (as.spawn.uid !== undefined) await chmod(made, 0o711)
    await initialise(made, binaries, as)
    await syncFolder(made)
    if (!(await putInPlace(made, folder)) && !(await isMade(folder))) {
      throw new SundError('postgres.failed', { folder, reason: 'the folder holds something else' })
    }
  } catch (error) {
    if (error instanceof SundError) throw error
    const reason = whyInitFailed(error)
    if (hasCode(error, 'ENOSPC') || isDiskFull(reason)) throw new SundError('home.disk_full', {}, error)
    throw new SundError('postgres.failed', { folder, reason }, error)
  } finally {
    await rm(made, { recursive: true, force: true })
    underWay.delete(made)
  }
}

/** The password of the role. Throws SundError postgres.failed where its file is gone. */
export const readPassword = async (folder: string): Promise<string> => {
  try {
    return (await readFile(passwordFile(folder), 'utf8')).trim()
  } catch (error) {
    throw new SundError('postgres.failed', { folder, reason: 'its file "password" cannot be read' }, error)
  }
}
