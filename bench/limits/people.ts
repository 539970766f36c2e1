/** The people of the limits bench: a CSV file of numbered people, and what Sund is told about it. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { SandboxVendor } from '../../sandbox/sandbox.ts'
import type { Matching } from '../../src/domain/matching.ts'
import type { Rule } from '../../src/domain/rule.ts'
import type { SourceTable } from '../../src/domain/source.ts'

/** Consecutive numbers, both ends included; numbers start at 1. */
export interface Span {
  readonly from: number
  readonly to: number
}

const firstNames = ['Ada', 'Bjørn', 'Camille', 'Dimitra', 'Elif', 'Fatima', 'Gro', 'Håkon', 'Ivy', 'Jonas', 'Kaja']
const lastNames = ['Abe', 'Berg', 'Costa', 'Dahl', 'Evans', 'Foss', 'Garcia', 'Hansen', 'Ito', 'Jensen']
const cities = ['Oslo', 'Bergen', 'Tromsø', 'Portland', 'Austin', 'San Diego', 'Lyon', 'Utrecht', 'Kraków']

const pick = (words: readonly string[], n: number): string => words[n % words.length] ?? ''

/** An address of nobody else. */
const addressOf = (n: number): string => `${pick(firstNames, n).toLowerCase().replace(/\W/g, '')}.${n}@example.com`

/** As the vendor names the person of this number. */
const identifierAt = (vendor: SandboxVendor, n: number): string =>
  vendor === 'microsoft-advertising' ? createHash('sha256').update(addressOf(n)).digest('hex') : addressOf(n)

export interface Comparison {
  readonly missing: number
  readonly extra: number
}

/** Holds what a vendor has on a list against the people who should be there; it must name nobody twice. */
export const compared = (vendor: SandboxVendor, members: readonly string[], { from, to }: Span): Comparison => {
  const left = new Set(members)
  const twice = members.length - left.size
  let missing = 0
  for (let n = from; n <= to; n++) if (!left.delete(identifierAt(vendor, n))) missing++
  return { missing, extra: left.size + twice }
}

const columns = ['PersonId', 'Number', 'FirstName', 'LastName', 'FullName', 'City', 'PostCode', 'Email']
const ROWS_OF_A_PIECE = 5000

const rowOf = (n: number): string => {
  const [first, last] = [pick(firstNames, n), pick(lastNames, Math.floor(n / 7))]
  return `P${n},${n},${first},${last},${first} ${last},${pick(cities, n * 5)},${10_000 + (n % 89_999)},${addressOf(n)}\n`
}

function* textOf(count: number): Generator<string> {
  yield `${columns.join(',')}\n`
  for (let start = 1; start <= count; start += ROWS_OF_A_PIECE) {
    let text = ''
    for (let n = start; n < start + ROWS_OF_A_PIECE && n <= count; n++) text += rowOf(n)
    yield text
  }
}

export const FILE = 'People.csv'

/** Writes people 1 to `count`, a row each. */
export const writePeople = async (file: string, count: number): Promise<void> =>
  await pipeline(Readable.from(textOf(count)), createWriteStream(file))

export const peopleSource: SourceTable = {
  name: 'People',
  file: FILE,
  delimiter: ',',
  key: 'PersonId',
  columns: columns.map((name) => ({ name, type: name === 'Number' ? ('number' as const) : ('text' as const) })),
}

export const ruleOf = ({ from, to }: Span): Rule => ({
  all: [
    { field: 'Number', op: 'at least', value: from },
    { field: 'Number', op: 'at most', value: to },
  ],
})

const byEmail = (fields: Readonly<Record<string, string>>): Matching => ({ identifier: 'Email', fields })

export const matchings: Readonly<Record<SandboxVendor, Matching>> = {
  'campaign-monitor': byEmail({ Name: 'FullName', '[City]': 'City' }),
  dotdigital: byEmail({ FIRSTNAME: 'FirstName', LASTNAME: 'LastName', POSTCODE: 'PostCode' }),
  iterable: byEmail({ firstName: 'FirstName', city: 'City' }),
  'microsoft-advertising': byEmail({}),
  sendgrid: byEmail({ first_name: 'FirstName', last_name: 'LastName', city: 'City' }),
  webhook: byEmail({ firstName: 'FirstName', city: 'City' }),
}
