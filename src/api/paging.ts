/** Lists come in pages: a number of items in a stable order, and how many there are in all. */
import { z } from 'zod'

const MAX_PAGE = 1_000_000

export const pageQuery = z.strictObject({
  page: z.coerce.number().int().min(1).max(MAX_PAGE).default(1),
  size: z.coerce.number().int().min(1).max(500).default(50).describe('Items on a page.'),
})
export type PageQuery = z.infer<typeof pageQuery>

/** For things with a name. */
export const namedQuery = pageQuery.extend({
  search: z.string().max(200).optional().describe('Only those whose name contains this, whatever the case.'),
  sort: z.enum(['name', '-name', 'id', '-id']).default('name').describe('A minus turns the order round.'),
})

export const pageOf = <T extends z.ZodType>(id: string, item: T) =>
  z
    .object({
      items: z.array(item),
      page: z.int(),
      size: z.int(),
      total: z.int().describe('Items on all pages together.'),
    })
    .meta({ id })

export interface Page<T> {
  readonly items: T[]
  readonly page: number
  readonly size: number
  readonly total: number
}

export const offsetOf = ({ page, size }: PageQuery): number => (page - 1) * size

export const page = <T>(items: T[], total: number, { page: number, size }: PageQuery): Page<T> => ({
  items,
  page: number,
  size,
  total,
})

/** One page of what is all in memory. */
export const slice = <T>(all: readonly T[], query: PageQuery): Page<T> =>
  page(all.slice(offsetOf(query), offsetOf(query) + query.size), all.length, query)

const byId = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : Number(a > b))

const byName = (a: string, b: string): number => {
  const [left, right] = [a.toLowerCase(), b.toLowerCase()]
  return left < right ? -1 : Number(left > right)
}

/** One page of things with a name: searched, sorted by name or id. Definitions are few, so they are sorted here. */
export const namedPage = <T extends { readonly id: string; readonly name: string }>(
  all: readonly T[],
  query: z.infer<typeof namedQuery>,
): Page<T> => {
  const wanted = query.search?.toLowerCase() ?? ''
  const found = all.filter(({ name }) => name.toLowerCase().includes(wanted))
  const order = query.sort.startsWith('-') ? -1 : 1
  const compare = query.sort.endsWith('name')
    ? (a: T, b: T) => byName(a.name, b.name) || byId(a.id, b.id)
    : (a: T, b: T) => byId(a.id, b.id)
  return slice(
    found.sort((a, b) => order * compare(a, b)),
    query,
  )
}
