/** The process that is killed: a server that sees to it that so many refreshes were asked for and done, then ends. */
import { sources } from '../../demo/definitions.ts'
import { PROFILE_FILES } from '../../demo/generate.ts'
import { atPace } from '../../demo/pace.ts'
import { setUp } from '../../demo/set-up.ts'
import { untilIdle } from '../../demo/wait.ts'
import { destinationOf } from '../../src/destinations/index.ts'
import { openServer } from '../../src/server.ts'
import { findConnection, updateConnection } from '../../src/store/connection.ts'
import { findExport } from '../../src/store/export.ts'
import { recentRefreshes } from '../../src/store/refresh.ts'
import { runsOf } from '../../src/store/run.ts'
import { noRates } from '../home.ts'
import { figuresOf } from '../run-figures.ts'
import { exports, MAX_RECORDS, segments } from './definitions.ts'
import { orders, type ServerMessage } from './messages.ts'

const { home, tables, endpoints, refreshes, pace, large } = orders.parse(JSON.parse(process.argv[2] ?? '{}'))
/** Place of the route for large files, where a destination has one. */
const LARGE_ROUTE = 1
const LOOK_AT_MEMORY_EVERY_MS = 100
/** Vendors are kept silent while the server is killed at another: none shall count as down for that. */
const LONGEST_SILENCE_MS = 24 * 3_600_000

const say = (message: ServerMessage): void => void process.send?.(message)
let exporting = false
const noteMemory = (): void => {
  const { rss, heapUsed } = process.memoryUsage()
  say({ kind: 'memory', resident: rss, heap: heapUsed, exporting })
}
setInterval(noteMemory, LOOK_AT_MEMORY_EVERY_MS).unref()

const tell = (message: string) => process.stderr.write(`  server: ${message}\n`)

/** Only those who take large files, where these are what is tried. */
const own = exports.filter(
  ({ destination }) => large === undefined || destinationOf(destination).add.some(({ bulk }) => bulk === true),
)

const server = await openServer({
  home,
  endpoints: new Map(Object.entries(endpoints).map(([slug, url]) => [slug, new URL(url)])),
  log: { info: () => undefined, warn: tell },
  // The times after which a request counts as lost stay those of the machine.
  clock: atPace(pace).clock,
  patienceMs: LONGEST_SILENCE_MS * pace,
  run: large === undefined ? { maxRecords: MAX_RECORDS } : { ...large, guardOff: true, route: LARGE_ROUTE },
  ...(large === undefined ? {} : { rates: noRates }),
})
const { db, vault } = server.ports
await setUp(server.ports, tables, {
  segments,
  exports: own,
  ...(large === undefined ? {} : { sources: sources.filter(({ file }) => PROFILE_FILES.includes(file)) }),
})
const sendgrid = await findConnection(db, 'SendGrid sandbox')
// 100,000 people and then as many leaving and joining: the documented limit is lifted, as an administrator may.
if (sendgrid !== undefined) await updateConnection(db, vault, sendgrid.id, { limitLifted: true })
await server.start()
const asked = await recentRefreshes(db, refreshes)
for (let missing = refreshes - asked.length; missing > 0; missing--) await server.requestRefresh()
const watch = (line: string): void => {
  exporting = !line.includes('refresh')
}
await untilIdle(server, watch, new AbortController().signal)
noteMemory()
for (const { name, destination } of own) {
  const one = await findExport(db, name)
  const [run] = one === undefined ? [] : await runsOf(db, one.id, 1)
  if (run === undefined) continue
  say({ kind: 'run', destination, ...figuresOf(run) })
}
await server.close()
