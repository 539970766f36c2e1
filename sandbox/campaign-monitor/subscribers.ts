/** Subscribers as they are kept: states, values, the suppression list, and what happens to them outside the API. */
import { z } from 'zod'
import { integer, type Row, text } from '../frame/database.ts'
import type { World } from '../frame/vendor.ts'
import { type Code, moment } from './answers.ts'
import type { CustomField, Lists } from './lists.ts'

export type State = 'Active' | 'Unconfirmed' | 'Unsubscribed' | 'Bounced' | 'Deleted' | 'Suppressed'

const longestValue = 250
const addressShape = /^[^\s@,;<>()[\]\\"]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/

const isValidAddress = (address: string): boolean =>
  address.length <= 254 && addressShape.test(address) && !address.includes('..')

export const subscriberBody = z.object({
  EmailAddress: z.string().default(''),
  Name: z.string().nullish(),
  ConsentToTrack: z.string().nullish(),
  CustomFields: z
    .array(z.object({ Key: z.string(), Value: z.string().nullish(), Clear: z.boolean().nullish() }))
    .nullish(),
})
export type SubscriberBody = z.infer<typeof subscriberBody>

const valuesShape = z.record(z.string(), z.array(z.string()))
type Values = z.infer<typeof valuesShape>

export interface Subscribers {
  /** Another number whenever somebody was written or got another state. */
  revision(): number
  find(list: Row, email: string): Row | undefined
  isSuppressed(client: string, email: string): boolean
  /** Takes the address out of every list of the client where it would get mail. */
  suppress(client: string, email: string, reason: string): void
  /** Stores somebody, or says with a code why not. */
  put(list: Row, body: SubscriberBody, resubscribe: boolean): 'new' | 'existing' | Code
  setState(list: Row, email: string, state: State): void
  /** What the API shows of a subscriber; fields by their names. */
  shown(list: Row, subscriber: Row): Record<string, unknown>
  /** Remembers that somebody was told to be deleted, so that a return can be judged. */
  noteRead(list: Row, subscriber: Row): void
}

const stateCodes: Readonly<Record<string, Code>> = { Unsubscribed: 206, Bounced: 207, Unconfirmed: 208 }
const consents = new Set(['yes', 'no', 'unchanged'])

/** Numbers and dates of another form are ignored without a word, longer texts are cut: assumed. */
const usable = (type: string, value: string): string | undefined => {
  if (type === 'Number') return Number.isFinite(Number(value)) ? value : undefined
  if (type === 'Date')
    return /^(19|20)\d\d[/-](0[1-9]|1[0-2])[/-]([0-2]\d|3[01])$/.test(value) ? value.replaceAll('/', '-') : undefined
  return value.slice(0, longestValue)
}

export const campaignMonitorSubscribers = (world: World, lists: Lists): Subscribers => {
  const { db } = world
  const select = db.prepare('SELECT * FROM subscriber WHERE list = ? AND email = ?')
  const write = db.prepare(
    `INSERT INTO subscriber (list, email, name, state, joined_at, changed_at, fields) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (list, email) DO UPDATE SET name = excluded.name, state = excluded.state, joined_at = excluded.joined_at,
       changed_at = excluded.changed_at, fields = excluded.fields`,
  )
  const changeState = db.prepare(
    'UPDATE subscriber SET state = ?, changed_at = ?, read_deleted = 0 WHERE list = ? AND email = ?',
  )
  const noteRead = db.prepare('UPDATE subscriber SET read_deleted = 1 WHERE list = ? AND email = ?')
  const selectSuppressed = db.prepare('SELECT 1 AS n FROM suppressed WHERE client = ? AND email = ?')
  const insertSuppressed = db.prepare(
    'INSERT OR IGNORE INTO suppressed (client, email, reason, at) VALUES (?, ?, ?, ?)',
  )

  const takeOut = db.prepare(
    `UPDATE subscriber SET state = 'Suppressed', changed_at = ? WHERE email = ? AND state IN ('Active', 'Unconfirmed')
       AND list IN (SELECT number FROM list WHERE client = ?)`,
  )

  const numberOf = (list: Row): number => integer(list, 'number')
  const valuesOf = (row: Row): Values => valuesShape.parse(JSON.parse(text(row, 'fields')))
  const isSuppressed = (client: string, email: string): boolean =>
    selectSuppressed.get(client, email.toLowerCase()) !== undefined

  const changed = (fields: readonly CustomField[], before: Values, given: SubscriberBody['CustomFields']): Values => {
    const after: Values = { ...before }
    const set = new Set<string>()
    for (const { Key, Value, Clear } of given ?? []) {
      const key = `[${Key.replace(/^\[|\]$/g, '')}]`.toLowerCase()
      const field = fields.find((one) => one.key.toLowerCase() === key)
      // A key that the list does not have is dropped without a word.
      if (field === undefined) continue
      const value = usable(field.type, Value ?? '')
      if (Clear === true || (field.type === 'Date' && Value === '0000-00-00')) delete after[field.key]
      else if (value !== undefined && value !== '') {
        after[field.key] =
          field.type === 'MultiSelectMany' && set.has(field.key) ? [...(after[field.key] ?? []), value] : [value]
        set.add(field.key)
      }
    }
    return after
  }

  let revision = 0

  return {
    revision: () => revision,
    find: (list, email) => select.get(numberOf(list), email.trim().toLowerCase()),
    isSuppressed,
    suppress(client, email, reason) {
      const [address, now] = [email.trim().toLowerCase(), Math.floor(world.now())]
      insertSuppressed.run(client, address, reason, now)
      takeOut.run(now, address, client)
      revision++
    },
    put(list, body, resubscribe) {
      const email = body.EmailAddress.trim().toLowerCase()
      if (!isValidAddress(email)) return 1
      const consent = body.ConsentToTrack?.toLowerCase()
      if (consent === undefined || consent === '') return 214
      if (!consents.has(consent)) return 215
      const before = select.get(numberOf(list), email)
      const state = before === undefined ? undefined : text(before, 'state')
      if (!resubscribe) {
        if (isSuppressed(text(list, 'client'), email)) return 204
        if (state === 'Deleted') return 205
        const code = stateCodes[state ?? '']
        if (code !== undefined) return code
      }
      const now = Math.floor(world.now())
      const joins = state !== 'Active'
      const fields = lists.fields(numberOf(list))
      revision++
      write.run(
        numberOf(list),
        email,
        body.Name ?? (before === undefined ? '' : text(before, 'name')),
        joins && integer(list, 'confirmed_opt_in') === 1 ? 'Unconfirmed' : 'Active',
        joins || before === undefined ? now : integer(before, 'joined_at'),
        joins || before === undefined ? now : integer(before, 'changed_at'),
        JSON.stringify(changed(fields, before === undefined ? {} : valuesOf(before), body.CustomFields)),
      )
      return before === undefined ? 'new' : 'existing'
    },
    setState(list, email, state) {
      revision++
      changeState.run(state, Math.floor(world.now()), numberOf(list), email.trim().toLowerCase())
    },
    shown(list, subscriber) {
      const names = new Map(lists.fields(numberOf(list)).map(({ key, name }) => [key, name]))
      return {
        EmailAddress: text(subscriber, 'email'),
        Name: text(subscriber, 'name'),
        Date: moment(integer(subscriber, 'changed_at')),
        ListJoinedDate: moment(integer(subscriber, 'joined_at')),
        State: text(subscriber, 'state'),
        CustomFields: Object.entries(valuesOf(subscriber)).flatMap(([key, all]) =>
          all.map((value) => ({ Key: names.get(key) ?? key, Value: value })),
        ),
        ReadsEmailWith: '',
      }
    },
    noteRead(list, subscriber) {
      if (text(subscriber, 'state') === 'Deleted') noteRead.run(numberOf(list), text(subscriber, 'email'))
    },
  }
}
