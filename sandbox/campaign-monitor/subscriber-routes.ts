/** Adding, importing, showing and deleting subscribers. https://www.campaignmonitor.com/api/v3-3/subscribers/ (checked 2026-11-21). */
import { z } from 'zod'
import { type Row, text } from '../frame/database.ts'
import { type RateWindow, slidingWindow } from '../frame/rates.ts'
import { type Answer, type Call, parseJson, type World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import { type Code, fault, messageOf, ok } from './answers.ts'
import { idOf, type Lists } from './lists.ts'
import { type SubscriberBody, type Subscribers, subscriberBody } from './subscribers.ts'

const mostSubscribers = 1000
const mostBytes = 20_000_000
/** Writes to one subscriber in half a minute; that there is such a limit was seen by others, its size is assumed. */
const mostTouches = 10
const touchSeconds = 30

/** Names of members are read without regard to case, as the vendor's own clients show. */
const lowered = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name.toLowerCase(), one]))
    : {}

const importBody = z.object({ Subscribers: z.array(z.unknown()).default([]), Resubscribe: z.boolean().nullish() })

export const importPath = /^\/api\/v3\.3\/subscribers\/([0-9a-f]+)\/import\.json$/i
export const subscriberPath = /^\/api\/v3\.3\/subscribers\/([0-9a-f]+)\.json$/i

const addressIn = (value: unknown): string => {
  const { emailaddress } = lowered(value)
  return typeof emailaddress === 'string' ? emailaddress : ''
}

/** May this person be resubscribed? Whoever said no may not, nor whoever was not looked at first. */
const mayReturn = (lists: Lists, subscribers: Subscribers, listId: string, address: string): boolean => {
  const list = lists.find(listId.toLowerCase())
  if (list === undefined) return true
  if (subscribers.isSuppressed(text(list, 'client'), address)) return false
  const there = subscribers.find(list, address)
  if (there === undefined) return false
  const state = text(there, 'state')
  return there.read_deleted === 1 && (state === 'Deleted' || state === 'Active' || state === 'Unconfirmed')
}

