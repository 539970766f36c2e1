/**
 * `npm run grid`: every fault of faults.ts, at every destination, in every phase, against the simulators on a clock that
 * jumps. `-- --only sendgrid/reset/applied` (or a part: `sendgrid`, `sendgrid/reset`) repeats some cells and tells what happened.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { type SandboxVendor, sandboxVendors } from '../../sandbox/vendors.ts'
import { type CellResult, runLane } from './lane.ts'
import { matrixOf } from './matrix.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    /** Tell the cells' results as JSON, a line each: for the parent process. */
    child: { type: 'boolean', default: false },
  },
})
const [vendorName, fault, phase] = values.only?.split('/') ?? []
const only = { ...(fault === undefined ? {} : { fault }), ...(phase === undefined ? {} : { phase }) }
const tell = (line: string): void => void process.stdout.write(`${line}\n`)

const vendors = sandboxVendors.filter((vendor) => vendorName === undefined || vendorName === vendor)
if (vendors.length === 0) throw new Error(`There is no destination ${vendorName}: ${sandboxVendors.join(', ')}.`)

const resultShape = z.object({
  name: z.string(),
  problems: z.array(z.string()),
  told: z.array(z.string()),
  hits: z.number(),
})

const here = async (vendor: SandboxVendor): Promise<CellResult[]> => {
  const { cells } = matrixOf(vendor, only)
  if (cells.length === 0) return []
  const folder = await mkdtemp(join(tmpdir(), 'sund-grid-'))
  try {
    return await runLane(vendor, folder, cells)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** A process for each destination, so that two cores have something to do. */
const inChild = async (vendor: SandboxVendor): Promise<CellResult[]> => {
  const script = fileURLToPath(import.meta.url)
  const child = spawn(process.execPath, [...process.execArgv, script, '--child', '--only', vendor], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (piece: Buffer) => {
    output += piece.toString()
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`The cells of ${vendor} ended with ${code}.`)
  return z.array(resultShape).parse(JSON.parse(output))
}

const judge = (results: readonly CellResult[], seconds: number): void => {
  const impossible = vendors.flatMap((vendor) => matrixOf(vendor, only).impossible)
  const cells = results.filter(({ name, problems }) => problems.length > 0 || !name.includes('/nothing/'))
  const failed = cells.filter(({ problems }) => problems.length > 0)
  for (const { name, problems, told } of values.only === undefined ? failed : cells) {
    tell(`${problems.length === 0 ? 'passed' : 'FAILED'} ${name}`)
    for (const problem of problems) tell(`  ! ${problem}`)
    for (const line of told) tell(`    ${line}`)
  }
  for (const { name, why } of impossible) tell(`impossible ${name}: ${why}`)
  if (cells.length + impossible.length === 0) tell(`There is no such cell: ${values.only}`)
  const hits = cells.reduce((sum, cell) => sum + cell.hits, 0)
  tell(`${hits} requests met a fault, in ${Math.round(seconds)} s`)
  tell(`${cells.length - failed.length} passed, ${failed.length} failed, ${impossible.length} impossible`)
  process.exitCode = failed.length > 0 || cells.length + impossible.length === 0 ? 1 : 0
}

const startedAt = performance.now()
const [one, another] = vendors
if (values.child && one !== undefined) {
  process.stdout.write(JSON.stringify(await here(one)))
} else {
  const results = await Promise.all(
    one !== undefined && another === undefined ? [here(one)] : vendors.map((vendor) => inChild(vendor)),
  )
  judge(results.flat(), (performance.now() - startedAt) / 1000)
}
