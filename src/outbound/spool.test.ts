import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSpool } from './spool.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sund-spool-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a spool gives back what was written, as often as asked', async () => {
  const spool = await openSpool(join(folder, 'new'))
  const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => at % 251))
  for (let at = 0; at < bytes.length; at += 77_777) await spool.append(bytes.subarray(at, at + 77_777))
  expect(spool.bytes).toBe(bytes.length)
  for (let time = 0; time < 2; time++) {
    const read: Buffer[] = []
    for await (const piece of spool.read()) read.push(piece)
    expect(Buffer.concat(read).equals(bytes)).toBe(true)
  }
  expect((await spool.slice(999_990, 100)).equals(bytes.subarray(999_990))).toBe(true)
  expect(await spool.slice(2_000_000, 5)).toHaveLength(0)
  await spool.close()
  await spool.close()
})

test('its folder is for this user alone, and holds nothing that a killed process would leave', async () => {
  const spool = await openSpool(join(folder, 'new'))
  await spool.append(Buffer.from('ada@example.com'))
  expect((await stat(join(folder, 'new'))).mode & 0o777).toBe(0o700)
  expect(await readdir(join(folder, 'new'))).toEqual([])
  await spool.close()
})
