/** Makes exports and takes their runs to the end, with the time of each part. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { SandboxVendor } from '../sandbox/vendors.ts'
import { unwatched } from '../src/delivery/conversation.ts'
import { planRun } from '../src/exports/planning.ts'
import { executeRun } from '../src/exports/run.ts'
import { createConnection, storeFound } from '../src/store/connection.ts'
import { storeTokens } from '../src/store/connection-tokens.ts'
import { createExport } from '../src/store/export.ts'
import { createRun, type Run, updateRun } from '../src/store/run.ts'
import type { Home } from './home.ts'
import type { BenchRoute } from './routes.ts'
import { secondsOf } from './timing.ts'

type Words = Readonly<Record<string, string>>

/** What a person would have given and a check would have found. */
interface SetUp {
  readonly credentials: Words
  readonly connection?: Words
  readonly found?: Words
  readonly export?: Words
  /** The list of the export that is made as this number; absent where each segment gets a list of its own. */
  list?(number: number): string
}

const setUps: Readonly<Record<SandboxVendor, SetUp>> = {
  'campaign-monitor': {
    credentials: { apiKey: 'bench', clientId: '', clientSecret: '' },
    connection: { clientId: 'c1'.repeat(16) },
    found: { clientId: 'c1'.repeat(16) },
    list: (number) => number.toString(16).padStart(32, '0'),
  },
  dotdigital: {
    credentials: { user: 'bench', password: 'bench' },
    connection: { addressBookId: '1' },
    found: { accountId: '1', endpoint: 'https://r1-api.dotdigital.com' },
    list: String,
  },
  iterable: { credentials: { apiKey: 'bench' }, connection: { region: 'us' } },
  'microsoft-advertising': {
    credentials: { clientId: 'bench', clientSecret: 'bench', developerToken: 'bench' },
    export: { customerId: '1', accountId: '1', terms: 'yes' },
  },
  sendgrid: { credentials: { apiKey: 'SG.bench' }, list: (number) => `sendgrid-${number}` },
  webhook: { credentials: { secret: 'bench' }, connection: { url: 'https://receiver.example/webhook' } },
}
/** Longer than any bench. */
const A_DAY_MS = 24 * 3600 * 1000

/** Exports that one process makes at most. */
const MOST_OF_A_PROCESS = 100
let made = 0

/** An export of everybody to a list that nobody is on; every call makes another. */
export async function makeExport({ ports, segmentId }: Home, route: BenchRoute): Promise<string> {
  const { db, vault } = ports
  const { destination, matching } = route
  const { credentials, connection: settings = {}, found = {}, export: exportSettings = {}, list } = setUps[destination]
  // Unique also among those that an earlier process made in the same data folder.
  const number = process.pid * MOST_OF_A_PROCESS + ++made
  const name = `${destination}-${number}`
  const connection = await createConnection(db, vault, { name, destination, settings, credentials })
  await storeFound(db, connection.id, found)
  const expiresAt = new Date(Date.now() + A_DAY_MS)
  await storeTokens(db, vault, connection.id, { accessToken: 'bench', refreshToken: 'bench', expiresAt })
  const created = await createExport(db, {
    name,
    connectionId: connection.id,
    settings: exportSettings,
    matching,
    segmentIds: [segmentId],
    ...(list === undefined ? {} : { listRemoteId: list(number) }),
  })
  return created.id
}

const signals = () => ({ cancel: new AbortController().signal, halt: new AbortController().signal })

/** Throws where a run did not end as it must: its time would say nothing. */
const assertEnded = (run: Run, status: Run['status']): Run => {
  if (run.status !== status) throw new Error(`Run ${run.id} ended ${run.status}: ${run.reason ?? ''}`)
  return run
}

/** Takes a run of the export from its start to its end. */
export async function wholeRun(
  { ports }: Home,
  exportId: string,
  { approvedHash, status = 'Successful' }: { approvedHash?: string; status?: Run['status'] } = {},
): Promise<Run> {
  const { run } = await createRun(ports.db, { exportId, ...(approvedHash === undefined ? {} : { approvedHash }) })
  return assertEnded(await executeRun(ports, run.id, signals()), status)
}

/** A run that is planned and sealed, and of which nothing was sent. */
export interface SealedRun {
  readonly id: string
  /** Seconds. */
  readonly planned: number
}

export async function sealRun({ ports }: Home, exportId: string): Promise<SealedRun> {
  const { run } = await createRun(ports.db, { exportId })
  await updateRun(ports.db, run.id, { phase: 'planning', status: 'Processing', startedAt: ports.clock.now() })
  const { signal } = new AbortController()
  const planned = await secondsOf(async () => {
    const { kind } = await planRun(ports, run, unwatched(signal), signal)
    if (kind !== 'sealed') throw new Error(`Run ${run.id} was ${kind}.`)
  })
  return { id: run.id, planned }
}

/** Sends a sealed run and settles it. */
export async function deliverSealed({ ports }: Home, { id }: SealedRun): Promise<Run> {
  return assertEnded(await executeRun(ports, id, signals()), 'Successful')
}

/** Forgets who is on which list, so that the next run is a first one again and meets a ledger of the same size. */
export async function emptyLedger({ ports }: Home): Promise<void> {
  await ports.engine.run(sql`delete from ledger`)
  const old = await ports.engine.rows(
    sql`select table_name as name from information_schema.tables where table_name like 'outbox%'`,
    z.object({ name: z.string() }),
  )
  for (const { name } of old) await ports.engine.run(sql`drop table ${sql.table(name)}`)
  await ports.engine.run(sql`delete from sealed_outbox`)
}
