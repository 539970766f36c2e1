/** Finds the PostgreSQL that runs on a folder, also one whose Sund was killed, by the file in which it names itself. */
import { execFileSync } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../error-codes.ts'

export interface Postmaster {
  readonly pid: number
  /** Absent while it starts. */
  readonly port?: number
  /** It said that it accepts connections. */
  readonly ready: boolean
}

// Lines of the file: https://www.postgresql.org/docs/18/storage-file-layout.html, checked 2026-11-21.
const PID_LINE = 0
const PORT_LINE = 3
const STATUS_LINE = 7

/** What the text of postmaster.pid says; undefined where it names no process. */
export const readPostmasterFile = (text: string): Postmaster | undefined => {
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number(lines[PID_LINE])
  const port = Number(lines[PORT_LINE])
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  const usable = Number.isInteger(port) && port > 0
  return { pid, ...(usable ? { port } : {}), ready: usable && lines[STATUS_LINE] === 'ready' }
}

/** Is there a process of this number, whoever it belongs to? */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

const commandLine = async (pid: number): Promise<readonly string[]> => {
  if (process.platform === 'linux') {
    try {
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ESRCH')) return []
      throw error
    }
  }
  try {
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(' ')
  } catch {
    return []
  }
}

type Who = 'ours' | 'another-postgres' | 'stranger' | 'nobody'

/** A process of this number may be anybody's after a restart of the machine: ours says `-D` and this folder. */
const whoIs = async (pid: number, cluster: string): Promise<Who> => {
  if (!isAlive(pid)) return 'nobody'
  if (process.platform === 'win32') return 'ours'
  const line = (await commandLine(pid)).join(' ')
  if (!line.includes('postgres')) return 'stranger'
  return line.includes(` -D ${cluster} `) ? 'ours' : 'another-postgres'
}

const namedPostmaster = async (cluster: string): Promise<Postmaster | undefined> => {
  try {
    return readPostmasterFile(await readFile(join(cluster, 'postmaster.pid'), 'utf8'))
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** The PostgreSQL that runs on this folder now. */
export const runningPostmaster = async (cluster: string): Promise<Postmaster | undefined> => {
  const named = await namedPostmaster(cluster)
  return named !== undefined && (await whoIs(named.pid, cluster)) === 'ours' ? named : undefined
}

/**
 * Removes a postmaster.pid whose number meanwhile belongs to a process that is no PostgreSQL, which the server would
 * take for a living predecessor. Any PostgreSQL by that number is left alone: this folder may have been moved under it.
 */
export const removeStalePostmasterFile = async (cluster: string): Promise<void> => {
  const named = await namedPostmaster(cluster)
  if (named !== undefined && (await whoIs(named.pid, cluster)) === 'stranger') {
    await rm(join(cluster, 'postmaster.pid'), { force: true })
  }
}
