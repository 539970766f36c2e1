/** Things of the API by the words that people use for them: a name, or an id. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { SundError } from '../errors.ts'
import type { Answer, Client } from './client.gen.ts'

export interface Page<T> {
  readonly items: readonly T[]
  readonly page: number
  readonly size: number
  readonly total: number
}

export interface PageQuery {
  readonly page?: number
  readonly size?: number
}

export interface NamedQuery extends PageQuery {
  readonly search?: string
  readonly sort?: 'name' | '-name' | 'id' | '-id'
}

const LARGEST_PAGE = 500

/** All pages, one after the other. */
export const everything = async <T>(page: (query: PageQuery) => Promise<Answer<Page<T>>>): Promise<T[]> => {
  const all: T[] = []
  for (let number = 1; ; number++) {
    const { items, total } = (await page({ page: number, size: LARGEST_PAGE })).body
    all.push(...items)
    if (items.length === 0 || all.length >= total) return all
  }
}

const isId = (text: string): boolean => /^[1-9]\d*$/.test(text)

/**
 * The id of what a person named. Digits alone are an id, so a thing whose name is a number is reached by its id.
 * Throws SundError cli.not_found.
 */
export const idOf = async <T extends { readonly id: string }>(
  kind: string,
  wanted: string,
  page: (query: NamedQuery) => Promise<Answer<Page<T>>>,
  nameOf: (one: T) => string,
): Promise<string> => {
  if (isId(wanted)) return wanted
  const found = (await everything((query) => page({ ...query, search: wanted, sort: 'id' }))).find(
    (one) => nameOf(one) === wanted,
  )
  if (found === undefined) throw new SundError('cli.not_found', { kind, name: wanted })
  return found.id
}

interface Named {
  readonly id: string
  readonly name: string
}

const byName = (one: Named): string => one.name

export const segmentId = (client: Client, wanted: string): Promise<string> =>
  idOf<Named>('segment', wanted, (query) => client.listSegments({ query }), byName)

export const connectionId = (client: Client, wanted: string): Promise<string> =>
  idOf<Named>('connection', wanted, (query) => client.listConnections({ query }), byName)

export const exportId = (client: Client, wanted: string): Promise<string> =>
  idOf<Named>('export', wanted, (query) => client.listExports({ query }), byName)

const whole = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.')
  return value
}

export const withPages = (command: Command): Command =>
  command
    .option('--page <n>', 'which page (default: 1)', whole)
    .option('--size <n>', 'items on a page (default: 50)', whole)

export const withNames = (command: Command): Command =>
  withPages(command)
    .option('--search <text>', 'only those whose name contains this')
    .addOption(new Option('--sort <order>', 'a minus turns the order round').choices(['name', '-name', 'id', '-id']))

export const withReveal = (command: Command): Command =>
  command.option('--reveal', 'show addresses and numbers in full', false)

export const pageQuery = ({ page, size }: PageQuery): PageQuery => ({
  ...(page === undefined ? {} : { page }),
  ...(size === undefined ? {} : { size }),
})

export const revealed = (reveal: boolean): { readonly reveal?: 'true' } => (reveal ? { reveal: 'true' } : {})
