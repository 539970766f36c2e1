/** Shows what would be sent of one real person: the profile's fields before, and each field of the destination after. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { MatchField } from '../destination-kit/fields.ts'
import { fieldsIn } from '../domain/matched-value.ts'
import { type Matching, profileFieldsOf } from '../domain/matching.ts'
import type { DataEngine } from '../engine/engine.ts'
import { identifierColumn, identityColumn, type ProfilesVersion } from '../unify/profiles.ts'
import { fieldText, matchedColumns } from './matched-values.ts'
import { checksOf, type InvalidReason, invalidReasons, valueColumns } from './refused-values.ts'
import { fieldColumn } from './tables.ts'
import { membersOf } from './wanted.ts'

export interface PreviewInput {
  readonly profiles: ProfilesVersion
  readonly matching: Matching
  /** What the destination says of the matched fields. */
  readonly fields: readonly MatchField[]
  /** See `PlanInput`. */
  readonly hashed: boolean
}

/** One person by the CustomerId, or anybody of these member tables: one who can be sent, where there is one. */
export type Whom = { readonly customerId: string } | { readonly members: readonly string[] }

/** `after`: what would be sent; null where there is no value. `refused`: why this person is not sent. */
export interface PreviewedField {
  readonly name: string
  readonly label: string
  readonly before: readonly { readonly field: string; readonly value: string | null }[]
  readonly after: string | null
  readonly refused?: InvalidReason
}

export interface Preview {
  readonly customerId: string
  /** `name` is empty: the identifier is no field. */
  readonly identifier: PreviewedField
  readonly fields: readonly PreviewedField[]
}

const cell = z.string().nullable()
const reason = z.enum(invalidReasons).nullable()
const before = (index: number): string => `before ${index}`
const after = (index: number): string => `after ${index}`
const refusal = (index: number): string => `refused ${index}`

const chosen = ({ profiles, matching }: PreviewInput, whom: Whom): RawBuilder<unknown> => {
  const table = sql.id(profiles.table)
  if ('customerId' in whom) return sql`${table} p where p.customer_id = ${whom.customerId}`
  const identity = sql`p.${sql.id(identityColumn(matching.identifier))}`
  return sql`${table} p where p._n in ${membersOf(whom)} order by ${identity} is null, p._n limit 1`
}

const identifierRefusal = (was: string | null, sent: string | null): { readonly refused?: InvalidReason } => {
  if (sent !== null) return {}
  return { refused: was === null || was.trim() === '' ? 'missing' : 'malformed' }
}

/** Undefined where nobody is found. The same expressions as those of a plan, over one profile. */
export async function previewMatching(
  engine: DataEngine,
  input: PreviewInput,
  whom: Whom,
): Promise<Preview | undefined> {
  const { profiles, matching, hashed } = input
  const { dialect } = engine
  const compiling = { dialect, fields: profiles.fields }
  const columns = matchedColumns(compiling, matching, input.fields)
  const checks = checksOf(dialect, columns, input.fields)
  const sources = profileFieldsOf(matching)
  const sent = hashed ? dialect.sha256(sql`v.normalised`) : sql`v.normalised`
  const inner = [
    sql`p.customer_id`,
    sql`p.${sql.id(identifierColumn(matching.identifier))} as normalised`,
    ...sources.map((name, index) => sql`${fieldText(compiling, name)} as ${sql.id(before(index))}`),
    ...valueColumns(columns),
  ]
  const outer = [
    sql`v.customer_id, ${sent} as identifier`,
    ...sources.map((_, index) => sql`v.${sql.id(before(index))}`),
    ...columns.map(({ name }, index) => sql`v.${fieldColumn(name)} as ${sql.id(after(index))}`),
    ...columns.map(({ name }, index) => {
      const check = checks.find(({ field }) => field === name)
      return sql`${check?.reason ?? sql`cast(null as varchar)`} as ${sql.id(refusal(index))}`
    }),
  ]
  const [row] = await engine.rows(
    sql`select ${sql.join(outer)} from (select ${sql.join(inner)} from ${chosen(input, whom)}) v`,
    z.object({ customer_id: z.string() }).catchall(cell),
  )
  if (row === undefined) return undefined
  const beforeOf = (name: string) => ({ field: name, value: row[before(sources.indexOf(name))] ?? null })
  const own = beforeOf(matching.identifier)
  const identifier = row.identifier ?? null
  return {
    customerId: row.customer_id,
    identifier: {
      ...{ name: '', label: matching.identifier, before: [own], after: identifier },
      ...identifierRefusal(own.value, identifier),
    },
    fields: columns.map(({ name }, index) => {
      const why = reason.parse(row[refusal(index)] ?? null)
      return {
        name,
        label: input.fields.find((field) => field.name === name)?.label ?? name,
        before: fieldsIn(matching.fields[name] ?? { clear: true }).map(beforeOf),
        after: row[after(index)] ?? null,
        ...(why === null ? {} : { refused: why }),
      }
    }),
  }
}
