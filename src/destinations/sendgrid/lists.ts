/** Reads SendGrid's lists. They are made at SendGrid, never by us. */
import { z } from 'zod'
import { type List, Stop, send, type Talk } from '../../destination-kit/kit.ts'

const listShape = z.object({ id: z.string().min(1), name: z.string(), contact_count: z.number().nullish() })
const pageShape = z.object({
  result: z.array(listShape),
  _metadata: z.object({ next: z.string().nullish() }).nullish(),
})

/** Ids stand in paths and queries, where another text could reach another endpoint. */
const idShape = /^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/

export const isId = (text: string): boolean => idShape.test(text)

/** The id as it may stand in a path. Throws Stop('list-missing') when no list can have it. */
export const listIdOf = (id: string): string => {
  if (!isId(id)) throw new Stop('list-missing', 'This is not the ID of a SendGrid list.')
  return id
}

const asList = ({ id, name, contact_count: size }: z.infer<typeof listShape>): List =>
  typeof size === 'number' ? { id, name, size } : { id, name }

/** Of the address of the next page only the token is used, so that no answer leads us to another host. */
const tokenOf = (next: string): string => {
  const token = URL.canParse(next, 'https://api.sendgrid.com')
    ? new URL(next, 'https://api.sendgrid.com').searchParams.get('page_token')
    : undefined
  if (token) return token
  throw new Stop('unreadable', 'SendGrid names a next page of lists without its token.')
}

/** The first page of at most `pageSize` lists (1 to 1000), and the token of the next. */
export function* listPage(pageSize: number, token?: string): Talk<{ lists: List[]; next: string | undefined }> {
  const query = { page_size: String(pageSize), ...(token === undefined ? {} : { page_token: token }) }
  const reply = yield* send({ method: 'GET', path: '/v3/marketing/lists', query, rate: 'lists' })
  const page = reply.json(pageShape)
  const next = page._metadata?.next
  return { lists: page.result.map(asList), next: next ? tokenOf(next) : undefined }
}

/** Every list of the account, over all pages. https://www.twilio.com/docs/sendgrid/api-reference/lists/get-all-lists (checked 2026-11-21). */
export function* allLists(): Talk<readonly List[]> {
  const lists: List[] = []
  const seen = new Set<string>()
  let token: string | undefined
  do {
    const page: { lists: List[]; next: string | undefined } = yield* listPage(1000, token)
    lists.push(...page.lists)
    token = page.next
    if (token !== undefined && seen.has(token)) throw new Stop('unreadable', 'SendGrid repeats a page of lists.')
    if (token !== undefined) seen.add(token)
  } while (token !== undefined)
  return lists
}

/** The list of this id, or undefined when SendGrid has none. */
export function* oneList(id: string): Talk<List | undefined> {
  if (!isId(id)) return undefined
  const reply = yield* send({ method: 'GET', path: `/v3/marketing/lists/${id}`, rate: 'lists', expect: [404] })
  return reply.status === 404 ? undefined : asList(reply.json(listShape))
}
