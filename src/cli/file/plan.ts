/** Compares a file with the installation: which steps make this one what that one says. Changes nothing. */
import type { SundFile } from '../../domain/sund-file.ts'
import type { ReadFile } from '../input-file.ts'
import type { Parting } from '../resource.ts'
import type { Session } from '../session.ts'
import { connectionsSection } from './connections.ts'
import { segmentsSection, settingsSection, sourcesSection, unificationSection } from './definitions.ts'
import { exportsSection } from './exports.ts'
import type { Ids, Kind, Plan, Step } from './step.ts'

const newNames = (steps: readonly Step[]): ReadonlySet<string> =>
  new Set(steps.filter(({ change }) => change.action === 'create').map(({ change }) => change.name))

/** May the connection be to another account afterwards? */
const leadsElsewhere = ({ change: { action, differences = [] } }: Step): boolean =>
  action === 'create' || differences.some(({ path }) => /^(settings|credentials)\b/.test(path))

export interface PlanWishes {
  /** Removes what the file does not name, in the parts that it has; a part that it leaves out is never touched. */
  readonly prune: boolean
  /** What becomes of our people on lists that exports fill no more. */
  readonly people: Parting
}

export const planOf = async (
  session: Session,
  read: ReadFile<SundFile>,
  { prune, people }: PlanWishes,
): Promise<Plan> => {
  const ids: Ids = { segments: new Map(), connections: new Map() }
  const settings = await settingsSection(session, read.value, read.file)
  const sources = await sourcesSection(session, read.value)
  const unification = await unificationSection(session, read.value)
  const segments = await segmentsSection(session, read.value, ids)
  const connections = await connectionsSection(session, read, ids)
  const exports = await exportsSection(session, read, {
    ids,
    people,
    changing: new Set(connections.steps.filter(leadsElsewhere).map(({ change }) => change.name)),
    coming: { segments: newNames(segments.steps), connections: newNames(connections.steps) },
  })
  const made = [settings, sources, unification, segments, connections, exports]
  if (!prune) return { steps: made.flatMap(({ steps }) => steps), extras: made.flatMap(({ extras }) => extras) }
  // Exports leave first, since they hold lists that others may fill from now on; the rest when nothing uses it any more.
  const steps = [
    ...exports.removals,
    ...made.flatMap((section) => section.steps),
    ...[...segments.removals, ...connections.removals, ...sources.removals],
  ]
  return { steps, extras: [] }
}

const kinds: Readonly<Record<Kind, string>> = {
  settings: 'settings',
  source: 'source',
  unification: 'unification',
  segment: 'segment',
  connection: 'connection',
  export: 'export',
}

/** `segment “Californians”` */
export const nameText = (kind: Kind, name: string): string => (kind === name ? kinds[kind] : `${kinds[kind]} “${name}”`)
