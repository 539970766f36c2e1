/** Subscribers by state, and the suppression list, page by page. https://www.campaignmonitor.com/api/v3-3/lists/ and .../clients/ (checked 2026-11-21). */
import { z } from 'zod'
import { integer, only, type Row, text } from '../frame/database.ts'
import { Pages } from '../frame/pages.ts'
import { type Answer, type Call, parseJson, type World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import { fault, moment, ok } from './answers.ts'
import { idOf, type Lists } from './lists.ts'
import type { Subscribers } from './subscribers.ts'

const pageSizes = { least: 10, most: 1000 }

interface Page {
  readonly number: number
  readonly size: number
  readonly descending: boolean
}

const pageOf = (call: Call): Page => {
  const given = (name: string, otherwise: number): number => {
    const value = Number(call.query.get(name) ?? otherwise)
    return Number.isInteger(value) && value > 0 ? value : otherwise
  }
  const size = Math.min(pageSizes.most, Math.max(pageSizes.least, given('pagesize', pageSizes.most)))
  return { number: given('page', 1), size, descending: call.query.get('orderdirection')?.toLowerCase() === 'desc' }
}

const paged = (page: Page, results: readonly unknown[], total: number): Answer =>
  ok({
    Results: results,
    ResultsOrderedBy: 'email',
    OrderDirection: page.descending ? 'desc' : 'asc',
    PageNumber: page.number,
    PageSize: page.size,
    RecordsOnThisPage: results.length,
    TotalNumberOfRecords: total,
    NumberOfPages: Math.ceil(total / page.size),
  })

const states = [
  ['active', 'Active'],
  ['unconfirmed', 'Unconfirmed'],
  ['unsubscribed', 'Unsubscribed'],
  ['bounced', 'Bounced'],
  ['deleted', 'Deleted'],
] as const

const suppressBody = z.object({ EmailAddresses: z.array(z.string()) })

/** Pages are by address, whatever other order is asked for. */
export const pageRoutes = (world: World, lists: Lists, subscribers: Subscribers): GuardedRoute[] => {
  const { db } = world
  // Who is skipped is looked at in the index alone.
  const selectPage = (from: '>=' | '<=', order: 'ASC' | 'DESC') =>
    db.prepare(
      `SELECT subscriber.* FROM (
         SELECT email FROM subscriber WHERE list = ?1 AND state = ?2 AND changed_at >= ?3 AND email ${from} ?4
         ORDER BY email ${order} LIMIT ?5 OFFSET ?6
       ) AS page JOIN subscriber ON subscriber.list = ?1 AND subscriber.email = page.email ORDER BY page.email ${order}`,
    )
  const [up, down] = [selectPage('>=', 'ASC'), selectPage('<=', 'DESC')]
  /** Before and after every address. */
  const ends = { first: '', last: '\u{10ffff}' }
  const pages = new Pages<string>()
  const count = db.prepare('SELECT count(*) AS n FROM subscriber WHERE list = ? AND state = ? AND changed_at >= ?')
  const suppressedPage = (order: string) =>
    db.prepare(`SELECT * FROM suppressed WHERE client = ? ORDER BY email ${order} LIMIT ? OFFSET ?`)
  const [suppressedUp, suppressedDown] = [suppressedPage('ASC'), suppressedPage('DESC')]
  const countSuppressed = db.prepare('SELECT count(*) AS n FROM suppressed WHERE client = ?')

  const ofState =
    (state: string) =>
    (call: Call): Answer => {
      const list: Row | undefined = lists.find(idOf(call, 'id'))
      if (list === undefined) return fault(101)
      const page = pageOf(call)
      const since = Date.parse(call.query.get('date') ?? '') || 0
      const about = [integer(list, 'number'), state, since] as const
      const skip = (page.number - 1) * page.size
      const key = JSON.stringify([...about, page.descending])
      const revision = subscribers.revision()
      const { from, offset } = pages.start(key, revision, skip)
      const rows = (page.descending ? down : up).all(
        ...about,
        from ?? (page.descending ? ends.last : ends.first),
        page.size,
        offset,
      )
      const last = rows.at(-1)
      if (last !== undefined) pages.note(key, revision, skip + rows.length - 1, text(last, 'email'))
      return paged(
        page,
        rows.map((row) => subscribers.shown(list, row)),
        pages.total(key, revision, () => integer(only(count.get(...about)), 'n')),
      )
    }

  const suppressionList = (call: Call): Answer => {
    const client = idOf(call, 'client')
    const page = pageOf(call)
    const rows = (page.descending ? suppressedDown : suppressedUp).all(client, page.size, (page.number - 1) * page.size)
    const results = rows.map((row) => ({
      SuppressionReason: text(row, 'reason'),
      EmailAddress: text(row, 'email'),
      Date: moment(integer(row, 'at')),
      State: 'Suppressed',
    }))
    return paged(page, results, integer(only(countSuppressed.get(client)), 'n'))
  }

  const suppress = (call: Call): Answer => {
    const body = suppressBody.safeParse(parseJson(call.body)?.value).data
    if (body === undefined) return fault(400)
    for (const email of body.EmailAddresses) subscribers.suppress(idOf(call, 'client'), email, 'Manually suppressed')
    return { status: 200, text: '' }
  }

  return [
    ...states.map(
      ([name, state]): GuardedRoute => ({
        method: 'GET',
        path: `/api/v3.3/lists/{id}/${name}.json`,
        permission: 'any',
        answer: ofState(state),
      }),
    ),
    {
      method: 'GET',
      path: '/api/v3.3/clients/{client}/suppressionlist.json',
      permission: 'any',
      answer: suppressionList,
    },
    {
      method: 'POST',
      path: '/api/v3.3/clients/{client}/suppress.json',
      permission: 'ManageLists',
      write: true,
      answer: suppress,
    },
  ]
}
