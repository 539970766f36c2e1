/** Makes exports and takes their runs to the end, with the time of each part. */
import { sql } from 'kysely'
import { z } from 'zod'
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

const credentials = {
  sendgrid: { apiKey: 'SG.bench' },
  'microsoft-advertising': { clientId: 'bench', clientSecret: 'bench', developerToken: 'bench' },
}
const settings = {
  sendgrid: {},
  'microsoft-advertising': { customerId: '1', accountId: '1', terms: 'yes' },
}
/** Longer than any bench. */
const A_DAY_MS = 24 * 3600 * 1000

let made = 0

/** An export of everybody to a list that nobody is on; every call makes another. */
export async function makeExport({ ports, segmentId }: Home, route: BenchRoute): Promise<string> {
  const { db, vault } = ports
  const { destination, matching } = route
  // Unique also among those that an earlier process made in the same data folder.
  const name = `${destination}-${process.pid}-${++made}`
  const connection = await createConnection(db, vault, {
    name,
    destination,
    settings: {},
    credentials: credentials[destination],
  })
  await storeFound(db, connection.id, {})
  const expiresAt = new Date(Date.now() + A_DAY_MS)
  await storeTokens(db, vault, connection.id, { accessToken: 'bench', refreshToken: 'bench', expiresAt })
  const created = await createExport(db, {
    name,
    connectionId: connection.id,
    settings: settings[destination],
    matching,
    segmentIds: [segmentId],
    ...(destination === 'sendgrid' ? { listRemoteId: name } : {}),
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
