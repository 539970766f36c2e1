/** Writes the sample tables: five CSV files in the columns of the Contoso sample, the same bytes for the same seed. */
import { createWriteStream } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Counts, countsOf, type Generation, samplePeople } from './generations.ts'
import { type Day, type Person, reviewOf, STREAM } from './people.ts'
import { type Random, random } from './random.ts'

type Value = string | number

interface Table {
  readonly file: string
  readonly columns: readonly string[]
  /** The rows about one person. */
  rows(person: Person, seed: number): readonly (readonly Value[])[]
}

const FIRST_ID = 1000
/** More rows than anybody has in a table, so that a row's number does not depend on who else is there. */
const MOST_ROWS = 8
const PRODUCTS = 300

const contactId = ({ index }: Person): string => `CNTID_${FIRST_ID + index}`
const loyaltyId = ({ index }: Person): string => `LOYID_${FIRST_ID + index}`
const rowId = (prefix: string, { index }: Person, row: number): string =>
  `${prefix}_${FIRST_ID + index * MOST_ROWS + row}`
const productId = (chance: Random): string => `ProdID_${FIRST_ID + chance.below(PRODUCTS)}`

const monthFirst = (day: Day | undefined): string => (day === undefined ? '' : `${day.month}/${day.day}/${day.year}`)
const twoDigits = (value: number): string => String(value).padStart(2, '0')
const iso = (day: Day | undefined): string =>
  day === undefined ? '' : `${day.year}-${twoDigits(day.month)}-${twoDigits(day.day)}`

const dayWithin = (chance: Random, firstYear: number, years: number): Day => ({
  year: firstYear + chance.below(years),
  month: 1 + chance.below(12),
  day: 1 + chance.below(28),
})

const times = <T>(count: number, make: (row: number) => T): T[] => Array.from({ length: count }, (_, row) => make(row))

const decimal = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value))

const contacts: Table = {
  file: 'Contact.csv',
  columns: [
    ...['ContactId', 'FirstName', 'LastName', 'FullName', 'DateOfBirth', 'Gender', 'EMail', 'Telephone', 'PostCode'],
    ...['StreetAddress', 'City', 'State', 'Country', 'CreatedOn', 'Loyalty Tier', 'Email Subscriber', 'Income'],
    ...['Occupation', 'CustomerSatisfaction'],
  ],
  rows(person) {
    const { contact, firstName, lastName } = person
    if (contact === undefined) return []
    const row = [
      ...[contactId(person), firstName, lastName, `${firstName} ${lastName}`, monthFirst(person.born), person.gender],
      ...[person.email, person.telephone, contact.postCode, contact.street, contact.city, contact.state, 'USA'],
      ...['1/31/2019', contact.tier, contact.subscriber, decimal(contact.income), contact.occupation],
      contact.satisfaction,
    ]
    return [row]
  },
}

const loyalty: Table = {
  file: 'Customer-Loyalty.csv',
  columns: [
    ...['LoyaltyId', 'ContactId', 'FirstName', 'LastName', 'FullName', 'DateOfBirth', 'Gender', 'EMail', 'Telephone'],
    ...['RewardPoints', 'CreditCard', 'CreatedOn'],
  ],
  rows(person, seed) {
    const chance = random(seed, STREAM.loyalty, person.index)
    const { firstName, lastName } = person
    const telephone = chance.below(6) === 0 ? `+1-${person.telephone}` : person.telephone
    const row = [
      ...[loyaltyId(person), contactId(person), firstName, lastName, `${lastName} ${firstName}`, iso(person.born)],
      ...[person.gender, person.email, telephone, 10 + chance.below(290), chance.pick(['Yes', 'No'])],
      iso(dayWithin(chance, 2017, 2)),
    ]
    return [row]
  },
}

const onlinePurchases: Table = {
  file: 'OnlinePurchases.csv',
  columns: ['ContactId', 'PurchaseId', 'ProductId', 'PurchasedOn', 'TotalPrice', 'ActivityTypeDisplay', 'Subject'],
  rows(person, seed) {
    const chance = random(seed, STREAM.online, person.index)
    return times(chance.below(6), (row) => [
      ...[contactId(person), rowId('OPID', person, row), productId(chance), monthFirst(dayWithin(chance, 2017, 2))],
      ...[50 + chance.below(2500), 'OnlinePurchase', 'Bought online'],
    ])
  },
}

const storePurchases: Table = {
  file: 'POSPurchases.csv',
  columns: [
    ...['LoyaltyId', 'PurchaseId', 'ProductId', 'PurchasedOn', 'TotalPrice', 'RewardPointsAdded'],
    ...['ActivityTypeDisplay', 'Subject'],
  ],
  rows(person, seed) {
    const chance = random(seed, STREAM.store, person.index)
    return times(3 + chance.below(3), (row) => {
      const price = 30 + chance.below(170)
      return [
        ...[loyaltyId(person), rowId('PID', person, row), productId(chance), iso(dayWithin(chance, 2017, 3)), price],
        ...[Math.floor(price / 3), 'POS Purchase', 'Bought in a store'],
      ]
    })
  },
}

const websiteReviews: Table = {
  file: 'WebsiteReviews.csv',
  columns: ['ReviewId', 'UserId', 'ReviewText', 'ActivityTypeDisplay', 'ReviewRating', 'ReviewDate'],
  rows(person, seed) {
    const chance = random(seed, STREAM.reviews, person.index)
    return times(3 + chance.below(3), (row) => {
      const [text, rating] = reviewOf(chance)
      const date = monthFirst(dayWithin(chance, 2018, 2))
      return [rowId('REVWID', person, row), contactId(person), text, 'WebsiteReview', rating, date]
    })
  },
}

const TABLES = [contacts, loyalty, onlinePurchases, storePurchases, websiteReviews]
/** The tables that profiles are made of; the others say what people did. */
export const PROFILE_FILES: readonly string[] = [contacts.file, loyalty.file]
const CHUNK = 64 * 1024

function* textOf(table: Table, generation: Generation): Generator<string> {
  let text = `${table.columns.join(',')}\n`
  for (const person of samplePeople(generation)) {
    for (const row of table.rows(person, generation.seed)) text += `${row.join(',')}\n`
    if (text.length >= CHUNK) {
      yield text
      text = ''
    }
  }
  yield text
}

/**
 * Writes the five tables of a generation, or those in `files`, into `folder`, which is made where it is missing; each
 * file appears whole or not at all. Resolves with how many people they hold, and how many of the first generation joined, left and changed.
 */
export const generateTables = async ({
  folder,
  files,
  ...generation
}: Generation & { readonly folder: string; readonly files?: readonly string[] }): Promise<Counts> => {
  await mkdir(folder, { recursive: true })
  for (const table of TABLES.filter(({ file }) => files === undefined || files.includes(file))) {
    const file = join(folder, table.file)
    await pipeline(Readable.from(textOf(table, generation)), createWriteStream(`${file}.part`))
    await rename(`${file}.part`, file)
  }
  return countsOf(generation)
}
