/** Looks people up in the current profiles: a page of them, or those of a customer ID or an address. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { DataEngine } from '../engine/engine.ts'
import { identifierColumn, type ProfilesVersion, type SealedField } from './profiles.ts'

export type ProfileValue = string | number | boolean | null

export interface Profile {
  readonly customerId: string
  /** By the name of the field; dates as ISO text. */
  readonly fields: Readonly<Record<string, ProfileValue>>
}

export type ProfileFilter =
  | { readonly by: 'all' }
  | { readonly by: 'customer ID'; readonly customerId: string }
  /** Exact, as normalised addresses are, in any field that is an identifier. */
  | { readonly by: 'email'; readonly email: string }

const value = z.union([z.string(), z.number(), z.boolean(), z.null()])
const row = z.object({ customer_id: z.string() }).catchall(value)
const counted = z.object({ n: z.number() })

/** Fields may have any name, so in the result they are numbered. */
const alias = (index: number): string => `f${index}`

const selected = ({ name, type }: SealedField, index: number): RawBuilder<unknown> => {
  const column = type === 'date' ? sql`cast(${sql.id(name)} as varchar)` : sql.id(name)
  return sql`${column} as ${sql.id(alias(index))}`
}

const condition = (engine: DataEngine, { fields }: ProfilesVersion, filter: ProfileFilter): RawBuilder<unknown> => {
  if (filter.by === 'all') return sql`true`
  if (filter.by === 'customer ID') return sql`customer_id = ${filter.customerId}`
  const wanted = engine.dialect.normalisedEmail(sql`cast(${filter.email} as varchar)`)
  const identifiers = fields.filter(({ identifier }) => identifier !== undefined)
  return sql`(${sql.join(
    [sql`false`, ...identifiers.map(({ name }) => sql`${sql.id(identifierColumn(name))} = ${wanted}`)],
    sql` or `,
  )})`
}

/** In the order in which the profiles were sealed, which stays as it is for the version. */
export async function profilePage(
  engine: DataEngine,
  profiles: ProfilesVersion,
  filter: ProfileFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly profiles: Profile[]; readonly total: number }> {
  const table = sql.id(profiles.table)
  const wanted = condition(engine, profiles, filter)
  const total =
    filter.by === 'all'
      ? profiles.rows
      : ((await engine.rows(sql`select count(*) as n from ${table} where ${wanted}`, counted))[0]?.n ?? 0)
  // Numbered from 0 without gaps: a page far down costs no more than the first.
  const place = filter.by === 'all' ? sql`${sql.id('_n')} >= ${offset} and ${sql.id('_n')} < ${offset + limit}` : wanted
  const columns = [sql`customer_id`, ...profiles.fields.map(selected)]
  const rows = await engine.rows(
    sql`select ${sql.join(columns)} from ${table} where ${place} order by ${sql.id('_n')}
      limit ${limit} offset ${filter.by === 'all' ? 0 : offset}`,
    row,
  )
  const found = rows.map((one) => ({
    customerId: one.customer_id,
    fields: Object.fromEntries(profiles.fields.map(({ name }, index) => [name, one[alias(index)] ?? null])),
  }))
  return { profiles: found, total }
}
