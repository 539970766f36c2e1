/**
 * `npm run bench [-- name...] [--json] [--scale n] [--profile]`: what Sund does beside the floor of the same work, measured in the same
 * run. Exits 1 where a row does not reach its number. docs/performance.md says what the rows mean.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Benches } from './benches.ts'
import { stopPostgres } from './crash/gates.ts'
import { judged, shown } from './row.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    /** All sizes times this: to try a bench, not to judge it. */
    scale: { type: 'string', default: '1' },
    /** Tells on standard error where the CPU of each first run goes, beside the floor's. */
    profile: { type: 'boolean', default: false },
  },
})
const scale = Number(values.scale)
const tell = (line: string) => process.stdout.write(`${line}\n`)

async function bench(folder: string): Promise<boolean> {
  const { byName } = new Benches(folder, {
    small: 1_000_000 * scale,
    large: 10_000_000 * scale,
    profile: values.profile,
  })
  const names = Object.keys(byName)
  const unknown = positionals.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    process.stderr.write(`There is no bench ${unknown}. There are: ${names.join(', ')}.\n`)
    return false
  }
  let ok = true
  for (const name of positionals.length > 0 ? positionals : names) {
    for await (const measured of byName[name]?.() ?? []) {
      const row = judged(measured)
      ok &&= row.ok
      tell(values.json ? JSON.stringify(row) : shown(row))
    }
  }
  return ok
}

const start = performance.now()
const folder = await mkdtemp(join(tmpdir(), 'sund-bench-'))
try {
  process.exitCode = (await bench(folder)) ? 0 : 1
} finally {
  // A task that failed may have left its database running.
  for (const home of await readdir(folder)) {
    if (existsSync(join(folder, home, 'postgres', 'cluster', 'postmaster.pid'))) await stopPostgres(join(folder, home))
  }
  await rm(folder, { recursive: true, force: true })
  const minutes = (performance.now() - start) / 60_000
  process.stderr.write(`The benches took ${minutes.toFixed(1)} minutes on ${availableParallelism()} cores.\n`)
}
