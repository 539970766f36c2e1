/** Temporary files hold people's values: only this user may read them, and none outlives its task. */
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { openDuckDb } from './duckdb.ts'
import { openScratch } from './scratch.ts'

test('the folder is closed to others, and what a killed process left goes when the engine opens', async () => {
  const home = await mkdtemp(join(tmpdir(), 'sund-scratch-test-'))
  const spillFolder = join(home, 'spill')
  try {
    const left = await openScratch(spillFolder)
    await writeFile(left.path(), 'Ada')
    const removed = await openScratch(spillFolder)
    await writeFile(removed.path(), 'Bo')
    expect((await stat(spillFolder)).mode & 0o077).toBe(0)
    expect((await stat(dirname(removed.path()))).mode & 0o077).toBe(0)
    expect(removed.path()).not.toBe(removed.path())
    await removed.remove()
    await writeFile(join(spillFolder, 'not ours'), '')
    expect(await readdir(spillFolder)).toHaveLength(2)
    const engine = await openDuckDb({ file: join(home, 'sund.duckdb'), spillFolder })
    expect(engine.spillFolder).toBe(spillFolder)
    expect(await readdir(spillFolder)).toEqual(['not ours'])
    await engine.close()
  } finally {
    await rm(home, { recursive: true })
  }
})
