/** Users of an Iterable project: found and made by address or user ID. Some are forgotten, some said no to a channel. */
import { integer, only, type Row, text, textOrNull } from '../frame/database.ts'
import type { Answer, Call, World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import { refusal } from './answers.ts'
import type { Given } from './fields.ts'

export interface UserSettings {
  /** Addresses that the project was told to forget. */
  readonly forgotten?: readonly string[]
  /** Users who unsubscribed from the marketing channel. */
  readonly unsubscribed?: readonly string[]
}

const marketingChannel = 33_001

export interface Identity {
  readonly email?: string
  readonly userId?: string
}

export interface Users {
  routes(listsOf: (user: number) => number[]): readonly GuardedRoute[]
  isForgotten(email: string): boolean
  /** The number of the user that is meant; the address counts first. */
  find(identity: Identity): number | undefined
  create(identity: Identity, now: number): number
  /** Sets values; null clears. */
  change(user: number, values: Given, now: number): void
}

const record = (value: unknown): Record<string, unknown> => Object.fromEntries(Object.entries(value ?? {}))

export const iterableUsers = (world: World, settings: UserSettings): Users => {
  const { db } = world
  const byEmail = db.prepare('SELECT * FROM user WHERE email = ?')
  const byUserId = db.prepare('SELECT * FROM user WHERE user_id = ?')
  const byNumber = db.prepare('SELECT * FROM user WHERE number = ?')
  const insert = db.prepare(
    `INSERT INTO user (email, user_id, fields, unsubscribed_channels, created_at, updated_at)
     VALUES (?, ?, '{}', ?, ?, ?) RETURNING number`,
  )
  const update = db.prepare('UPDATE user SET fields = ?, updated_at = ? WHERE number = ?')
  const forgotten = db.prepare('SELECT 1 AS it FROM forgotten WHERE email = ?')
  const forget = db.prepare('INSERT OR IGNORE INTO forgotten (email) VALUES (?)')

  const add = ({ email, userId }: Identity, channels: readonly number[], now: number): number => {
    const moment = Math.round(now)
    const row = insert.get(email ?? null, userId ?? null, JSON.stringify(channels), moment, moment)
    return integer(only(row), 'number')
  }
  for (const email of settings.forgotten ?? []) forget.run(email.toLowerCase())
  for (const email of settings.unsubscribed ?? []) {
    if (byEmail.get(email.toLowerCase()) === undefined) {
      add({ email: email.toLowerCase() }, [marketingChannel], world.now())
    }
  }

  const find = ({ email, userId }: Identity): Row | undefined =>
    (email === undefined ? undefined : byEmail.get(email)) ?? (userId === undefined ? undefined : byUserId.get(userId))

  const date = (milliseconds: number): string =>
    `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} +00:00`

  return {
    routes: (listsOf) => [
      {
        method: 'GET',
        path: '/api/users/{email}',
        answer(call: Call): Answer {
          const row = byEmail.get((call.params.email ?? '').toLowerCase())
          if (row === undefined) return refusal(400, 'BadParams', 'error.users.noUserWithEmailExists')
          const email = textOrNull(row, 'email')
          const userId = textOrNull(row, 'user_id')
          const dataFields = {
            ...record(JSON.parse(text(row, 'fields'))),
            ...(email === null ? {} : { email }),
            ...(userId === null ? {} : { userId }),
            signupDate: date(integer(row, 'created_at')),
            profileUpdatedAt: date(integer(row, 'updated_at')),
            userListIds: listsOf(integer(row, 'number')),
            unsubscribedChannelIds: JSON.parse(text(row, 'unsubscribed_channels')),
          }
          return {
            status: 200,
            json: { user: { ...(email ? { email } : {}), ...(userId ? { userId } : {}), dataFields } },
          }
        },
      },
    ],
    isForgotten: (email) => forgotten.get(email) !== undefined,
    find(identity) {
      const row = find(identity)
      return row === undefined ? undefined : integer(row, 'number')
    },
    create: (identity, now) => add(identity, [], now),
    change(user, values, now) {
      if (Object.keys(values).length === 0) return
      const before = only(byNumber.get(user))
      const fields = { ...record(JSON.parse(text(before, 'fields'))), ...values }
      for (const [name, value] of Object.entries(fields)) if (value === null) delete fields[name]
      update.run(JSON.stringify(fields), Math.round(now), user)
    },
  }
}
