/** A server of the limits bench, in a process of its own: makes profiles, or takes the exports of one case to their end. */
import { once } from 'node:events'
import { vendorSetUps } from '../../demo/at-vendor.ts'
import { atPace } from '../../demo/pace.ts'
import { connectionTo } from '../../demo/set-up.ts'
import { untilIdle } from '../../demo/wait.ts'
import { SOURCE_FOLDER } from '../../src/refresh/refresh.ts'
import { openServer, type Server } from '../../src/server.ts'
import { updateConnection } from '../../src/store/connection.ts'
import { createExport } from '../../src/store/export.ts'
import { findRefresh } from '../../src/store/refresh.ts'
import { runsOf } from '../../src/store/run.ts'
import { createSegment, findSegment } from '../../src/store/segment.ts'
import { writeSetting } from '../../src/store/setting.ts'
import { saveSource } from '../../src/store/source.ts'
import { writeUnification } from '../../src/store/unification.ts'
import { noRates } from '../home.ts'
import { unificationOf } from '../people.ts'
import { watchPhases } from '../phases.ts'
import { figuresOf } from '../run-figures.ts'
import { peakMemory } from '../timing.ts'
import { FULL_SPEED } from './cases.ts'
import { type Orders, orders, type RunOrders, type ServerMessage } from './messages.ts'
import { matchings, peopleSource, ruleOf } from './people.ts'

const say = (message: ServerMessage): void => void process.send?.(message)
const log = {
  info: () => undefined,
  warn: (message: string) => void process.stderr.write(`  server: ${message}\n`),
}
const idle = async (server: Server): Promise<void> =>
  await untilIdle(server, () => undefined, new AbortController().signal)

async function prepare({ home, tables, segments }: Extract<Orders, { kind: 'prepare' }>): Promise<void> {
  const server = await openServer({ home, endpoints: new Map(), log })
  const { db } = server.ports
  await writeSetting(db, SOURCE_FOLDER, tables)
  await saveSource(db, peopleSource.name, peopleSource)
  await writeUnification(db, unificationOf(peopleSource))
  for (const { name, people } of segments) await createSegment(db, name, ruleOf(people))
  await server.start()
  const { id } = await server.requestRefresh()
  await idle(server)
  const refresh = await findRefresh(db, id)
  await server.close()
  if (refresh?.status !== 'Successful') throw new Error(`The refresh ended ${refresh?.status}: ${refresh?.reason}`)
}

const openFor = async ({ home, endpoints, speed }: RunOrders): Promise<Server> => {
  const { clock } = atPace(speed.kind === 'full' ? FULL_SPEED : speed.pace)
  return await openServer({
    home,
    endpoints: new Map(Object.entries(endpoints).map(([slug, url]) => [slug, new URL(url)])),
    log,
    clock,
    ...(speed.kind === 'full' ? { rates: noRates } : {}),
  })
}

async function setUp(server: Server, { vendor, name, exports, contractLimit }: RunOrders): Promise<string[]> {
  const { ports } = server
  const { db, vault } = ports
  const connection = await connectionTo(ports, vendor, name)
  if (contractLimit !== undefined) await updateConnection(db, vault, connection.id, { peopleLimit: contractLimit })
  const { exportSettings: settings, list } = vendorSetUps[vendor]
  const ids: string[] = []
  for (const one of exports) {
    const segment = await findSegment(db, one.name)
    if (segment === undefined) throw new Error(`There is no segment ${one.name}.`)
    const { id } = await createExport(db, {
      name: one.name,
      connectionId: connection.id,
      settings,
      matching: matchings[vendor],
      segmentIds: [segment.id],
      ...(list === undefined ? {} : { listRemoteId: await list(ports, one.name) }),
    })
    ids.push(id)
  }
  return ids
}

async function runAll(given: RunOrders): Promise<void> {
  const server = await openFor(given)
  const exportIds = await setUp(server, given)
  const told = once(process, 'message')
  say({ kind: 'ready' })
  await told
  const phases = watchPhases(server)
  await server.start()
  for (const id of exportIds) await server.requestRun(id)
  await idle(server)
  await phases.stop()
  const runs = await Promise.all(exportIds.map(async (id) => (await runsOf(server.ports.db, id, 1)).map(figuresOf)))
  const delivering = phases.most.get('delivering') ?? 0
  say({ kind: 'ended', runs: runs.flat(), peak: await peakMemory(), delivering })
  await server.close()
}

const given = orders.parse(JSON.parse(process.argv[2] ?? '{}'))
if (given.kind === 'prepare') await prepare(given)
else await runAll(given)
process.disconnect?.()
