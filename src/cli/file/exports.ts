/** The steps for exports, which name their connection, segments and list as people do. */
import type { FileExport, SundFile } from '../../domain/sund-file.ts'
import type { Answer, Export } from '../client.gen.ts'
import { WrongFile } from '../failure.ts'
import type { ReadFile } from '../input-file.ts'
import type { Parting } from '../resource.ts'
import type { Session } from '../session.ts'
import { everything } from '../things.ts'
import { listIdOf } from '../vendor-lists.ts'
import { type Section, withRemovals } from './definitions.ts'
import { type Difference, differencesOf } from './differences.ts'
import type { Ids, Step } from './step.ts'

/** What the plan knows before anything of it is carried out. */
export interface Ahead {
  readonly ids: Ids
  /** What becomes of our people on lists that exports fill no more. */
  readonly people: Parting
  /** Names of connections that may be to another account once the plan is carried out: what is there is known then. */
  readonly changing: ReadonlySet<string>
  /** Names of segments and connections that the plan makes. */
  readonly coming: { readonly segments: ReadonlySet<string>; readonly connections: ReadonlySet<string> }
}

const idIn = (ids: ReadonlyMap<string, string>, name: string): string => {
  const id = ids.get(name)
  if (id === undefined) throw new TypeError(`${name} was neither there nor made.`)
  return id
}

const bodyOf = async ({ client }: Session, { ids }: Ahead, wanted: FileExport) => {
  const { name, connection, segments, matching, settings } = wanted
  const id = idIn(ids.connections, connection)
  const segmentIds = segments.map((segment) => idIn(ids.segments, segment))
  return { name, connectionId: id, segmentIds, matching, settings, listId: await listIdOf(client, id, wanted) }
}

const nameOf = (ids: ReadonlyMap<string, string>, wanted: string): string =>
  [...ids].find(([, id]) => id === wanted)?.[0] ?? `id ${wanted}`

const listDifference = async (
  { client }: Session,
  ahead: Ahead,
  current: Export,
  wanted: FileExport,
): Promise<readonly Difference[]> => {
  const isKnown = wanted.list === undefined || !ahead.changing.has(wanted.connection)
  if (!isKnown) return [{ path: 'list', before: current.listId, after: `“${wanted.list}”, looked up when applied` }]
  const id = await listIdOf(client, idIn(ahead.ids.connections, wanted.connection), wanted)
  return differencesOf({ listId: current.listId }, { listId: id })
}

const notes = {
  leave: { update: 'people stay in lists that it fills no more', remove: 'people stay in its lists at the service' },
  remove: {
    update: 'once a person approves, our people are taken off lists that it fills no more',
    remove: 'once a person approves, our people are taken off its lists first',
  },
} as const satisfies Record<Parting, Record<'update' | 'remove', string>>

const updateStep = async (
  session: Session,
  ahead: Ahead,
  { body: current, etag = '' }: Answer<Export>,
  wanted: FileExport,
): Promise<Step | undefined> => {
  const { ids } = ahead
  const { matching, settings } = wanted
  const before = {
    connection: nameOf(ids.connections, current.connectionId),
    // Their order says nothing.
    segments: current.segmentIds.map((id) => nameOf(ids.segments, id)).sort(),
    matching: current.matching,
    settings: current.settings,
  }
  const after = { connection: wanted.connection, segments: [...wanted.segments].sort(), matching, settings }
  const differences = [...differencesOf(before, after), ...(await listDifference(session, ahead, current, wanted))]
  if (differences.length === 0) return undefined
  const isTakenOff = current.listId === null && before.segments.some((name) => !after.segments.includes(name))
  const partsFromLists = differences.some(({ path }) => path === 'listId' || path === 'list') || isTakenOff
  const { people } = ahead
  return {
    change: {
      ...{ action: 'update', kind: 'export', name: wanted.name, differences },
      ...(partsFromLists ? { note: notes[people].update } : {}),
    },
    carryOut: async () => {
      const body = await bodyOf(session, ahead, wanted)
      const headers = { 'if-match': etag }
      await session.client.replaceExport({ path: { id: current.id }, query: { people }, headers, body })
    },
  }
}

const refuseUnknown = (read: ReadFile<SundFile>, { ids, coming }: Ahead): void => {
  const wrong = (read.value.exports ?? []).flatMap(({ connection, segments }, at) => [
    ...(ids.connections.has(connection) || coming.connections.has(connection)
      ? []
      : [read.place(['exports', at, 'connection'], 'There is no connection of this name, in the file or in Sund.')]),
    ...segments.flatMap((segment, index) =>
      ids.segments.has(segment) || coming.segments.has(segment)
        ? []
        : [read.place(['exports', at, 'segments', index], 'There is no segment of this name, in the file or in Sund.')],
    ),
  ])
  if (wrong.length > 0) throw new WrongFile(read.file, wrong)
}

/** Throws WrongFile where an export names what is nowhere, and what looking for a list at a service throws. */
export const exportsSection = async (session: Session, read: ReadFile<SundFile>, ahead: Ahead): Promise<Section> => {
  const { exports } = read.value
  if (exports === undefined) return { steps: [], removals: [], extras: [] }
  refuseUnknown(read, ahead)
  const { client } = session
  const there = await everything((query) => client.listExports({ query: { ...query, sort: 'id' } }))
  const steps: Step[] = []
  for (const wanted of exports) {
    const known = there.find(({ name }) => name === wanted.name)
    if (known !== undefined) {
      const step = await updateStep(session, ahead, await client.getExport({ path: { id: known.id } }), wanted)
      if (step !== undefined) steps.push(step)
      continue
    }
    const carryOut = async (): Promise<void> =>
      void (await client.createExport({ body: await bodyOf(session, ahead, wanted) }))
    steps.push({ change: { action: 'create', kind: 'export', name: wanted.name }, carryOut })
  }
  // One that is leaving already is on its way.
  const extra = there.filter(({ name, leaving }) => !leaving && !exports.some((wanted) => wanted.name === name))
  return await withRemovals('export', steps, extra, {
    get: (id) => client.getExport({ path: { id } }),
    remove: async (id, etag): Promise<Answer<unknown>> => {
      const one = { path: { id }, headers: { 'if-match': etag } }
      return ahead.people === 'remove' ? await client.leaveExport(one) : await client.removeExport(one)
    },
    note: notes[ahead.people].remove,
  })
}
