/** A company that exports to one vendor, on a clock of its own: a real server over a data folder, the simulator, and the line between them. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { vendorSetUps } from '../../demo/at-vendor.ts'
import { random } from '../../demo/random.ts'
import { open as openBrowser } from '../../sandbox/browser.ts'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { anyPorts, type SandboxVendor } from '../../sandbox/vendors.ts'
import { connect, signIn } from '../../src/connections/connect.ts'
import { openRates } from '../../src/delivery/rates.ts'
import { openDuckDb } from '../../src/engine/duckdb.ts'
import { executeRun } from '../../src/exports/run.ts'
import type { RunPorts } from '../../src/exports/run-ports.ts'
import { ensureExportTables } from '../../src/exports/tables.ts'
import { openDoor } from '../../src/outbound/door.ts'
import { usualTimeouts } from '../../src/outbound/exchange.ts'
import { executeRefresh, SOURCE_FOLDER } from '../../src/refresh/refresh.ts'
import { openServer } from '../../src/server.ts'
import { type Connection, createConnection } from '../../src/store/connection.ts'
import { createRefresh } from '../../src/store/refresh.ts'
import { createRun, findRun, type Run } from '../../src/store/run.ts'
import { createSegment } from '../../src/store/segment.ts'
import { writeSetting } from '../../src/store/setting.ts'
import { saveSource } from '../../src/store/source.ts'
import { writeUnification } from '../../src/store/unification.ts'
import { type GridClock, gridClock } from './clock.ts'
import { doorFor } from './door.ts'
import { type Line, openLine } from './line.ts'
import { CELL_FIELD, noOf, type RefreshName, tableOf } from './people.ts'
import type { Script } from './script.ts'
import { type Ask, gridVendors } from './vendors.ts'

/** Records in a call, so that a run has several. */
const MAX_RECORDS = 3
const SEED = 1
const START = Date.UTC(2026, 10, 22, 12)
/** Nobody listens there: the port is the system's own. */
const NOBODY = new URL('http://127.0.0.1:1')

export interface Company {
  readonly vendor: SandboxVendor
  readonly clock: GridClock
  readonly sandbox: Sandbox
  readonly line: Line
  readonly ports: RunPorts
  /** What Sund logged so far. */
  readonly logged: readonly string[]
  readonly ask: Ask
  /** The id of a cell's segment. */
  segment(name: string, cell: string): Promise<string>
  /** A connection that is signed in and proved, over a line without faults. */
  connection(name: string): Promise<Connection>
  /** Everything before the exports, over the table of all cells; the exports' runs wait. */
  refresh(name: RefreshName): Promise<void>
  /** Executes the export's waiting run, or a new one, to its end. */
  run(exportId: string, script: Script): Promise<Run>
  close(): Promise<void>
}

const textField = (column: string) => ({ name: column, type: 'text' as const, from: [{ table: 'People', column }] })

const declare = async ({ db }: RunPorts, files: string): Promise<void> => {
  await writeSetting(db, SOURCE_FOLDER, files)
  await saveSource(db, 'People', {
    name: 'People',
    file: 'People.csv',
    delimiter: ',',
    key: 'Id',
    columns: [
      { name: 'Id', type: 'text' },
      { name: 'Email', type: 'text', semantic: 'email' },
      { name: 'FirstName', type: 'text' },
      { name: CELL_FIELD, type: 'text' },
    ],
  })
  await writeUnification(db, {
    tables: [{ table: 'People', key: 'Id' }],
    match: [],
    fields: [{ ...textField('Email'), identifier: 'email' as const }, textField('FirstName'), textField(CELL_FIELD)],
  })
}

/** No cell is about what a power cut leaves, and thousands of small writes would wait for the disk. */
const forgetful = async ({ db }: RunPorts): Promise<void> => {
  await sql`alter system set fsync = off`.execute(db)
  await sql`alter system set synchronous_commit = off`.execute(db)
  await sql`select pg_reload_conf()`.execute(db)
}

