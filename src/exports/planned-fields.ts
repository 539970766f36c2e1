/** The delta over the fields that the account has now: asked for only where somebody is to be written. */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Watch } from '../delivery/channel.ts'
import type { MatchField } from '../destination-kit/fields.ts'
import type { Reads } from '../store/reads.ts'
import { runsOf } from '../store/run.ts'
import { chosenList } from './lists.ts'
import { accountNames, askAccountFields, keptField, matchedFields } from './matched-fields.ts'
import { pinnedShape } from './pinned.ts'
import type { ListDelta } from './plan.ts'
import type { Subject } from './subject.ts'
import type { PlanInput } from './wanted.ts'

/** Runs that are looked through for what the account said of its fields. */
const RUNS_REMEMBERED = 5

/** A delta, and what it was planned from, fields included. */
export interface PlannedDelta {
  readonly subject: Subject
  readonly deltas: ListDelta[]
}

/** What comparing needs from around it. `plan` writes the draft, or only says what it would be. */
export interface PlanPorts {
  readonly db: Reads
  plan(input: PlanInput): Promise<ListDelta[]>
}

/** Whom the delta would write: their fields have to be there. */
const writes = (deltas: readonly ListDelta[]): boolean => deltas.some(({ added, updated }) => added + updated > 0)

/** The fields of the account as the last runs to it knew them, where these knew all that is matched now. */
async function rememberedFields({ db }: PlanPorts, { wanted, row }: Subject, names: readonly string[]) {
  for (const { pinned } of await runsOf(db, wanted.id, RUNS_REMEMBERED)) {
    const kept = pinnedShape.safeParse(pinned).data
    const knows = kept?.connectionId === row.id && names.every((name) => kept.fields.some((one) => one.name === name))
    if (knows) return kept.fields.filter(({ name }) => names.includes(name))
  }
  return undefined
}

async function askFields(subject: Subject, watch: Watch, signal: AbortSignal): Promise<readonly MatchField[]> {
  const { connection, lists, wanted } = subject
  const remoteId =
    lists.find(({ list }) => list.remoteId !== undefined)?.list.remoteId ?? chosenList(connection, wanted)
  const list = remoteId === undefined ? undefined : { id: remoteId, name: remoteId }
  return await askAccountFields({ connection, list, signal, watch })
}

const withFields = (subject: Subject, account: readonly MatchField[]): Subject => {
  const { connection, wanted, input } = subject
  const fields = matchedFields(connection.destination, wanted, input.profiles.fields, account)
  return { ...subject, input: { ...input, fields } }
}

/**
 * The delta, over what the account says of its fields. A run that sends nothing asks nothing: what the last one was told
 * is taken for true until there is somebody to write.
 */
export async function planned(
  ports: PlanPorts,
  subject: Subject,
  watch: Watch,
  signal: AbortSignal,
): Promise<PlannedDelta> {
  // Planned before, in this run: what was asked for then still stands.
  if (subject.input.fields !== undefined) return { subject, deltas: await ports.plan(subject.input) }
  const over = async (account: readonly MatchField[]) => {
    const known = withFields(subject, account)
    return { subject: known, deltas: await ports.plan(known.input) }
  }
  const names = accountNames(subject.connection.destination, subject.wanted.matching)
  if (names.length === 0) return await over([])
  const remembered = await rememberedFields(ports, subject, names)
  if (remembered === undefined) return await over(await askFields(subject, watch, signal))
  const first = await over(remembered)
  if (!writes(first.deltas)) return first
  const now = await askFields(subject, watch, signal)
  const matched = z.array(keptField).parse(now.filter(({ name }) => names.includes(name)))
  const unchanged =
    matched.length === remembered.length &&
    remembered.every((one) => matched.some((other) => isDeepStrictEqual(other, one)))
  return unchanged ? first : await over(now)
}
