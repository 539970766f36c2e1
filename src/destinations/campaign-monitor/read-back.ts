/** Reads who is on a Campaign Monitor list: those who are active, and those who have yet to confirm. */
import { z } from 'zod'
import { type At, type Everybody, met, type Reply, Stop, type Talk } from '../../destination-kit/kit.ts'
import { askList } from './answers.ts'
import { listPath } from './lists.ts'

type Here = At<'clientId', 'clientId'>

const pageSize = 1000

const pageShape = z.object({
  Results: z.array(z.object({ EmailAddress: z.string().trim().min(1) })),
  PageNumber: z.number().int(),
  RecordsOnThisPage: z.number().int().nonnegative(),
  TotalNumberOfRecords: z.number().int().nonnegative(),
  NumberOfPages: z.number().int().nonnegative(),
})

const count = z.number().int().nonnegative()
/** Whoever leaves the list is counted in one of these for ever. */
const statsShape = z.object({
  TotalActiveSubscribers: count,
  TotalUnsubscribes: count,
  TotalDeleted: count,
  TotalBounces: count,
})
type Stats = z.infer<typeof statsShape>

const changed = (): Stop =>
  new Stop(
    'unreadable',
    'The list changed while Campaign Monitor told who is on it, so somebody may be missing. Run again.',
  )

function* statsOf(at: Here): Talk<Stats> {
  const reply = yield* askList({ method: 'GET', path: listPath('lists', at.list.id, '/stats') })
  return reply.json(statsShape)
}

/**
 * Everybody of one state; gives how many they are by the vendor's word. Pages are numbered, so who joins meanwhile makes
 * somebody come twice at the edge of two pages; who leaves makes somebody be missed there, which the statistics show.
 * https://www.campaignmonitor.com/api/v3-3/lists/ (checked 2026-11-21).
 */
function* readState(state: 'active' | 'unconfirmed', at: Here): Talk<number> {
  let before: ReadonlySet<string> = new Set()
  let total: number | undefined
  let read = 0
  for (let page = 1; ; page++) {
    const reply: Reply = yield* askList({
      method: 'GET',
      path: listPath('lists', at.list.id, `/${state}`),
      query: { page: String(page), pagesize: String(pageSize), orderfield: 'email', orderdirection: 'asc' },
    })
    const told = reply.json(pageShape)
    if (told.PageNumber !== page || told.RecordsOnThisPage !== told.Results.length) {
      throw new Stop('unreadable', 'Campaign Monitor gave another page of the list than was asked for.')
    }
    total ??= told.TotalNumberOfRecords
    if (told.TotalNumberOfRecords !== total) throw changed()
    const addresses = new Set(told.Results.map(({ EmailAddress }) => EmailAddress.toLowerCase()))
    if (addresses.size !== told.Results.length || [...addresses].some((address) => before.has(address))) throw changed()
    before = addresses
    read += addresses.size
    if (told.Results.length > 0) yield* met(told.Results.map(({ EmailAddress: identifier }) => ({ identifier })))
    if (page >= told.NumberOfPages) break
  }
  if (read !== total) throw changed()
  return total
}

/**
 * Unconfirmed people come first: whoever confirms meanwhile is then read twice, never missed, and the number of those who
 * are active tells. They are no members yet, and will be without us.
 */
export function* readMembers(at: Here): Talk<Everybody> {
  const before = yield* statsOf(at)
  const unconfirmed = yield* readState('unconfirmed', at)
  const active = yield* readState('active', at)
  const after = yield* statsOf(at)
  const same = [
    before.TotalActiveSubscribers === active,
    after.TotalActiveSubscribers === active,
    before.TotalUnsubscribes === after.TotalUnsubscribes,
    before.TotalDeleted === after.TotalDeleted,
    before.TotalBounces === after.TotalBounces,
  ]
  if (same.includes(false)) throw changed()
  return { kind: 'everybody', count: active + unconfirmed }
}
