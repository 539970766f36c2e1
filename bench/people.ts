/** Made-up people as an SQL relation, and what Sund is told about them: source, unification, segments. Every value follows from the row's number. */
import { type RawBuilder, sql } from 'kysely'
import type { Rule } from '../src/domain/rule.ts'
import type { SourceTable } from '../src/domain/source.ts'
import type { Unification } from '../src/domain/unification.ts'

const words = (...values: string[]): RawBuilder<unknown> => sql`[${sql.join(values.map((value) => sql.lit(value)))}]`

const firstNames = words('Ada', 'Bjørn', 'Camille', 'Dimitra', 'Elif', 'Fatima', 'Gro', 'Håkon', 'Ivy', 'Jonas', 'Kaja')
const lastNames = words('Abe', 'Berg', 'Costa', 'Dahl', 'Evans', 'Foss', 'Garcia', 'Hansen', 'Ito', 'Jensen', 'Kurt')
const cities = words('Oslo', 'Bergen', 'Tromsø', 'Portland', 'Austin', 'San Diego', 'Lyon', 'Utrecht', 'Kraków')
const states = words('California', 'Oregon', 'Texas', 'Vestland', 'Oslo', 'Troms', 'Utrecht')
const countries = words('Norway', 'United States', 'France', 'Netherlands', 'Poland')
const tiers = words('low', 'middle', 'high')

/** Multiplying by a prime and looking at the high part spreads neighbours over the words. */
const draw = (salt: number): RawBuilder<unknown> => sql`((i * ${sql.lit(salt)} % 1000003) // 7)`
const pick = (list: RawBuilder<unknown>, salt: number): RawBuilder<unknown> =>
  sql`${list}[cast(${draw(salt)} % len(${list}) as integer) + 1]`

/** People number 0 to `count - 1`, of 13 columns in the types of a sealed table. Each has an address of its own. */
export const peopleRelation = (count: number): RawBuilder<unknown> => sql`(
  select 'P' || i as "PersonId", ${pick(firstNames, 7919)} as "FirstName", ${pick(lastNames, 104729)} as "LastName",
    'Person.' || (i * 7919 % 100000007) || '.' || i || '@example.com' as "Email",
    ${pick(cities, 15485863)} as "City", ${pick(states, 32452843)} as "State", ${pick(countries, 49979687)} as "Country",
    cast(10000 + ${draw(67867967)} % 89999 as varchar) as "PostCode", '+47' || (40000000 + i % 9999999) as "Telephone",
    date '1940-01-01' + cast(${draw(86028121)} % 24000 as integer) as "DateOfBirth", ${pick(tiers, 2038074743)} as "LoyaltyTier",
    ${draw(179424673)} % 4 <> 0 as "Subscriber", cast(${draw(373587883)} % 90000 as double) as "Income"
  from range(${sql.lit(count)}) r(i))`

const text = (...names: string[]) => names.map((name) => ({ name, type: 'text' as const }))

export const peopleSource: SourceTable = {
  name: 'People',
  file: 'People.csv',
  delimiter: ',',
  key: 'PersonId',
  columns: [
    ...text('PersonId', 'FirstName', 'LastName', 'Email', 'City', 'State', 'Country', 'PostCode', 'Telephone'),
    { name: 'DateOfBirth', type: 'date' },
    ...text('LoyaltyTier'),
    { name: 'Subscriber', type: 'boolean' },
    { name: 'Income', type: 'number' },
  ],
}

/** Every column but the key becomes a field; the table has addresses in the column `Email`. */
export const unificationOf = ({ name: table, key, columns }: SourceTable): Unification => ({
  tables: [{ table, key }],
  match: [],
  fields: columns
    .filter(({ name }) => name !== key)
    .map(({ name, type }) => ({
      name,
      type,
      ...(name === 'Email' ? { identifier: 'email' as const } : {}),
      from: [{ table, column: name }],
    })),
})
export const peopleUnification = unificationOf(peopleSource)

export const everybody: Rule = { field: 'Email', op: 'is present' }
export const nobody: Rule = { field: 'Email', op: 'is', value: 'nobody' }

/** Five conditions over text, date, number and boolean; about a fifteenth of the people. */
export const fiveConditions: Rule = {
  all: [
    { field: 'Subscriber', op: 'is', value: true },
    { field: 'LoyaltyTier', op: 'is any of', values: ['middle', 'high'] },
    { field: 'DateOfBirth', op: 'between', values: ['1960-01-01', '1989-12-31'] },
    {
      any: [
        { field: 'State', op: 'is', value: 'california', ignoreCase: true },
        { field: 'Income', op: 'at least', value: 60_000 },
      ],
    },
  ],
}
