/** Campaign Monitor's clients and their lists: found, never made. */
import { z } from 'zod'
import { type List, type Place, type Request, Stop, send, type Talk } from '../../destination-kit/kit.ts'
import { vendorWords } from '../../destination-kit/words.ts'
import { askList, codes, refusalIn } from './answers.ts'

export type Where = Place<'clientId', 'clientId'>

const idShape = /^[0-9a-f]{32,40}$/

/** An id as the API knows it: 32 hex digits or more. The ids in addresses of Campaign Monitor's own pages are shorter, and others. */
const idIn = (given: string): string | undefined => {
  const id = given.trim().toLowerCase()
  if (idShape.test(id)) return id
  return /(?:^|[^0-9a-f])([0-9a-f]{32,40})(?:[^0-9a-f]|$)/.exec(id)?.[1]
}

/** The id of a list in whatever a person pasted, as the API spells it. */
export const listIdOf = (given: string): string => idIn(given) ?? given

/** `/api/v3.3/<noun>/<list id><rest>.json`. Throws Stop('list-missing') for what cannot be a list's id. */
export const listPath = (noun: 'lists' | 'subscribers', given: string, rest = ''): string => {
  const id = idIn(given)
  if (id !== undefined) return `/api/v3.3/${noun}/${id}${rest}.json`
  throw new Stop(
    'list-missing',
    'This is not an API list ID. Generate the API key in the account settings at Campaign Monitor first; then the ID stands in the list’s settings.',
  )
}

const clientPath = (given: string, rest: string): string => {
  const id = idIn(given)
  if (id === undefined)
    throw new Stop('permission', 'This is not a client ID: it has 32 digits and letters from a to f.')
  return `/api/v3.3/clients/${id}${rest}.json`
}

export interface Client {
  readonly id: string
  readonly name: string
}

const clientsShape = z.array(z.object({ ClientID: z.string().min(1), Name: z.string() }))
const listsShape = z.array(z.object({ ListID: z.string().min(1), Name: z.string() }))
const detailsShape = z.object({ ListID: z.string().min(1), Title: z.string(), ConfirmedOptIn: z.boolean() })
const statsShape = z.object({ TotalActiveSubscribers: z.number().int().nonnegative() })

const get = (path: string): Request => ({ method: 'GET', path })

/** The clients that the account may see. */
export function* allClients(): Talk<readonly Client[]> {
  const reply = yield* send(get('/api/v3.3/clients.json'))
  return reply.json(clientsShape).map(({ ClientID: id, Name: name }) => ({ id, name }))
}

/** The client that a connection works for: the one that was chosen, else the only one there is. */
export const clientOf = ({ settings, found }: Where): string => settings.clientId || found.clientId

function* listsOf(client: string): Talk<readonly List[]> {
  const reply = yield* send(get(clientPath(client, '/lists')))
  return reply.json(listsShape).map(({ ListID: id, Name: name }) => ({ id, name }))
}

/** People of a double opt-in list are no members before they agree by a mail that the vendor sends them. */
const doubleOptIn =
  'This list is double opt-in: Campaign Monitor sends everybody who is new a mail, and they are members when they have confirmed.'

/** The list of this id without its size. */
export function* detailsOf(id: string): Talk<Omit<List, 'size'> | undefined> {
  const reply = yield* send(get(listPath('lists', id)))
  if (refusalIn(reply)?.code === codes.invalidList) return undefined
  const { ListID, Title, ConfirmedOptIn } = reply.json(detailsShape)
  return { id: ListID.toLowerCase(), name: Title, ...(ConfirmedOptIn ? { notice: doubleOptIn } : {}) }
}

/** Beyond these, lists are told without a look at each. */
const mostLooks = 100

/** The lists of the connection's client; which of them are double opt-in is told by each alone. */
export function* allLists(where: Where): Talk<readonly List[]> {
  const lists = yield* listsOf(clientOf(where))
  if (lists.length > mostLooks) return lists
  const all: List[] = []
  for (const list of lists) all.push((yield* detailsOf(list.id)) ?? list)
  return all
}

/** Throws Stop('bad-request') naming the clients when there are several and none was chosen. */
export function* check({ clientId }: Where['settings']): Talk<{ readonly found: { readonly clientId: string } }> {
  if (clientId !== '') {
    yield* listsOf(clientId)
    return { found: { clientId: clientId.trim().toLowerCase() } }
  }
  const clients = yield* allClients()
  const [only] = clients
  if (only === undefined) throw new Stop('permission', 'This Campaign Monitor account has no client to work for.')
  if (clients.length > 1) {
    const names = clients.map(({ id, name }) => `${name} (${id})`).join(', ')
    throw new Stop(
      'bad-request',
      `This Campaign Monitor account has several clients. Set the client ID to one of them: ${vendorWords(names)}`,
    )
  }
  yield* listsOf(only.id)
  return { found: { clientId: only.id } }
}

/**
 * The list of this id, with its active subscribers as its size. A double opt-in list without any is told without a size:
 * it may hold people who have yet to confirm.
 */
export function* oneList(id: string, _where: Where): Talk<List | undefined> {
  const details = yield* detailsOf(id)
  if (details === undefined) return undefined
  const stats = yield* askList(get(listPath('lists', id, '/stats')))
  const size = stats.json(statsShape).TotalActiveSubscribers
  return size === 0 && details.notice !== undefined ? details : { ...details, size }
}

const suppressionPage = z.object({
  Results: z.array(z.object({ EmailAddress: z.string() })),
  PageNumber: z.number().int(),
  NumberOfPages: z.number().int(),
})

/** Of the addresses, in lower case, those that the client's suppression list holds. */
export function* suppressedAmong(addresses: ReadonlySet<string>, where: Where): Talk<ReadonlySet<string>> {
  const found = new Set<string>()
  for (let page = 1; ; page++) {
    const reply = yield* send({
      ...get(clientPath(clientOf(where), '/suppressionlist')),
      query: { page: String(page), pagesize: '1000', orderfield: 'email', orderdirection: 'asc' },
    })
    const { Results, PageNumber, NumberOfPages } = reply.json(suppressionPage)
    if (PageNumber !== page) throw new Stop('unreadable', 'Campaign Monitor gave another page than was asked for.')
    for (const { EmailAddress } of Results) {
      const address = EmailAddress.trim().toLowerCase()
      if (addresses.has(address)) found.add(address)
    }
    if (page >= NumberOfPages) return found
  }
}
