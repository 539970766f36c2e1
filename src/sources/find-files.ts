/** Which files a source names: a path within the data folder, or all that fit its pattern. */
import { constants, promises as fs, type Stats } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { SourceTable } from '../domain/source.ts'
import { SundError } from '../errors.ts'

/** A file as it was when reading began; `shown` is its path within the data folder. */
export interface SourceFile {
  readonly path: string
  readonly shown: string
  readonly bytes: number
  readonly modifiedMs: number
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(reasonOf(error))

const fits = (pattern: string): ((name: string) => boolean) => {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const whole = new RegExp(`^${parts.join('.*')}$`, 'su')
  return (name) => whole.test(name) && (!name.startsWith('.') || pattern.startsWith('.'))
}

const stated = async (path: string, shown: string): Promise<Stats> => {
  try {
    const stats = await fs.stat(path)
    if (!stats.isFile()) throw new SundError('source.file_unreadable', { file: shown, why: 'ENOTFILE' })
    await fs.access(path, constants.R_OK)
    return stats
  } catch (error) {
    if (error instanceof SundError) throw error
    if (isMissing(error)) throw new SundError('source.file_missing', { file: shown }, error)
    throw new SundError('source.file_unreadable', { file: shown, why: reasonOf(error) }, error)
  }
}

/** Follows links first, so that none leads out of the folder. The engine would take `*`, `?` and `[` for a pattern. */
const opened = async (folder: string, wanted: string): Promise<SourceFile> => {
  const shown = relative(folder, wanted)
  const path = await fs.realpath(wanted).catch(() => wanted)
  if (!path.startsWith(folder + sep)) throw new SundError('source.file_outside', { file: shown })
  const stats = await stated(path, shown)
  if (/[*?[]/.test(path)) throw new SundError('source.file_name', { file: shown })
  return { path, shown, bytes: stats.size, modifiedMs: stats.mtimeMs }
}

/** The source's files in order of their names; at least one. Errors: file missing, unreadable, or outside the folder. */
export async function findFiles(source: Pick<SourceTable, 'file'>, folder: string): Promise<SourceFile[]> {
  const root = await fs.realpath(folder).catch(() => resolve(folder))
  const wanted = resolve(root, source.file)
  if (!wanted.startsWith(root + sep)) throw new SundError('source.file_outside', { file: source.file })
  if (!basename(wanted).includes('*')) return [await opened(root, wanted)]
  const names = await fs.readdir(dirname(wanted)).catch((): string[] => [])
  const found = names.filter(fits(basename(wanted))).sort()
  if (found.length === 0) throw new SundError('source.file_missing', { file: source.file })
  return await Promise.all(found.map((name) => opened(root, join(dirname(wanted), name))))
}

/** A file that somebody wrote to while it was read is not a snapshot of anything. */
export async function checkUnchanged(file: SourceFile): Promise<void> {
  const now = await stated(file.path, file.shown)
  if (now.size !== file.bytes || now.mtimeMs !== file.modifiedMs) {
    throw new SundError('source.file_changed', { file: file.shown })
  }
}
