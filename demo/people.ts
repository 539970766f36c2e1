/** The sample people: each is computed from the seed and a number, so a million of them need no memory. */
import { type Random, random, type Weighted } from './random.ts'
import {
  DOMAIN_ENDS,
  DOMAIN_STARTS,
  FIRST_NAMES,
  REVIEWS,
  STATES,
  STREET_ENDS,
  type State,
  SURNAME_ENDS,
  SURNAME_STARTS,
} from './words.ts'

export interface Day {
  readonly year: number
  readonly month: number
  readonly day: number
}

export interface Person {
  /** From 0; the same person has the same number in every generation. */
  readonly index: number
  readonly firstName: string
  readonly lastName: string
  /** Unique, lower-case; it stays when a name changes. */
  readonly email: string
  readonly gender: 'Female' | 'Male'
  /** Undefined for one person in a thousand. */
  readonly born: Day | undefined
  readonly telephone: string
  /** What the contact table knows; undefined for a loyalty member who is not there. */
  readonly contact: Contact | undefined
}

export interface Contact {
  readonly postCode: string
  readonly street: string
  readonly city: string
  readonly state: string
  readonly tier: 'low' | 'medium' | 'high'
  readonly subscriber: 'Yes' | 'No'
  readonly income: number
  readonly occupation: string
  readonly satisfaction: 'low' | 'medium' | 'high'
}

/** What is drawn: each has draws of its own, so that a new column changes no other. */
export const STREAM = { person: 1, contact: 2, evolution: 3, online: 4, store: 5, reviews: 6, loyalty: 7 } as const

/** One in a thousand is a loyalty member without a contact row; another one has no date of birth. */
const RARE = 1000
const WITHOUT_CONTACT = 617
const WITHOUT_BIRTHDAY = 311

const TIERS = [
  ['high', 9],
  ['low', 10],
  ['medium', 81],
] as const
/** How many of a tier take mail, in per cent. */
const SUBSCRIBED = { high: 62, medium: 27, low: 50 } as const
const LEVELS = [
  ['high', 24],
  ['low', 26],
  ['medium', 50],
] as const
const OCCUPATIONS: readonly [Weighted<string>, ...Weighted<string>[]] = [
  ['Carpenter', 30],
  ['Accountant', 30],
  ['Nurse', 20],
  ['Student', 12],
  ['Farmer', 8],
]

/** The choices for a number: `index` counts through all of them, the first most quickly. */
const spread = (index: number, sizes: readonly number[]): number[] => {
  let rest = index
  return sizes.map((size) => {
    const choice = rest % size
    rest = Math.floor(rest / size)
    return choice
  })
}

const chosen = (words: readonly [string, ...string[]], place: number | undefined): string =>
  words[(place ?? 0) % words.length] ?? words[0]

/** Coprime with the number of names, so that no two numbers share an address; large, so that neighbours are spread. */
const STRIDE = 7_368_787
const SIZES = [30, SURNAME_STARTS.length, SURNAME_ENDS.length, DOMAIN_STARTS.length, DOMAIN_ENDS.length]
const CAPACITY = SIZES.reduce((product, size) => product * size, 1)

const named = (seed: number, index: number): Pick<Person, 'firstName' | 'lastName' | 'email' | 'gender'> => {
  const gender = index % 2 === 0 ? 'Female' : 'Male'
  const round = Math.floor(index / 2)
  const place = ((round % CAPACITY) * STRIDE + (Math.abs(seed) % CAPACITY)) % CAPACITY
  const [first, start, end, domainStart, domainEnd] = spread(place, SIZES)
  const firstName = chosen(FIRST_NAMES[gender], first)
  const lastName = `${chosen(SURNAME_STARTS, start)}${chosen(SURNAME_ENDS, end)}`
  const again = round < CAPACITY ? '' : String(Math.floor(round / CAPACITY))
  const domain = `${chosen(DOMAIN_STARTS, domainStart)}${chosen(DOMAIN_ENDS, domainEnd)}.example`
  return { firstName, lastName, gender, email: `${firstName}_${lastName}${again}@${domain}`.toLowerCase() }
}

const digits = (chance: Random, count: number): string => String(chance.below(10 ** count)).padStart(count, '0')

const telephone = (chance: Random): string => {
  const [area, exchange, line] = [`${2 + chance.below(8)}${digits(chance, 2)}`, '555', digits(chance, 4)]
  return chance.pick([
    `${area}-${exchange}-${line}`,
    `${area}.${exchange}.${line}`,
    `(${area})${exchange}-${line}`,
    `${area}${exchange}${line}`,
    `001-${area}-${exchange}-${line}x${digits(chance, 3)}`,
  ])
}

const FIRST_YEAR = 1968
const YEARS = 50

const contactOf = (seed: number, index: number): Contact => {
  const chance = random(seed, STREAM.contact, index)
  const state = chance.weighted(STATES)
  const tier = chance.weighted(TIERS)
  return {
    postCode: `${1 + chance.below(9)}${digits(chance, 4)}`,
    street: `${1 + chance.below(9999)} ${chance.pick(SURNAME_STARTS)} ${chance.pick(STREET_ENDS)}`,
    city: chance.pick(state.cities),
    state: state.name,
    tier,
    subscriber: chance.below(100) < SUBSCRIBED[tier] ? 'Yes' : 'No',
    income: chance.below(6) === 0 ? 20_000 : 20_000 + chance.fraction() * 180_000,
    occupation: chance.weighted(OCCUPATIONS),
    satisfaction: chance.weighted(LEVELS),
  }
}

/** The person of this number, as first generated. */
export const personOf = (seed: number, index: number): Person => {
  const chance = random(seed, STREAM.person, index)
  const born = { year: FIRST_YEAR + chance.below(YEARS), month: 1 + chance.below(12), day: 1 + chance.below(28) }
  return {
    index,
    ...named(seed, index),
    born: index % RARE === WITHOUT_BIRTHDAY ? undefined : born,
    telephone: telephone(chance),
    contact: index % RARE === WITHOUT_CONTACT ? undefined : contactOf(seed, index),
  }
}

const CITIES: ReadonlyMap<string, State['cities']> = new Map(STATES.map(([state]) => [state.name, state.cities]))

/** Another one than `current`, of at least two. */
const another = (chance: Random, all: readonly string[], current: string): string => {
  const others = all.filter((one) => one !== current)
  return others[chance.below(others.length)] ?? current
}

/** The same person with another first name, or in another city of the same state. */
export const changedPerson = (person: Person, chance: Random): Person => {
  const { contact } = person
  if (contact === undefined || chance.below(2) === 0) {
    return { ...person, firstName: another(chance, FIRST_NAMES[person.gender], person.firstName) }
  }
  return { ...person, contact: { ...contact, city: another(chance, CITIES.get(contact.state) ?? [], contact.city) } }
}

/** The demo's segments, as what is true of a sample person whose tables were unified. */
export const sampleSegments = {
  'High tier subscribers': ({ contact }: Person) => contact?.tier === 'high' && contact.subscriber === 'Yes',
  Californians: ({ contact }: Person) => contact?.state === 'California',
  'Born in the eighties': ({ born }: Person) => born !== undefined && born.year >= 1980 && born.year <= 1989,
} as const satisfies Readonly<Record<string, (person: Person) => boolean>>

export const reviewOf = (chance: Random): readonly [text: string, rating: number] => chance.pick(REVIEWS)
