/** Writes the members of every list to files. */
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Simulation, VendorList } from './vendor.ts'

const longestName = 200
const linesPerWrite = 10_000

const isControl = (character: string): boolean => {
  const code = character.codePointAt(0) ?? 0
  return code < 0x20 || (code >= 0x7f && code < 0xa0)
}

/** A list's name as a file name: slashes and control characters become `_`, and so does an empty name. */
const safeName = (name: string): string =>
  Array.from(name, (character) => (character === '/' || isControl(character) ? '_' : character)).join('') || '_'

/** File names of the lists. Where two lists would share one, or the name is too long for a file, each has its id appended. */
export const dumpNames = (lists: readonly VendorList[]): Map<string, string> => {
  const taken = new Map<string, number>()
  for (const { name } of lists) taken.set(safeName(name), (taken.get(safeName(name)) ?? 0) + 1)
  return new Map(
    lists.map(({ id, name }) => {
      const safe = safeName(name)
      if (Buffer.byteLength(safe) > longestName) return [id, `${safe.slice(0, longestName / 4)}.${safeName(id)}.txt`]
      return [id, (taken.get(safe) ?? 0) > 1 ? `${safe}.${safeName(id)}.txt` : `${safe}.txt`]
    }),
  )
}

const writeLines = async (path: string, lines: Iterable<string>): Promise<void> => {
  const file = await open(path, 'w')
  try {
    let pending: string[] = []
    for (const line of lines) {
      pending.push(`${line}\n`)
      if (pending.length < linesPerWrite) continue
      await file.write(pending.join(''))
      pending = []
    }
    if (pending.length > 0) await file.write(pending.join(''))
  } finally {
    await file.close()
  }
}

/** One file per list in `folder`; the `.txt` files of an earlier dump are removed first, since their lists may be gone. */
export const dumpLists = async (simulation: Simulation, folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true })
  for (const file of await readdir(folder)) if (file.endsWith('.txt')) await rm(join(folder, file))
  for (const [id, file] of dumpNames(simulation.lists())) {
    // Read whole first: the state may change while the file is written.
    await writeLines(join(folder, file), [...simulation.members(id)])
  }
}