const asking =
  (vendor: SandboxVendor, sandbox: Sandbox): Ask =>
  async (method, path, body) => {
    const answer = await fetch(`${sandbox.urls[vendor]}${path}`, {
      method,
      headers: { ...gridVendors[vendor].headers, accept: 'application/json', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`The sandbox answers ${answer.status} to ${method} ${path}: ${text}`)
    return /^[[{"]/.test(text) ? JSON.parse(text) : text
  }

/** `cells`: the short names of all cells that the company will have. */
export const openCompany = async (
  vendor: SandboxVendor,
  folder: string,
  cells: readonly string[],
): Promise<Company> => {
  const clock = gridClock(START)
  const logged: string[] = []
  const files = join(folder, 'files')
  await mkdir(files, { recursive: true })
  const sandbox = await startSandbox({
    home: join(folder, 'sandbox'),
    ports: anyPorts,
    now: () => clock.now().getTime(),
    settings: {
      // What a token is renewed with outlives a lost answer, as Microsoft documents; without that nobody could go on.
      'microsoft-advertising': { keepsUsedRefreshTokens: true },
      'campaign-monitor': { rotatesRefreshTokens: false },
      iterable: { unsubscribed: cells.flatMap(noOf) },
    },
  })
  const line = await openLine(vendor, new URL(sandbox.urls[vendor]), () => clock.now())
  const server = await openServer({
    home: join(folder, 'home'),
    endpoints: new Map([[vendor, line.url]]),
    log: { info: (message) => void logged.push(message), warn: (message) => void logged.push(message) },
    clock,
  })
  const closed = openDoor({ endpoints: new Map([[vendor, NOBODY]]) })
  const rates = openRates(clock)
  const chance = random(SEED, 0, 0)
  const engine = await openDuckDb({ file: ':memory:', threads: 1 })
  await ensureExportTables(engine)
  await forgetful(server.ports)
  const ports: RunPorts = {
    ...server.ports,
    engine,
    rates,
    random: chance.fraction,
    options: { maxRecords: MAX_RECORDS },
  }
  const faulty = { vendor, line, real: server.ports.door, closed, clock }
  const signals = { cancel: new AbortController().signal, halt: new AbortController().signal }
  await declare(ports, files)

  const agree = async (page: string): Promise<void> => {
    const { headers } = await ports.door.exchange(
      {
        destination: vendor,
        url: new URL(page),
        method: 'GET',
        headers: {},
        timeouts: usualTimeouts,
        maxBytes: 1024 * 1024,
      },
      new AbortController().signal,
    )
    if (headers.location === undefined) throw new Error('The sandbox did not send the browser back.')
    await openBrowser(headers.location)
  }

  return {
    vendor,
    clock,
    sandbox,
    line,
    ports,
    logged,
    ask: asking(vendor, sandbox),
    async segment(name, cell) {
      return (await createSegment(ports.db, name, { field: CELL_FIELD, op: 'is', value: cell })).id
    },
    async connection(name) {
      const { credentials, connectionSettings } = vendorSetUps[vendor]
      const settings = (await connectionSettings?.(ports)) ?? {}
      const made = await createConnection(ports.db, ports.vault, { name, destination: vendor, settings, credentials })
      await signIn(ports, made, agree, signals.halt)
      return await connect(ports, made, signals.halt)
    },
    async refresh(name) {
      await writeFile(join(files, 'People.csv'), tableOf(cells, name))
      const { id } = await createRefresh(ports.db)
      const startRun = async (): Promise<void> => undefined
      const { status, reason } = await executeRefresh({ ...ports, startRun }, id, signals.halt)
      if (status !== 'Successful') throw new Error(`The ${name} refresh is ${status}: ${reason}`)
    },
    async run(exportId, script) {
      const { run } = await createRun(ports.db, { exportId })
      const ended = await executeRun({ ...ports, door: doorFor(faulty, script) }, run.id, signals)
      return (await findRun(ports.db, ended.id)) ?? ended
    },
    async close() {
      await closed.close()
      await engine.close()
      await server.close()
      await line.close()
      await sandbox.close()
    },
  }
}
