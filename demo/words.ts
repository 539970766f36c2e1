/** The words that sample people are made of. Nobody bears these names on purpose; all domains end in `.example`. */
import type { Weighted } from './random.ts'

type Words = readonly [string, ...string[]]

export const FIRST_NAMES: Readonly<Record<'Female' | 'Male', Words>> = {
  Female: [
    ...([
      'Agnes',
      'Astrid',
      'Beatrice',
      'Bridget',
      'Camille',
      'Clara',
      'Daphne',
      'Edith',
      'Eleanor',
      'Esther',
    ] as const),
    ...(['Flora', 'Frida', 'Greta', 'Hazel', 'Helena', 'Imogen', 'Ingrid', 'Iris', 'Josephine', 'Judith'] as const),
    ...(['Leonora', 'Lydia', 'Mabel', 'Matilda', 'Nora', 'Olive', 'Philippa', 'Rosalind', 'Sigrid', 'Thea'] as const),
  ],
  Male: [
    ...([
      'Albert',
      'Alvin',
      'Ambrose',
      'Anders',
      'Barnaby',
      'Caspar',
      'Cedric',
      'Clement',
      'Desmond',
      'Edgar',
    ] as const),
    ...(['Edmund', 'Felix', 'Gilbert', 'Gustav', 'Harald', 'Hector', 'Hugo', 'Ivar', 'Jasper', 'Julian'] as const),
    ...(['Leander', 'Lionel', 'Magnus', 'Nils', 'Oscar', 'Percival', 'Quentin', 'Rupert', 'Sigurd', 'Tobias'] as const),
  ],
}

/** Surnames are one of each: Alderbrook, Brackenfield ... */
export const SURNAME_STARTS: Words = [
  ...(['Alder', 'Ash', 'Bracken', 'Briar', 'Cedar', 'Clover', 'Copper', 'Crane', 'Dapple', 'Elder'] as const),
  ...(['Fallow', 'Fern', 'Flint', 'Fox', 'Garnet', 'Gold', 'Hare', 'Haw', 'Heather', 'Juniper'] as const),
  ...(['Kestrel', 'Lark', 'Linden', 'Marl', 'Moss', 'Nettle', 'Oak', 'Otter', 'Pine', 'Quill'] as const),
  ...(['Raven', 'Reed', 'Rowan', 'Sand', 'Silver', 'Slate', 'Stone', 'Thistle', 'Willow', 'Wren'] as const),
]
export const SURNAME_ENDS: Words = [
  ...(['bank', 'beck', 'berg', 'bridge', 'brook', 'by', 'cliff', 'combe', 'croft', 'dale'] as const),
  ...(['den', 'field', 'ford', 'gate', 'grove', 'holm', 'hurst', 'land', 'ley', 'mark'] as const),
  ...(['mere', 'moor', 'ridge', 'shaw', 'side', 'stead', 'ton', 'vale', 'well', 'wick'] as const),
]

/** Domains are one of each, below `.example` (RFC 2606), so no mail can reach anybody. */
export const DOMAIN_STARTS: Words = [
  ...(['amber', 'arctic', 'blue', 'bright', 'calm', 'clear', 'early', 'eastern', 'fair', 'fjord'] as const),
  ...(['green', 'harbor', 'high', 'island', 'little', 'lunar', 'new', 'northern', 'open', 'quiet'] as const),
  ...(['rapid', 'river', 'royal', 'southern', 'still', 'sunny', 'tidal', 'upper', 'western', 'winter'] as const),
]
export const DOMAIN_ENDS: Words = [
  ...(['anchor', 'bakery', 'beacon', 'books', 'cargo', 'compass', 'crafts', 'current', 'ferry', 'garden'] as const),
  ...(['glass', 'lantern', 'letters', 'mail', 'market', 'mills', 'orchard', 'paper', 'pottery', 'print'] as const),
  ...(['sail', 'spice', 'studio', 'supply', 'textile', 'timber', 'tools', 'trade', 'weaving', 'works'] as const),
]

export const STREET_ENDS: Words = ['Street', 'Avenue', 'Lane', 'Road', 'Court', 'Terrace', 'Square', 'Hill']

export interface State {
  readonly name: string
  /** Two at least, so that somebody can move within the state. */
  readonly cities: readonly [string, string, ...string[]]
}

/** States by their share of the people, in per cent. */
export const STATES: readonly [Weighted<State>, ...Weighted<State>[]] = [
  [{ name: 'California', cities: ['Fresno', 'Oakland', 'Pasadena', 'Sacramento', 'San Diego', 'Stockton'] }, 24],
  [{ name: 'Texas', cities: ['Austin', 'Dallas', 'El Paso', 'Houston', 'Lubbock'] }, 13],
  [{ name: 'Florida', cities: ['Miami', 'Orlando', 'Tallahassee', 'Tampa'] }, 9],
  [{ name: 'New York', cities: ['Albany', 'Buffalo', 'Syracuse'] }, 7],
  [{ name: 'Illinois', cities: ['Aurora', 'Chicago', 'Rockford'] }, 6],
  [{ name: 'Washington', cities: ['Seattle', 'Spokane', 'Tacoma'] }, 6],
  [{ name: 'Colorado', cities: ['Boulder', 'Denver', 'Pueblo'] }, 5],
  [{ name: 'Arizona', cities: ['Mesa', 'Phoenix', 'Tucson'] }, 5],
  [{ name: 'Georgia', cities: ['Atlanta', 'Macon', 'Savannah'] }, 4],
  [{ name: 'Ohio', cities: ['Akron', 'Dayton', 'Toledo'] }, 4],
  [{ name: 'North Carolina', cities: ['Charlotte', 'Durham', 'Raleigh'] }, 4],
  [{ name: 'Massachusetts', cities: ['Boston', 'Worcester'] }, 3],
  [{ name: 'Minnesota', cities: ['Duluth', 'Minneapolis'] }, 3],
  [{ name: 'Oregon', cities: ['Eugene', 'Portland', 'Salem'] }, 3],
  [{ name: 'Tennessee', cities: ['Knoxville', 'Memphis', 'Nashville'] }, 2],
  [{ name: 'Montana', cities: ['Billings', 'Missoula'] }, 2],
]

export const REVIEWS: readonly [readonly [text: string, rating: number], ...(readonly [string, number])[]] = [
  ['Arrived two days late', 2],
  ['Not quite the size I hoped for', 3],
  ['Does what it should', 4],
  ['Well made and fairly priced', 5],
]
