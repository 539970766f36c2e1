/** How many people a list has won and lost, in all and of late. https://www.campaignmonitor.com/api/v3-3/lists/ (checked 2026-11-22). */
import { type Database, integer } from '../frame/database.ts'

const DAY_MS = 86_400_000

/** Names of the total and of the rest, and the moment that counts. */
const counted = [
  { state: 'Active', total: 'TotalActiveSubscribers', prefix: 'NewActiveSubscribers', moment: 'joined_at' },
  { state: 'Unsubscribed', total: 'TotalUnsubscribes', prefix: 'Unsubscribes', moment: 'changed_at' },
  { state: 'Deleted', total: 'TotalDeleted', prefix: 'Deleted', moment: 'changed_at' },
  { state: 'Bounced', total: 'TotalBounces', prefix: 'Bounces', moment: 'changed_at' },
] as const

/** Where each period begins and ends, in milliseconds since the epoch. Days here are of UTC, and weeks begin on Monday. */
const periodsAt = (now: number): readonly (readonly [string, number, number])[] => {
  const date = new Date(now)
  const today = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate())
  const tomorrow = today + DAY_MS
  const sinceMonday = (date.getUTCDay() + 6) % 7
  return [
    ['Today', today, tomorrow],
    ['Yesterday', today - DAY_MS, today],
    ['ThisWeek', today - sinceMonday * DAY_MS, tomorrow],
    ['ThisMonth', Date.UTC(date.getUTCFullYear(), date.getUTCMonth()), tomorrow],
    ['ThisYear', Date.UTC(date.getUTCFullYear(), 0), tomorrow],
  ]
}

/** The statistics of the list of this number. */
export const listStats = (db: Database): ((list: number, now: number) => Readonly<Record<string, number>>) => {
  const statements = counted.map((one) => ({
    ...one,
    all: db.prepare('SELECT count(*) AS n FROM subscriber WHERE list = ? AND state = ?'),
    between: db.prepare(
      `SELECT count(*) AS n FROM subscriber WHERE list = ? AND state = ? AND ${one.moment} >= ? AND ${one.moment} < ?`,
    ),
  }))
  return (list, now) =>
    Object.fromEntries(
      statements.flatMap(({ state, total, prefix, all, between }) => [
        [total, integer(all.get(list, state) ?? {}, 'n')] as const,
        ...periodsAt(now).map(
          ([name, from, to]) => [`${prefix}${name}`, integer(between.get(list, state, from, to) ?? {}, 'n')] as const,
        ),
      ]),
    )
}
