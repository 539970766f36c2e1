/** The bootstrap, run for real in a package of its own with an npm that only writes down that it was called. */
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const nodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
const script = `
process.stdout.write(JSON.stringify({ node: process.execPath, argv: process.argv.slice(2), flags: process.execArgv }))
process.exitCode = 5
`
/** Prints to standard output, as npm does, and brings a "Node" that says who it is. */
const fakeNpm = `
const { appendFileSync, mkdirSync, symlinkSync, writeFileSync, rmSync } = require('node:fs')
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n')
console.log('added 1 package')
if (process.env.NPM_FAILS) process.exit(9)
const wait = new Int32Array(new SharedArrayBuffer(4))
Atomics.wait(wait, 0, 0, 300)
rmSync('node_modules', { recursive: true, force: true })
mkdirSync('node_modules/${nodePackage}/bin', { recursive: true })
writeFileSync('node_modules/${nodePackage}/package.json', '{}')
symlinkSync(process.execPath, 'node_modules/${nodePackage}/bin/node')
`

let folder: string
let env: NodeJS.ProcessEnv

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const lock = (packages: object): string => JSON.stringify({ name: 'tiny', lockfileVersion: 3, packages })
const npmCalls = (): string[] =>
  existsSync(join(folder, 'npm-calls')) ? readFileSync(join(folder, 'npm-calls'), 'utf8').trim().split('\n') : []
const start = (...args: string[]) =>
  spawnSync(process.execPath, [join(folder, 'scripts/start.mjs'), ...args], { env, encoding: 'utf8' })

interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
}

/** Starts without waiting; `onOutput` sees all that was printed so far. */
const startAsync = (args: string[], onOutput: (pid: number, soFar: string) => void = () => {}): Promise<Ending> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(folder, 'scripts/start.mjs'), ...args], { env })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      stdout += part
      if (child.pid !== undefined) onOutput(child.pid, stdout)
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout }))
  })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'start-'))
  mkdirSync(join(folder, 'scripts'))
  copyFileSync(join(import.meta.dirname, 'start.mjs'), join(folder, 'scripts/start.mjs'))
  write('package.json', '{"name":"tiny","type":"module"}')
  write('package-lock.json', lock({ '': { name: 'tiny' } }))
  write('src/main.ts', script)
  write('scripts/test.ts', script)
  write('npm/npm-cli.js', fakeNpm)
  write('npm/package.json', '{"type":"commonjs"}')
  env = { ...process.env, npm_execpath: join(folder, 'npm/npm-cli.js') }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('installing', () => {
  it('installs once, with the output of npm on standard error, and gives the exit code of the script', () => {
    const first = start('scripts/test.ts', 'a', '--b')
    expect(first.stderr).toContain('added 1 package')
    expect(JSON.parse(first.stdout)).toMatchObject({ argv: ['a', '--b'] })
    expect(first.status).toBe(5)
    const second = start('scripts/test.ts')
    expect(second.stderr).toBe('')
    expect(npmCalls()).toEqual(['ci --include=dev --include=optional'])
  })

  it('installs again when the lockfile changed', () => {
    start('scripts/test.ts')
    write('package-lock.json', lock({ '': { name: 'tiny', version: '2.0.0' } }))
    start('scripts/test.ts')
    expect(npmCalls()).toHaveLength(2)
  })

  it.each([
    { what: 'equals the lockfile', record: { 'node_modules/a': { version: '1.0.0', integrity: 'x' } }, calls: 0 },
    { what: 'has another version', record: { 'node_modules/a': { version: '1.0.1', integrity: 'x' } }, calls: 1 },
    { what: 'lacks a package', record: {}, calls: 1 },
    {
      what: 'has one package more',
      record: { 'node_modules/a': { version: '1.0.0', integrity: 'x' }, 'node_modules/c': { version: '1.0.0' } },
      calls: 1,
    },
  ])('asks npm $calls times where its own record $what', ({ record, calls }) => {
    const packages = {
      '': { name: 'tiny' },
      'node_modules/a': { version: '1.0.0', integrity: 'x' },
      'node_modules/of-another-system': { version: '1.0.0', optional: true },
    }
    write('package-lock.json', lock(packages))
    write('node_modules/.package-lock.json', lock(record))
    expect(start('scripts/test.ts').status).toBe(5)
    expect(npmCalls()).toHaveLength(calls)
  })

  it('says what to do when npm fails, runs nothing, and tries again the next time', () => {
    env = { ...env, NPM_FAILS: '1' }
    const failed = start('scripts/test.ts')
    expect(failed.status).toBe(1)
    expect(failed.stdout).toBe('')
    expect(failed.stderr).toContain('npm ci did not succeed (exit code 9)')
    expect(failed.stderr).toContain(`run "npm ci" in ${folder}`)
    env = { ...env, NPM_FAILS: '' }
    expect(start('scripts/test.ts').status).toBe(5)
  })

  it('installs once when two start at the same time', async () => {
    const endings = await Promise.all([startAsync(['scripts/test.ts']), startAsync(['scripts/test.ts'])])
    expect(endings.map((ending) => ending.code)).toEqual([5, 5])
    expect(npmCalls()).toHaveLength(1)
  })

  it('takes over from an installation that died', () => {
    const dead = spawnSync(process.execPath, ['--version']).pid
    write('tmp/install.lock/pid', String(dead))
    expect(start('scripts/test.ts').status).toBe(5)
    expect(npmCalls()).toHaveLength(1)
    expect(existsSync(join(folder, 'tmp/install.lock'))).toBe(false)
  })

  it('works with the real npm found in PATH', () => {
    const { npm_execpath: _, ...rest } = process.env
    env = { ...rest, npm_config_offline: 'true', npm_config_update_notifier: 'false' }
    write('bundled/package.json', JSON.stringify({ name: nodePackage, version: '1.0.0' }))
    mkdirSync(join(folder, 'bundled/bin'))
    write('bundled/bin/node', `#!/bin/sh\nexec "${process.execPath}" "$@" --from-bundled\n`)
    chmodSync(join(folder, 'bundled/bin/node'), 0o755)
    write('package.json', JSON.stringify({ name: 'tiny', dependencies: { [nodePackage]: 'file:bundled' } }))
    const packages = {
      '': { name: 'tiny', dependencies: { [nodePackage]: 'file:bundled' } },
      bundled: { name: nodePackage, version: '1.0.0' },
      [`node_modules/${nodePackage}`]: { resolved: 'bundled', link: true },
    }
    write('package-lock.json', lock(packages))
    const ended = start('scripts/test.ts', 'a')
    expect(ended.stderr).toContain('added 1 package')
    expect(JSON.parse(ended.stdout)).toMatchObject({ argv: ['a', '--from-bundled'] })
    expect(start('scripts/test.ts').stderr).toBe('')
  })
})