/** Switches that send mail again or override what somebody said; leaving a list never unsubscribes, nor deletes a "no". */
export const forbids =
  (lists: Lists, subscribers: Subscribers) =>
  (call: Call): string | undefined => {
    const { method, path } = call
    if (/\/unsubscribe\.json$/i.test(path) || /\/unsuppress\.json$/i.test(path)) return `${method} ${path}`
    if (method === 'DELETE' && /^\/api\/v3\.3\/lists\//.test(path)) return `${method} ${path}`
    const single = subscriberPath.exec(path)
    if (method === 'DELETE' && single !== null) {
      const list = lists.find((single[1] ?? '').toLowerCase())
      const there = list === undefined ? undefined : subscribers.find(list, call.query.get('email') ?? '')
      const state = there === undefined ? '' : text(there, 'state')
      return state === 'Unsubscribed' || state === 'Bounced' || state === 'Suppressed'
        ? `DELETE of somebody who is ${state}`
        : undefined
    }
    const imported = importPath.exec(path)
    if (method !== 'POST' || (single === null && imported === null)) return undefined
    const body = lowered(parseJson(call.body)?.value)
    if (body.queuesubscriptionbasedautoresponders === true) return `${path} with QueueSubscriptionBasedAutoResponders`
    if (body.restartsubscriptionbasedautoresponders === true)
      return `${path} with RestartSubscriptionBasedAutoresponders`
    if (body.resubscribe !== true) return undefined
    const people = imported === null ? [body] : Array.isArray(body.subscribers) ? body.subscribers : []
    if (people.length !== 1) return `Resubscribe for ${people.length} people at once`
    const listId = (imported ?? single)?.[1] ?? ''
    return mayReturn(lists, subscribers, listId, addressIn(people[0]))
      ? undefined
      : 'Resubscribe of somebody who was not just read as Deleted'
  }

interface Failure {
  readonly EmailAddress: string
  readonly Code: Code
  readonly Message: string
}

export const subscriberRoutes = (world: World, lists: Lists, subscribers: Subscribers): GuardedRoute[] => {
  const touches = new Map<string, RateWindow>()

  const touchesTooMuch = (list: Row, address: string, now: number): boolean => {
    if (!world.limits) return false
    const key = `${text(list, 'id')} ${address.trim().toLowerCase()}`
    const window = touches.get(key) ?? slidingWindow(mostTouches, world.wait(touchSeconds))
    touches.set(key, window)
    return !window.take(now).allowed
  }

  const onList =
    (answer: (list: Row, call: Call) => Answer, name: string) =>
    (call: Call): Answer => {
      const list = lists.find(idOf(call, name))
      return list === undefined ? fault(101) : answer(list, call)
    }

  /** Stores everybody who can be, once; whoever cannot is named. */
  const store = (list: Row, people: readonly SubscriberBody[], resubscribe: boolean) => {
    const failures: Failure[] = []
    const duplicates: string[] = []
    const stored: string[] = []
    const seen = new Set<string>()
    const counts = { new: 0, existing: 0 }
    for (const one of people) {
      const email = one.EmailAddress.trim().toLowerCase()
      if (seen.has(email)) {
        duplicates.push(one.EmailAddress)
        continue
      }
      seen.add(email)
      const end = subscribers.put(list, one, resubscribe)
      if (typeof end === 'number') failures.push({ EmailAddress: one.EmailAddress, Code: end, Message: messageOf(end) })
      else {
        counts[end]++
        stored.push(email)
      }
    }
    return { failures, duplicates, stored, seen, counts }
  }

  const importMany = onList((list, call) => {
    const body = importBody.safeParse(parseJson(call.body)?.value).data
    if (body === undefined) return fault(400)
    const records = body.Subscribers.length
    if (records === 0) return fault(212)
    if (records > mostSubscribers) return { ...fault(209), records }
    if (world.discard) return { ...done([], [], { new: records, existing: 0 }, records), records }
    const people = z.array(subscriberBody).safeParse(body.Subscribers).data
    if (people === undefined) return fault(400)
    const [only] = people
    if (people.length === 1 && only !== undefined && touchesTooMuch(list, only.EmailAddress, call.now)) {
      return fault(429, 'Subscriber was added too many times too quickly, try again later.')
    }
    const { failures, duplicates, stored, seen, counts } = store(list, people, body.Resubscribe === true)
    const delivered = [{ listId: text(list, 'id'), operation: 'add' as const, identifiers: stored }]
    return { ...done(failures, duplicates, counts, seen.size), records, delivered }
  }, 'id')

  const done = (
    failures: readonly Failure[],
    duplicates: readonly string[],
    counts: { readonly new: number; readonly existing: number },
    unique: number,
  ): Answer => {
    const result = {
      TotalUniqueEmailsSubmitted: unique,
      TotalExistingSubscribers: counts.existing,
      TotalNewSubscribers: counts.new,
      DuplicateEmailsInSubmission: duplicates,
      FailureDetails: failures,
    }
    if (failures.length === 0) return { status: 201, json: result }
    return { status: 400, json: { ResultData: result, Code: 210, Message: messageOf(210) } }
  }

  /** The vendor puts it into a queue; here it is stored at once. Without Resubscribe whoever is not active stays so. */
  const addOne = onList((list, call) => {
    const value = parseJson(call.body)?.value
    const body = subscriberBody.safeParse(value).data
    if (body === undefined) return fault(400)
    if (touchesTooMuch(list, body.EmailAddress, call.now)) {
      return fault(429, 'Subscriber was added too many times too quickly, try again later.')
    }
    const end = world.discard ? 'new' : subscribers.put(list, body, lowered(value).resubscribe === true)
    if (end === 1 || end === 214 || end === 215) return fault(end)
    const identifiers = typeof end === 'string' ? [body.EmailAddress.trim().toLowerCase()] : []
    const delivered = world.discard ? [] : [{ listId: text(list, 'id'), operation: 'add' as const, identifiers }]
    return { status: 201, json: body.EmailAddress, records: 1, delivered }
  }, 'file')

  const show = onList((list, call) => {
    const there = subscribers.find(list, call.query.get('email') ?? '')
    if (there === undefined) return fault(203)
    subscribers.noteRead(list, there)
    return ok(subscribers.shown(list, there))
  }, 'file')

  const remove = onList((list, call) => {
    const email = (call.query.get('email') ?? '').trim().toLowerCase()
    const there = subscribers.find(list, email)
    if (there === undefined || text(there, 'state') === 'Deleted') return fault(203)
    subscribers.setState(list, email, 'Deleted')
    const delivered = [{ listId: text(list, 'id'), operation: 'remove' as const, identifiers: [email] }]
    return { status: 200, text: '', records: 1, delivered }
  }, 'file')

  const path = '/api/v3.3/subscribers'
  const permission = 'ImportSubscribers'
  return [
    {
      method: 'POST',
      path: `${path}/{id}/import.json`,
      permission,
      write: true,
      maxBytes: mostBytes,
      answer: importMany,
    },
    { method: 'POST', path: `${path}/{file}`, permission, write: true, answer: addOne },
    { method: 'GET', path: `${path}/{file}`, permission, answer: show },
    { method: 'DELETE', path: `${path}/{file}`, permission, write: true, answer: remove },
  ]
}
