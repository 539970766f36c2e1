/** What the destination says of the fields that an export matches: its own ones, and those that the account has now. */
import { z } from 'zod'
import type { OpenConnection } from '../connections/open-connection.ts'
import type { Watch } from '../delivery/channel.ts'
import { converse } from '../delivery/conversation.ts'
import type { FieldKind, MatchField } from '../destination-kit/fields.ts'
import type { AnyDestination, List } from '../destination-kit/kit.ts'
import type { MatchedField } from '../domain/matched-value.ts'
import { type Matching, profileFieldsOf } from '../domain/matching.ts'
import { SundError } from '../errors.ts'
import type { SealedField } from '../unify/profiles.ts'

const limit = z.object({
  value: z.number(),
  source: z.string(),
  checked: z.string(),
  kind: z.enum(['documented', 'measured', 'assumed']),
})

/** A field as it is kept with a run. */
export const keptField = z
  .object({
    name: z.string(),
    label: z.string(),
    kind: z.enum(['text', 'number', 'boolean', 'date']).optional(),
    oneOf: z.array(z.string()).optional(),
    max: limit.optional(),
    required: z.literal(true).optional(),
  })
  .transform(
    ({ name, label, kind, oneOf, max, required }): MatchField => ({
      ...{ name, label },
      ...(kind === undefined ? {} : { kind }),
      ...(oneOf === undefined ? {} : { oneOf }),
      ...(max === undefined ? {} : { max }),
      ...(required === undefined ? {} : { required }),
    }),
  )

/** Names that are matched and are none of the destination's own fields. */
export const accountNames = ({ fields: own }: AnyDestination, { fields }: Pick<Matching, 'fields'>): string[] =>
  Object.keys(fields).filter((name) => !own.some((field) => field.name === name))

/** Where the vendor is asked: `list` where it is known already. */
export interface Asking {
  readonly connection: OpenConnection
  readonly list: List | undefined
  readonly signal: AbortSignal
  readonly watch?: Watch
}

/** The fields that the account has of its own now; none where the destination knows no such fields. Throws what conversations throw. */
export async function askAccountFields({ connection, list, signal, watch }: Asking): Promise<readonly MatchField[]> {
  const { destination, place, channel } = connection
  const { accountFields } = destination
  if (accountFields === undefined) return []
  return await converse(() => accountFields(place, list), channel, signal, watch)
}

/** The kind that a field is made with at the vendor: that of the profile field that fills it as it is. */
const kindFrom = (matched: MatchedField | undefined, profile: readonly SealedField[]): FieldKind =>
  typeof matched === 'string' ? (profile.find(({ name }) => name === matched)?.type ?? 'text') : 'text'

/** As people find them: the label that the vendor shows, and the name that a data matching holds. */
export const fieldList = (fields: readonly MatchField[]): string =>
  fields.map(({ name, label }) => (name === label ? name : `${label} (${name})`)).join(', ')

export interface NamedMatching {
  /** Of the export. */
  readonly name: string
  readonly matching: Matching
}

/**
 * Said here in plain words: the engine would only say that it does not know the column. Throws SundError
 * run.field_missing, run.field_not_identifier.
 */
export function checkProfileFields({ name, matching }: NamedMatching, fields: readonly SealedField[]): void {
  for (const field of profileFieldsOf(matching)) {
    if (fields.some((known) => known.name === field)) continue
    const found = fields.map((known) => known.name).join(', ')
    throw new SundError('run.field_missing', { export: name, field, found })
  }
  if (fields.some((known) => known.name === matching.identifier && known.identifier !== undefined)) return
  throw new SundError('run.field_not_identifier', { export: name, field: matching.identifier })
}

/**
 * What is known of each matched field, in the order of the matching. A field that is not there any more is made anew
 * where the destination makes fields; else it throws SundError run.destination_field_missing.
 */
export function matchedFields(
  destination: AnyDestination,
  { name: exportName, matching }: NamedMatching,
  profile: readonly SealedField[],
  account: readonly MatchField[],
): readonly MatchField[] {
  const known = [...destination.fields, ...account]
  return Object.entries(matching.fields).map(([name, matched]): MatchField => {
    const field = known.find((one) => one.name === name)
    if (field !== undefined) return field
    if (destination.ensureFields !== undefined) return { name, label: name, kind: kindFrom(matched, profile) }
    throw new SundError('run.destination_field_missing', {
      export: exportName,
      destination: destination.name,
      field: name,
      found: fieldList(known),
    })
  })
}