describe('continuing', () => {
  it.each([
    { args: ['src/main.ts', 'demo', '--once'], argv: ['demo', '--once'] },
    { args: ['demo', '--once'], argv: ['demo', '--once'] },
    { args: ['runs', 'src/main.ts'], argv: ['runs', 'src/main.ts'] },
    { args: [], argv: [] },
  ])('runs sund with $argv for the arguments $args', ({ args, argv }) => {
    expect(JSON.parse(start(...args).stdout)).toMatchObject({
      argv,
      flags: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=512', '--max-semi-space-size=8'],
    })
  })

  it('stays on the running Node where no package brings one', () => {
    write('node_modules/.package-lock.json', lock({}))
    expect(JSON.parse(start('scripts/test.ts').stdout)).toMatchObject({ node: process.execPath })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('passes %s on and ends with the exit code of the script', async (signal) => {
    write(
      'scripts/test.ts',
      `process.on('${signal}', () => process.exit(7)); setInterval(() => {}, 1000); console.log('ready')`,
    )
    const ending = await startAsync(['scripts/test.ts'], (pid, soFar) => {
      if (soFar.includes('ready')) process.kill(pid, signal)
    })
    expect(ending).toMatchObject({ code: 7, signal: null })
  })

  it('dies of the signal that the script died of', async () => {
    write('scripts/test.ts', `setInterval(() => {}, 1000); console.log('ready')`)
    const ending = await startAsync(['scripts/test.ts'], (pid, soFar) => {
      if (soFar.includes('ready')) process.kill(pid, 'SIGTERM')
    })
    expect(ending).toMatchObject({ code: null, signal: 'SIGTERM' })
  })
})

it('knows every script that package.json starts by it', () => {
  const root = join(import.meta.dirname, '..')
  const started = [...readFileSync(join(root, 'package.json'), 'utf8').matchAll(/start\.mjs (\S+\.ts)/g)].map(
    ([, path]) => path,
  )
  const known = readFileSync(join(root, 'scripts/start.mjs'), 'utf8')
  expect(started.length).toBeGreaterThan(5)
  expect(started.filter((path) => !known.includes(`'${path}'`))).toEqual([])
})
