/** What the machine may refuse: a port, the data folder, space on the disk. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm, statfs } from 'node:fs/promises'
import { createServer, type Server as TcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { anyPorts } from '../../sandbox/vendors.ts'
import { openServer } from '../../src/server.ts'
import { runCommand, startCommand, stopCommand, untilSays } from './command.ts'
import { crowd, openRig, silent } from './rig.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sund-machine-'))
})
afterEach(async () => await rm(folder, { recursive: true, force: true, maxRetries: 3 }))

/** A port that somebody listens on. */
const occupy = async (port: number): Promise<{ readonly port: number; readonly server: TcpServer }> => {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('There is no port.')
  return { port: address.port, server }
}

const free = async (server: TcpServer): Promise<void> => {
  const closed = once(server, 'close')
  server.close()
  await closed
}

describe('a port of the sandbox that is taken', () => {
  test('names vendor, port and what to do, and leaves nothing running', async () => {
    const taken = await occupy(0)
    const other = await occupy(0)
    await free(other.server)
    const ports = { ...anyPorts, 'microsoft-advertising': other.port, sendgrid: taken.port }
    try {
      await expect(startSandbox({ home: folder, ports })).rejects.toThrow(
        new RegExp(`cannot serve sendgrid: port ${taken.port} of 127\\.0\\.0\\.1 is in use\\. Stop the program`),
      )
    } finally {
      await free(taken.server)
    }
    const sandbox = await startSandbox({ home: folder, ports })
    expect(sandbox.urls).toMatchObject({
      'microsoft-advertising': `http://127.0.0.1:${other.port}`,
      sendgrid: `http://127.0.0.1:${taken.port}`,
    })
    await sandbox.close()
  })

  test('ends the command with 1 and the same words', async () => {
    // Where this port is taken by somebody else it is taken all the same.
    const taken = await occupy(4715).catch(() => undefined)
    try {
      const { code, stdout, stderr } = await runCommand('sandbox', '--home', folder)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(
        /^The sandbox cannot serve [a-z-]+: port 471[45] of 127\.0\.0\.1 is in use\. Stop the program/,
      )
      expect(stderr.trim().split('\n')).toHaveLength(1)
    } finally {
      if (taken !== undefined) await free(taken.server)
    }
  })
})

describe('a data folder that another process uses', () => {
  test('the second one ends with 1, names the folder and the first one, and the first one goes on', async () => {
    const rig = await openRig({ base: folder })
    try {
      const { code, stderr } = await runCommand('serve', '--home', rig.home)
      expect(code).toBe(1)
      expect(stderr).toContain(`The data folder ${rig.home} is in use by another Sund process (pid ${process.pid})`)
      expect(stderr).toContain('--home')
      await rig.people(crowd(1, 4))
      const wanted = await rig.microsoftExport('Goes on', [await rig.segment('Everybody')])
      await rig.refreshed()
      expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 3 })
    } finally {
      await rig.close()
    }
  })

  test('openServer refuses while a command works on it, and opens when that has stopped', async () => {
    const child = startCommand('serve', '--home', folder)
    const options = { home: folder, endpoints: new Map<string, URL>(), log: silent }
    try {
      await untilSays(child, 'Sund works')
      await expect(openServer(options)).rejects.toMatchObject({
        code: 'home.in_use',
        details: { pid: String(child.pid) },
      })
    } finally {
      await stopCommand(child)
    }
    expect(child.exitCode).toBe(0)
    await (await openServer(options)).close()
  })
})

/** Enough for the database and its log, and soon full. */
const DISK = '400m'
/** Kept free: the database's own log was given its space before, a refresh of 300,000 people needs more. */
const SPARE_BYTES = 3_000_000

const mounted = (at: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', at], { stdio: 'ignore' }).status === 0

/** Takes all space of the disk but `spare` bytes. */
const fill = async (file: string, disk: string, spare: number): Promise<void> => {
  const filler = await open(file, 'w')
  try {
    const block = Buffer.alloc(1_000_000)
    for (;;) {
      const { bavail, bsize } = await statfs(disk)
      const left = bavail * bsize - spare
      if (left < bsize) return
      await filler.write(block, 0, Math.min(block.length, left))
    }
  } finally {
    await filler.close()
  }
}

test('a disk that is full: the refresh says so, nothing is half-applied, and with space again the same home completes', async () => {
  if (!mounted(folder)) {
    process.stderr.write('NOT TESTED: a full disk. This user may not mount a small disk for it (root may).\n')
    expect(process.env.CI, 'in CI this must be tested: run as root').toBeUndefined()
    return
  }
  try {
    const rig = await openRig({ base: folder })
    try {
      const few = crowd(0, 100)
      await rig.people(few)
      const wanted = await rig.microsoftExport('Full', [await rig.segment('Everybody')])
      await rig.refreshed()
      const members = await rig.members(wanted)
      const many = crowd(0, 300_000)
      await rig.people(many)
      await fill(join(folder, 'filler'), folder, SPARE_BYTES)
      const refresh = await rig.refresh()
      expect(refresh).toMatchObject({ status: 'Failed' })
      expect(refresh.reason).toMatch(/disk that holds the data folder is full.*Free some space/s)
      expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Skipped', reasonCode: 'home.disk_full', requests: 0 })
      expect(await rig.members(wanted)).toEqual(members)

      await rm(join(folder, 'filler'))
      await rig.people(crowd(0, 110))
      await rig.refreshed()
      expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 10, removed: 0 })
      expect(await rig.members(wanted)).toHaveLength(110)

      await rig.closeServer()
      await rig.openServer()
      expect(await rig.requestsOf(async () => await rig.refreshed())).toBe(0)
      expect(await rig.lastRun(wanted)).toMatchObject({ status: 'Successful', added: 0, removed: 0 })
    } finally {
      await rig.close()
    }
  } finally {
    spawnSync('umount', ['-l', folder])
  }
})
