/** Dry-runs each export of the demo, then runs it: at first, unchanged, and over changed tables. */
import { join } from 'node:path'
import { exports, segments } from '../../demo/definitions.ts'
import { atPace } from '../../demo/pace.ts'
import { setUp } from '../../demo/set-up.ts'
import { untilIdle } from '../../demo/wait.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'
import { forEachVendor } from '../../sandbox/vendors.ts'
import { type DryRun, dryRun } from '../../src/exports/dry-run.ts'
import { renew } from '../../src/refresh/refresh.ts'
import { openServer, type Server } from '../../src/server.ts'
import { type Export, listExports } from '../../src/store/export.ts'
import { findRun, type Run } from '../../src/store/run.ts'

export interface ForetellOptions {
  readonly home: string
  readonly tables: Record<'first' | 'changed', string>
  readonly pace: number
}

/** What was told, and what was done then. */
export interface Foretold {
  readonly stage: 'first' | 'unchanged' | 'changed'
  readonly name: string
  readonly dry: DryRun
  /** Seconds that the dry run took. */
  readonly drySeconds: number
  readonly run: Run
}

const silent = { info: () => undefined, warn: () => undefined }

const runOf = async (server: Server, { id }: Export): Promise<Run> => {
  const requested = await server.requestRun(id)
  await untilIdle(server, () => undefined, new AbortController().signal)
  const run = await findRun(server.ports.db, requested.id)
  if (run === undefined) throw new Error('A run is gone.')
  return run
}

export async function* foretell({ home, tables, pace }: ForetellOptions): AsyncGenerator<Foretold> {
  const sandbox = await startSandbox({ home: join(home, 'sandbox'), pace, ports: forEachVendor(() => 0) })
  try {
    const server = await openServer({
      home: join(home, 'data'),
      endpoints: new Map(Object.entries(sandbox.urls).map(([slug, url]) => [slug, new URL(url)])),
      log: silent,
      ...atPace(pace),
      // Limits of people are no more than a line of a dry run; here all of them are to be sent.
      run: { guardOff: true },
    })
    try {
      await server.start()
      for (const stage of ['first', 'unchanged', 'changed'] as const) {
        await setUp(server.ports, stage === 'changed' ? tables.changed : tables.first, { segments, exports })
        if (stage !== 'unchanged') await renew(server.ports, async () => undefined)
        for (const one of await listExports(server.ports.db)) {
          const began = performance.now()
          const dry = await dryRun(server.ports, one.id, new AbortController().signal)
          const drySeconds = (performance.now() - began) / 1000
          yield {
            stage,
            name: one.name,
            dry,
            drySeconds,
            run: await runOf(server, one),
          }
        }
      }
    } finally {
      await server.close()
    }
  } finally {
    await sandbox.close()
  }
}
