/** The people of a cell: who is in its segment in which of three refreshes, and who is on the list before us. */
import { createHash } from 'node:crypto'

/** Refreshes: a first one, one after which some have left, one in which some return, leave, join and change. */
export const refreshes = ['first', 'second', 'third'] as const
export type RefreshName = (typeof refreshes)[number]

interface Role {
  readonly role: string
  readonly in: readonly RefreshName[]
  /** Their first name is another one in the third refresh. */
  readonly changes?: true
  /** On the vendor's list before us. */
  readonly theirs?: true
  /** Unsubscribed at the vendor before us. */
  readonly saidNo?: true
}

const always = refreshes
const times = (count: number, { role, ...rest }: Role): Role[] =>
  Array.from({ length: count }, (_, index) => ({ role: `${role}${index}`, ...rest }))

const roles: readonly Role[] = [
  { role: 'other', in: [], theirs: true },
  { role: 'known', in: ['first', 'second'], theirs: true },
  { role: 'no', in: always, theirs: true, saidNo: true },
  { role: 'stays', in: always },
  ...times(2, { role: 'changes', in: always, changes: true }),
  ...times(3, { role: 'leaves', in: ['first', 'second'] }),
  ...times(2, { role: 'returns', in: ['first', 'third'] }),
  ...times(2, { role: 'joins', in: ['third'] }),
]

/** What no reason, log or error may ever hold of a person. */
export const PERSONAL = ['grid.example', 'Zyxnam']

const addressOf = (cell: string, { role }: Role): string => `${role}.${cell}@grid.example`

/** The column that says whose cell somebody belongs to now. */
export const CELL_FIELD = 'Cell'

/** The table of everybody in all these cells; `cell` is short and without commas. */
export const tableOf = (cells: readonly string[], refresh: RefreshName): string =>
  [
    `Id,Email,FirstName,${CELL_FIELD}`,
    ...cells.flatMap((cell) =>
      roles.map((role) => {
        const name = role.changes === true && refresh === 'third' ? 'Zyxnamsen' : 'Zyxnam'
        return [`${role.role}-${cell}`, addressOf(cell, role), name, role.in.includes(refresh) ? cell : ''].join(',')
      }),
    ),
    '',
  ].join('\n')

export const theirsOf = (cell: string): string[] =>
  roles.filter(({ theirs }) => theirs === true).map((role) => addressOf(cell, role))

export const noOf = (cell: string): string[] =>
  roles.filter(({ saidNo }) => saidNo === true).map((role) => addressOf(cell, role))

export interface Known {
  /** The list had members before us; without it nobody of theirs is there. */
  readonly theirs: boolean
  /** Who said no before us, and is no member; without it nobody did. */
  readonly no: boolean
  readonly hashed: boolean
}

/** Whom the list shall hold after a refresh, as the vendor names them, sorted. */
export const expectedOf = (cell: string, refresh: RefreshName, { theirs, no, hashed }: Known): string[] =>
  roles
    .filter((role) => role.in.includes(refresh) || (theirs && role.theirs === true))
    .filter((role) => !(no && role.saidNo === true))
    .map((role) => addressOf(cell, role))
    .map((address) => (hashed ? createHash('sha256').update(address).digest('hex') : address))
    .sort()
