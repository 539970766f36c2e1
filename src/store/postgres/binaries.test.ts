import { execFileSync } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { findBinaries, nativeFolder } from './binaries.ts'

let root: string
let native: string
let spare: string
let links: string[]

const listed = z.array(z.object({ target: z.string() }))

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sund-binaries-'))
  native = join(root, 'package', 'native')
  spare = join(root, 'spare')
  await cp(nativeFolder(), native, { recursive: true, verbatimSymlinks: true })
  links = listed.parse(JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'))).map(({ target }) => target)
  // As npm leaves it where install scripts are off.
  for (const link of links) await rm(join(native, '..', link), { force: true })
})

afterEach(() => rm(root, { recursive: true, force: true }))

const version = (program: string, environment: Readonly<Record<string, string>>): string =>
  execFileSync(program, ['--version'], { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

test('without the links the programs do not run, so these tests can fail', () => {
  expect(() => version(join(native, 'bin', 'postgres'), {})).toThrow(/shared librar/)
})

test('makes the missing links beside the libraries', async () => {
  const { postgres, initdb, environment } = await findBinaries(spare, native)
  expect(version(postgres, environment)).toContain('PostgreSQL')
  expect(version(initdb, environment)).toContain('PostgreSQL')
  await expect(readdir(spare)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('makes them in the spare folder where the package is read-only', async () => {
  const readOnly = async (target: string, path: string): Promise<void> => {
    if (path.startsWith(native) || path.startsWith(join(native, '..'))) {
      throw Object.assign(new Error('read-only'), { code: 'EROFS' })
    }
    await symlink(target, path)
  }
  const { postgres, environment } = await findBinaries(spare, native, readOnly)
  expect(version(postgres, environment)).toContain('PostgreSQL')
  expect((await readdir(spare)).sort()).toEqual(links.map((link) => basename(link)).sort())
})

test('says so where npm has no PostgreSQL for the platform', () => {
  expect(() => nativeFolder('sunos', 'sparc')).toThrow(expect.objectContaining({ code: 'postgres.missing' }))
})
