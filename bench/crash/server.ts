/** The process that is killed: a server that sees to it that so many refreshes were asked for and done, then ends. */
import { z } from 'zod'
import { setUp } from '../../demo/set-up.ts'
import { untilIdle } from '../../demo/wait.ts'
import { openServer } from '../../src/server.ts'
import { findConnection, updateConnection } from '../../src/store/connection.ts'
import { recentRefreshes } from '../../src/store/refresh.ts'
import { exports, MAX_RECORDS, segments } from './definitions.ts'

const orders = z.object({
  home: z.string(),
  tables: z.string(),
  endpoints: z.record(z.string(), z.string()),
  /** Refreshes there shall have been when this ends. */
  refreshes: z.number(),
})
export type Orders = z.infer<typeof orders>

const { home, tables, endpoints, refreshes } = orders.parse(JSON.parse(process.argv[2] ?? '{}'))
const tell = (message: string) => process.stderr.write(`  server: ${message}\n`)

const server = await openServer({
  home,
  endpoints: new Map(Object.entries(endpoints).map(([slug, url]) => [slug, new URL(url)])),
  log: { info: () => undefined, warn: tell },
  run: { maxRecords: MAX_RECORDS },
})
const { db, vault } = server.ports
await setUp(server.ports, tables, { segments, exports })
const sendgrid = await findConnection(db, 'SendGrid sandbox')
// 100,000 people and then as many leaving and joining: the documented limit is lifted, as an administrator may.
if (sendgrid !== undefined) await updateConnection(db, vault, sendgrid.id, { limitLifted: true })
await server.start()
const asked = await recentRefreshes(db, refreshes)
for (let missing = refreshes - asked.length; missing > 0; missing--) await server.requestRefresh()
await untilIdle(server, () => undefined, new AbortController().signal)
await server.close()
