/** A data folder with profiles and one segment of everybody, opened as a server's parts with the ports that a bench may change. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Clock } from '../src/delivery/ports.ts'
import type { Rates } from '../src/delivery/rates.ts'
import { systemClock } from '../src/delivery/system-clock.ts'
import { destinations } from '../src/destinations/index.ts'
import type { DataEngine } from '../src/engine/engine.ts'
import type { RunPorts } from '../src/exports/run-ports.ts'
import { sealMembers } from '../src/segments/members.ts'
import { openServer } from '../src/server.ts'
import { createTablesRegistry, type SealedTable, tableOf } from '../src/sources/sealed-tables.ts'
import { createSegment, findSegment } from '../src/store/segment.ts'
import { currentProfiles, type ProfilesVersion } from '../src/unify/profiles.ts'
import { unify } from '../src/unify/unify.ts'
import { everybody, peopleRelation, peopleSource, peopleUnification } from './people.ts'
import { secondsOf } from './timing.ts'

export const IDENTITY_KEY = '5b'.repeat(32)
export const SEGMENT = 'Everybody'
const VERSION = 1

export interface Home {
  readonly ports: RunPorts
  readonly profiles: ProfilesVersion
  readonly segmentId: string
  close(): Promise<void>
}

export interface HomeOptions {
  readonly folder: string
  /** Where every vendor is, in place of its own address. */
  readonly endpoint?: URL
  readonly rates?: Rates
  readonly clock?: Clock
  /** Place of the route that a run takes, whatever its threshold. */
  readonly route?: number
}

/** Nothing waits: the rates of vendors are measured by a bench of their own. */
export const noRates: Rates = { take: async () => undefined, hold: () => undefined }

/** A clock on which `times` seconds pass in one: the pauses between looks at a job are not what is measured. */
export const fastClock = (times: number): Clock => ({
  now: systemClock.now,
  monotonic: () => systemClock.monotonic() * times,
  sleep: async (ms, signal) => await systemClock.sleep(ms / times, signal),
})

const isMade = async (folder: string): Promise<boolean> =>
  await access(join(folder, 'engine')).then(
    () => true,
    () => false,
  )

/** The people as a source table that was sealed, without the way over a file. */
export async function sealSource(engine: DataEngine, people: number): Promise<SealedTable> {
  const { name, file, key, columns } = peopleSource
  const table = tableOf(name, VERSION)
  const shape = columns.map((column) => ({ name: column.name, type: column.type }))
  await engine.run(createTablesRegistry)
  await engine.run(
    sql`create table ${sql.id(table)} as select *, cast(null as smallint) as _unfit from ${peopleRelation(people)}`,
  )
  await engine.run(sql`insert into sealed_table (name, version, rows, set_aside, sealed_at, file, key, columns)
    values (${name}, ${VERSION}, ${people}, 0, 0, ${file}, ${key}, ${JSON.stringify(shape)})`)
  return { name, version: VERSION, table, rows: people, setAside: 0, sealedAt: 0, file, key, columns: shape }
}

/** Opens the data folder and makes its parts where they are missing. */
async function openParts({ folder, endpoint, rates, clock, route }: HomeOptions) {
  const slugs = endpoint === undefined ? [] : destinations.map(({ id }) => id)
  const server = await openServer({
    home: folder,
    endpoints: new Map(slugs.map((slug) => [slug, endpoint ?? new URL('http://127.0.0.1')])),
    log: { info: () => undefined, warn: (message) => void process.stderr.write(`  ${message}\n`) },
  })
  const ports: RunPorts = {
    ...server.ports,
    ...(rates === undefined ? {} : { rates }),
    ...(clock === undefined ? {} : { clock }),
    options: { guardOff: true, ...(route === undefined ? {} : { route }) },
  }
  return { ports, close: async () => await server.close() }
}

/** Opens a data folder that `makeHome` has made. */
export async function openHome(options: HomeOptions): Promise<Home> {
  const { ports, close } = await openParts(options)
  const profiles = await currentProfiles(ports.engine)
  const segment = await findSegment(ports.db, SEGMENT)
  if (profiles === undefined || segment === undefined) throw new Error(`${options.folder} was not made whole.`)
  return { ports, profiles, segmentId: segment.id, close }
}

export interface MakingTimes {
  /** Seconds of matching, ids, keys and hashes. */
  readonly seal: number
  readonly segment: number
}

/** Makes the data folder with so many people, once; gives the times it took, or undefined where it was there. */
export async function makeHome(folder: string, people: number): Promise<MakingTimes | undefined> {
  if (await isMade(folder)) return undefined
  const { ports, close } = await openParts({ folder })
  try {
    const table = await sealSource(ports.engine, people)
    const now = new Date()
    const options = { identityKey: IDENTITY_KEY, now }
    const seal = await secondsOf(() => unify(ports.engine, peopleUnification, [table], options))
    const segment = await createSegment(ports.db, SEGMENT, everybody)
    const profiles = await currentProfiles(ports.engine)
    if (profiles?.rows !== people) throw new Error(`${people} people became ${profiles?.rows} profiles.`)
    const today = now.toISOString().slice(0, 10)
    const segmentTime = await secondsOf(() => sealMembers(ports.engine, [segment], profiles, { now, today }))
    return { seal, segment: segmentTime }
  } finally {
    await close()
  }
}
