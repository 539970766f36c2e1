/** The steps for settings, sources, unification and segments: what no secret and no service is part of. */
import { dirname, resolve } from 'node:path'
import type { SundFile } from '../../domain/sund-file.ts'
import type { Answer } from '../client.gen.ts'
import type { Session } from '../session.ts'
import { everything } from '../things.ts'
import { unificationThere } from '../unification.ts'
import { differencesOf } from './differences.ts'
import type { Change, Extra, Ids, Step } from './step.ts'

/** What a part of the file asks for: what to make so, what to remove where that is wanted. */
export interface Section {
  readonly steps: readonly Step[]
  readonly removals: readonly Step[]
  readonly extras: readonly Extra[]
}

const none: Section = { steps: [], removals: [], extras: [] }

interface Remover {
  get(id: string): Promise<Answer<unknown>>
  remove(id: string, etag: string): Promise<Answer<unknown>>
  readonly note?: string
}

/** Adds the removals of what is there beyond the file, each of the version that is there now. */
export const withRemovals = async (
  kind: Extra['kind'],
  steps: readonly Step[],
  extra: readonly { readonly id: string; readonly name: string }[],
  { get, remove, note }: Remover,
): Promise<Section> => {
  const removals: Step[] = []
  for (const { id, name } of extra) {
    const { etag = '' } = await get(id)
    const change: Change = { action: 'remove', kind, name, ...(note === undefined ? {} : { note }) }
    removals.push({ change, carryOut: async () => void (await remove(id, etag)) })
  }
  return { steps, removals, extras: extra.map(({ name }) => ({ kind, name })) }
}

export const settingsSection = async (
  { client }: Session,
  { sourcesFolder }: SundFile,
  file: string,
): Promise<Section> => {
  if (sourcesFolder === undefined) return none
  const current = await client.getSettings()
  const folder = resolve(file === 'standard input' ? '.' : dirname(file), sourcesFolder)
  const differences = differencesOf({ sourcesFolder: current.body.sourcesFolder }, { sourcesFolder: folder })
  if (differences.length === 0) return none
  const carryOut = async (): Promise<void> => {
    const body = { ...current.body, sourcesFolder: folder }
    await client.replaceSettings({ headers: { 'if-match': current.etag ?? '' }, body })
  }
  return {
    ...none,
    steps: [{ change: { action: 'update', kind: 'settings', name: 'settings', differences }, carryOut }],
  }
}

export const sourcesSection = async ({ client }: Session, { sources }: SundFile): Promise<Section> => {
  if (sources === undefined) return none
  const there = await everything((query) => client.listSources({ query: { ...query, sort: 'id' } }))
  const steps: Step[] = []
  for (const wanted of sources) {
    const { name } = wanted
    const known = there.find(({ definition }) => definition.name === name)
    if (known === undefined) {
      const carryOut = async (): Promise<void> => void (await client.createSource({ body: wanted }))
      steps.push({ change: { action: 'create', kind: 'source', name }, carryOut })
      continue
    }
    const path = { id: known.id }
    const { body, etag = '' } = await client.getSource({ path })
    const differences = differencesOf(body.definition, wanted)
    if (differences.length === 0) continue
    const carryOut = async (): Promise<void> =>
      void (await client.replaceSource({ path, headers: { 'if-match': etag }, body: wanted }))
    steps.push({ change: { action: 'update', kind: 'source', name, differences }, carryOut })
  }
  const extra = there.filter(({ definition }) => !sources.some(({ name }) => name === definition.name))
  return await withRemovals(
    'source',
    steps,
    extra.map(({ id, definition: { name } }) => ({ id, name })),
    {
      get: (id) => client.getSource({ path: { id } }),
      remove: (id, etag) => client.removeSource({ path: { id }, headers: { 'if-match': etag } }),
    },
  )
}

export const unificationSection = async (session: Session, { unification }: SundFile): Promise<Section> => {
  if (unification === undefined) return none
  const { client } = session
  const current = await unificationThere(session)
  const named = { kind: 'unification', name: 'unification' } as const
  if (current === undefined) {
    const carryOut = async (): Promise<void> =>
      void (await client.replaceUnification({ headers: { 'if-none-match': '*' }, body: unification }))
    return { ...none, steps: [{ change: { action: 'create', ...named }, carryOut }] }
  }
  const differences = differencesOf(current.body, unification)
  if (differences.length === 0) return none
  const carryOut = async (): Promise<void> =>
    void (await client.replaceUnification({ headers: { 'if-match': current.etag ?? '' }, body: unification }))
  return { ...none, steps: [{ change: { action: 'update', ...named, differences }, carryOut }] }
}

export const segmentsSection = async ({ client }: Session, { segments }: SundFile, ids: Ids): Promise<Section> => {
  const there = await everything((query) => client.listSegments({ query: { ...query, sort: 'id' } }))
  for (const { id, name } of there) ids.segments.set(name, id)
  if (segments === undefined) return none
  const steps: Step[] = []
  for (const wanted of segments) {
    const { name } = wanted
    const id = ids.segments.get(name)
    if (id === undefined) {
      const carryOut = async (): Promise<void> => {
        ids.segments.set(name, (await client.createSegment({ body: wanted })).body.id)
      }
      steps.push({ change: { action: 'create', kind: 'segment', name }, carryOut })
      continue
    }
    const { body, etag = '' } = await client.getSegment({ path: { id } })
    const differences = differencesOf({ rule: body.rule }, { rule: wanted.rule })
    if (differences.length === 0) continue
    const carryOut = async (): Promise<void> =>
      void (await client.replaceSegment({ path: { id }, headers: { 'if-match': etag }, body: wanted }))
    steps.push({ change: { action: 'update', kind: 'segment', name, differences }, carryOut })
  }
  const extra = there.filter(({ name }) => !segments.some((wanted) => wanted.name === name))
  return await withRemovals('segment', steps, extra, {
    get: (id) => client.getSegment({ path: { id } }),
    remove: (id, etag) => client.removeSegment({ path: { id }, headers: { 'if-match': etag } }),
  })
}
