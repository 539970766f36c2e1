#!/usr/bin/env node
/**
 * The bootstrap of every command: on Node 18 or later it installs the locked packages where they are missing or stale,
 * then continues on the Node that is among them. Writes to standard error only; standard output belongs to the command.
 *
 * `node scripts/start.mjs scripts/test.ts ...` runs one of the scripts below; anything else is arguments of `sund`.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SCRIPTS = [
  'src/main.ts',
  'scripts/test.ts',
  'scripts/check.ts',
  'scripts/generate.ts',
  'scripts/mutants/main.ts',
  'bench/main.ts',
  'bench/crash/main.ts',
  'bench/dry-run/main.ts',
  'bench/faults/main.ts',
  'bench/grid/main.ts',
  'bench/limits/main.ts',
  'test/contracts/main.ts',
]
const OLDEST_NODE = [22, 19]
const PATIENCE_MS = 15 * 60_000
const LOOK_AGAIN_MS = 200

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const lockFile = join(root, 'package-lock.json')
const modules = join(root, 'node_modules')
const stampFile = join(modules, '.sund-stamp')
// Not inside node_modules, which `npm ci` empties.
const installing = join(root, 'tmp', 'install.lock')
const holderFile = join(installing, 'pid')

class Trouble extends Error {}

const say = (text) => process.stderr.write(`${text}\n`)
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const readOr = (file, otherwise) => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return otherwise
  }
}

/** Starts a program, passes signals on to it, and resolves with how it ended. */
const run = (command, args, options) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, options)
    const listeners = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => {
      const pass = () => {
        // A terminal sends Ctrl-C to the whole group: the child has it already, and twice would mean "at once".
        if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
      }
      process.on(signal, pass)
      return () => process.off(signal, pass)
    })
    const finish = (settle) => (value, signal) => {
      for (const remove of listeners) remove()
      settle(value, signal)
    }
    child.on('error', finish(reject))
    child.on(
      'exit',
      finish((code, signal) => resolve({ code, signal })),
    )
  })

// ── is it installed? ────────────────────────────────────────────────────────────────────────────────
const wantedStamp = () =>
  `${createHash('sha256').update(readFileSync(lockFile)).digest('hex')} ${process.platform}-${process.arch}\n`

/** npm's own record agrees with the lockfile: somebody ran `npm ci` by hand. Packages of other systems are absent. */
const installedByHand = () => {
  const record = readOr(join(modules, '.package-lock.json'))
  if (record === undefined) return false
  const present = JSON.parse(record).packages
  const { '': _root, ...wanted } = JSON.parse(readFileSync(lockFile, 'utf8')).packages
  const same = (path) => {
    const [here, there] = [present[path], wanted[path]]
    if (here === undefined) return there.optional === true
    return there !== undefined && here.version === there.version && here.integrity === there.integrity
  }
  return [...Object.keys(wanted), ...Object.keys(present)].every(same)
}

const isFresh = () => {
  const stamp = readOr(stampFile)
  if (stamp !== undefined) return stamp === wantedStamp()
  if (!installedByHand()) return false
  writeFileSync(stampFile, wantedStamp())
  return true
}

// ── one installation at a time ──────────────────────────────────────────────────────────────────────
const made = (folder) => {
  try {
    mkdirSync(folder)
    return true
  } catch (error) {
    // ENOENT: the folder around it was released meanwhile.
    if (error.code === 'EEXIST' || error.code === 'ENOENT') return false
    throw error
  }
}

const isAlive = (pid) => {
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return error.code !== 'ESRCH'
  }
}

/** Takes over from a process that died: of all who see its pid, the one that makes the folder named after it. */
const tookOver = () => {
  const pid = readOr(holderFile, '')
  if (pid === '' || isAlive(pid)) return false
  return made(join(installing, `after-${pid}`)) && readOr(holderFile) === pid
}

