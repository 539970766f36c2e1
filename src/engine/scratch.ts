/** Files that live no longer than one task: unpacked and converted sources, which hold people's values. */
import { randomUUID } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const PREFIX = 'sund-scratch-'

export interface Scratch {
  /** A new path in a folder that only this user can enter. */
  path(): string
  /** Removes all of it. */
  remove(): Promise<void>
}

export async function openScratch(spillFolder: string): Promise<Scratch> {
  await mkdir(spillFolder, { recursive: true, mode: 0o700 })
  const folder = await mkdtemp(join(spillFolder, PREFIX))
  await chmod(folder, 0o700)
  return {
    path: () => join(folder, randomUUID()),
    remove: async () => await rm(folder, { recursive: true, force: true }),
  }
}

/** Removes what a process that was killed left behind. Only for who alone works in the folder. */
export async function clearScratch(spillFolder: string): Promise<void> {
  const names = await readdir(spillFolder).catch((): string[] => [])
  for (const name of names.filter((one) => one.startsWith(PREFIX))) {
    await rm(join(spillFolder, name), { recursive: true, force: true })
  }
}
