/** PostgreSQL refuses to run as root: says as whom its programs run instead, and how they keep reaching their files. */
import { spawnSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { hasCode } from '../error-codes.ts'

/** The user `nobody` on every Linux that we know. */
const NOBODY = 65534

export interface RunAs {
  /** Words to put before a command. */
  readonly prefix: readonly string[]
  /** Who must own the database files; absent where we are not root and own everything anyway. */
  readonly owner?: { readonly uid: number; readonly gid: number }
  /** For `spawn`, where no program can change the user for us. */
  readonly spawn: { readonly uid?: number; readonly gid?: number }
}

/**
 * Another user cannot enter a folder of mode 0700, nor programs below root's home, so this one capability is kept
 * and every other is dropped, also from what the process could ever gain.
 */
const setpriv = (uid: number, gid: number): string[] => [
  'setpriv',
  `--reuid=${uid}`,
  `--regid=${gid}`,
  '--clear-groups',
  '--inh-caps=-all,+dac_override',
  '--ambient-caps=-all,+dac_override',
  '--bounding-set=-all,+dac_override',
]

const works = (command: readonly string[], environment: Readonly<Record<string, string>>): boolean => {
  const [program, ...rest] = command
  if (program === undefined) return false
  return spawnSync(program, [...rest, 'true'], { env: environment, stdio: 'ignore', cwd: '/' }).status === 0
}

const ownerOf = async (path: string): Promise<{ uid: number; gid: number } | undefined> => {
  try {
    const { uid, gid } = await stat(path)
    return uid === 0 ? undefined : { uid, gid }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * As whom to run the programs that use `files`. As root, the user who owns these already, else nobody; where `setpriv`
 * does not work, only uid and gid change.
 */
export const runAs = async (
  files: string,
  environment: Readonly<Record<string, string>>,
  uid: number | undefined = process.getuid?.(),
  worksHere: typeof works = works,
): Promise<RunAs> => {
  if (uid !== 0) return { prefix: [], spawn: {} }
  const owner = (await ownerOf(files)) ?? { uid: NOBODY, gid: NOBODY }
  const prefix = setpriv(owner.uid, owner.gid)
  return worksHere(prefix, environment) ? { prefix, owner, spawn: {} } : { prefix: [], owner, spawn: owner }
}