/** True when this process may install; false when another one has installed meanwhile. */
const mayInstall = async () => {
  mkdirSync(dirname(installing), { recursive: true })
  const until = Date.now() + PATIENCE_MS
  for (let waited = false; !made(installing) && !tookOver(); waited = true) {
    if (Date.now() > until) {
      throw new Trouble(
        `Another start has been installing Sund's packages for too long. If none is running, remove ${installing} and start again.`,
      )
    }
    if (!waited) say('Waiting for another start that is installing the packages.')
    await sleep(LOOK_AGAIN_MS)
  }
  writeFileSync(holderFile, String(process.pid))
  return !isFresh()
}

// ── install ─────────────────────────────────────────────────────────────────────────────────────────
/** The npm that started us, else the one in PATH; another package manager does not read package-lock.json. */
const npm = () => {
  const started = process.env.npm_execpath
  if (started !== undefined && basename(started) === 'npm-cli.js' && existsSync(started)) {
    return { command: process.execPath, before: [started], shell: false }
  }
  return { command: 'npm', before: [], shell: process.platform === 'win32' }
}

const install = async () => {
  say("Installing Sund's packages (npm ci).")
  const { command, before, shell } = npm()
  const args = [...before, 'ci', '--include=dev', '--include=optional']
  const ending = await run(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell }).catch((error) => ({ error }))
  if (ending.signal) return ending
  if (ending.error?.code === 'ENOENT') {
    throw new Trouble('npm was not found. Install Node with npm from https://nodejs.org, then start again.')
  }
  if (ending.error || ending.code !== 0) {
    throw new Trouble(
      `npm ci did not succeed (${ending.error?.message ?? `exit code ${ending.code}`}); what it said stands above. ` +
        `Check the network and the npm registry, run "npm ci" in ${root}, then start again.`,
    )
  }
  mkdirSync(modules, { recursive: true })
  writeFileSync(stampFile, wantedStamp())
  return ending
}

/** Resolves with the signal that ended the installation, if one did. */
const ensureInstalled = async () => {
  // Without a lockfile we were installed as a package, and npm has seen to the rest.
  if (!existsSync(lockFile) || isFresh()) return undefined
  const mine = await mayInstall().catch((error) => {
    if (error instanceof Trouble) throw error
    throw new Trouble(
      `The packages cannot be installed: ${error.message}. Make ${root} writable, or run "npm ci" there.`,
    )
  })
  try {
    return mine ? (await install()).signal : undefined
  } finally {
    rmSync(installing, { recursive: true, force: true })
  }
}

// ── continue ────────────────────────────────────────────────────────────────────────────────────────
const isNewEnough = () => {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
}

const chosenNode = () => {
  const windows = process.platform === 'win32'
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
    const program = join(folder, 'bin', windows ? 'node.exe' : 'node')
    if (existsSync(program)) return program
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
  }
  if (isNewEnough()) return process.execPath
  throw new Trouble(
    `Sund needs Node ${OLDEST_NODE.join('.')} or later. The package ${name} that brings it is not installed, and this is Node ${process.versions.node}. ` +
      'Install a newer Node from https://nodejs.org, then start again.',
  )
}

/** Ends as the command did. */
const endLike = ({ code, signal }) => {
  if (signal) process.kill(process.pid, signal)
  else process.exitCode = code
}

// People are in JavaScript's memory for as long as it takes to send them; without a limit, what is left of them stays for
// long before it is collected.
const NODE_OPTIONS = ['--disable-warning=ExperimentalWarning']
const LIMITS = ['--max-old-space-size=512', '--max-semi-space-size=8']

const main = async (args) => {
  const signal = await ensureInstalled()
  if (signal) return endLike({ signal })
  const [script, ...rest] = SCRIPTS.includes(args[0]) ? args : ['src/main.ts', ...args]
  // What measures and tests Sund may hold everybody, to compare with.
  const limits = script === 'src/main.ts' ? LIMITS : []
  const nodeArgs = [...NODE_OPTIONS, ...limits, join(root, script), ...rest]
  endLike(await run(chosenNode(), nodeArgs, { stdio: 'inherit' }))
}

main(process.argv.slice(2)).catch((error) => {
  say(error instanceof Trouble ? error.message : error.stack)
  process.exitCode = 1
})
