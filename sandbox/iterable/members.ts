/** Iterable's calls that put people on a list and take them off: good records are kept, the others are named. */
import { z } from 'zod'
import { type Answer, type Call, parseJson, type World } from '../frame/vendor.ts'
import { isValidAddress } from '../sendgrid/address.ts'
import type { GuardedRoute } from './access.ts'
import { badJsonBody, refusal, refusals } from './answers.ts'
import type { Fields, Fitted } from './fields.ts'
import type { Lists } from './lists.ts'
import type { Identity, Users } from './users.ts'

/** How the project knows its users: https://support.iterable.com/hc/en-us/articles/9216719179796 (checked 2026-11-21). */
export type ProjectType = 'email' | 'userId' | 'hybrid'

/** Published for users/bulkUpdate, whose body is alike (https://api.iterable.com/api/docs#users_bulkUpdate, checked 2026-11-21). Assumed here. */
const mostBytes = 4_000_000
const rate = { calls: 5, seconds: 1 }

/** Domains whose addresses are refused, so that refusals of single records can be tried. Iterable has no such domains. */
const domains = {
  conflictEmails: '@conflict.sandbox.invalid',
  forgottenEmails: '@forgotten.sandbox.invalid',
  invalidDataEmails: '@errored.sandbox.invalid',
} as const

const longestUserId = 52

const user = z.object({
  email: z.string().optional(),
  userId: z.string().optional(),
  dataFields: z.record(z.string(), z.unknown()).optional(),
  preferUserId: z.boolean().optional(),
  mergeNestedObjects: z.boolean().optional(),
})
type Subscriber = z.infer<typeof user>
const subscribeBody = z.object({
  listId: z.number().int(),
  subscribers: z.array(user),
  updateExistingUsersOnly: z.boolean().optional(),
})
const unsubscribeBody = z.object({
  listId: z.number().int(),
  subscribers: z.array(user.pick({ email: true, userId: true })),
  channelUnsubscribe: z.boolean().optional(),
  campaignId: z.number().optional(),
})

/** `obj.subscribers[1].preferUserId`, and what was wanted there. */
const placesOf = (error: z.ZodError): Record<string, string> =>
  Object.fromEntries(
    error.issues.map(({ path, message }) => [
      path.reduce((at: string, part) => (typeof part === 'number' ? `${at}[${part}]` : `${at}.${String(part)}`), 'obj'),
      message,
    ]),
  )

const reasons = [
  'invalidEmails',
  'invalidUserIds',
  'notFoundEmails',
  'notFoundUserIds',
  'invalidDataEmails',
  'invalidDataUserIds',
  'conflictEmails',
  'conflictUserIds',
  'forgottenEmails',
  'forgottenUserIds',
] as const
type Reason = (typeof reasons)[number]

/** Collects who failed and who did not. */
class Tally {
  readonly #failed = new Map<Reason, string[]>(reasons.map((reason) => [reason, []]))
  readonly created = new Set<string>()
  readonly dropped = new Set<string>()
  readonly identifiers: string[] = []

  fail(reason: Reason, identifier: string): void {
    this.#failed.get(reason)?.push(identifier)
  }

  answer(records: number, listId: number, operation: 'add' | 'remove'): Answer {
    const failed = Object.fromEntries(this.#failed)
    const failCount = [...this.#failed.values()].reduce((sum, { length }) => sum + length, 0)
    return {
      status: 200,
      json: {
        successCount: records - failCount,
        failCount,
        createdFields: [...this.created],
        filteredOutFields: [...this.dropped],
        invalidEmails: failed.invalidEmails,
        invalidUserIds: failed.invalidUserIds,
        failedUpdates: failed,
      },
      records,
      delivered: [{ listId: String(listId), operation, identifiers: this.identifiers }],
    }
  }
}

const emailKey = Buffer.from('"email"')
const emailsIn = (body: Buffer): number => {
  let count = 0
  for (let at = body.indexOf(emailKey); at !== -1; at = body.indexOf(emailKey, at + emailKey.length)) count++
  return count
}

/** Values that say what somebody is subscribed to. */
const subscriptions = /^((un)?subscribed.*|(email|user)ListIds)$/i

interface MemberCalls {
  readonly world: World
  readonly lists: Lists
  readonly users: Users
  readonly fields: Fields
  readonly project: ProjectType
}

export const memberRoutes = ({ world, lists, users, fields, project }: MemberCalls): GuardedRoute[] => {
  /** The user that a record means, or why it means none. */
  const identityOf = (one: Subscriber): Identity | Reason => {
    const email = one.email === undefined ? undefined : one.email.trim().toLowerCase()
    if (email !== undefined && project !== 'userId') {
      if (!isValidAddress(email)) return 'invalidEmails'
      if (users.isForgotten(email) || email.endsWith(domains.forgottenEmails)) return 'forgottenEmails'
      if (email.endsWith(domains.conflictEmails)) return 'conflictEmails'
    }
    const { userId } = one
    if (userId !== undefined && (userId === '' || userId.length > longestUserId || userId.endsWith(' '))) {
      return 'invalidUserIds'
    }
    if (email === undefined && userId === undefined) return 'invalidEmails'
    return { ...(email === undefined ? {} : { email }), ...(userId === undefined ? {} : { userId }) }
  }

  const nameOf = (one: Subscriber): string => one.email ?? one.userId ?? ''
  const kindOf = (reason: 'notFound' | 'invalidData', one: Subscriber): Reason =>
    one.email === undefined ? `${reason}UserIds` : `${reason}Emails`

  /** That nobody can be named by address there is documented; which refusal it is, is not. */
  const addressesRefused = (all: readonly Subscriber[]): Answer | undefined =>
    project === 'userId' && all.some(({ userId }) => userId === undefined)
      ? refusal(400, 'BadParams', 'userId is required in userID-based projects')
      : undefined

  const counted = (call: Call, operation: 'add' | 'remove'): Answer => {
    const records = emailsIn(call.body)
    return { ...new Tally().answer(records, 0, operation), records, delivered: [] }
  }

  const putOn = (one: Subscriber, known: number | undefined, identity: Identity, tally: Tally, call: Call) => {
    const fitted: Fitted | undefined = fields.fit(one.dataFields ?? {})
    if (fitted === undefined || identity.email?.endsWith(domains.invalidDataEmails)) {
      tally.fail(kindOf('invalidData', one), nameOf(one))
      return undefined
    }
    fields.create(fitted.created)
    const found = known ?? users.create(identity, call.now)
    users.change(found, fitted.kept, call.now)
    for (const [name] of fitted.created) tally.created.add(name)
    for (const name of fitted.dropped) tally.dropped.add(name)
    return found
  }

  const subscribe = (call: Call): Answer => {
    if (world.discard) return counted(call, 'add')
    const body = subscribeBody.safeParse(parseJson(call.body)?.value)
    if (!body.success) return badJsonBody(call, placesOf(body.error))
    const { listId, subscribers, updateExistingUsersOnly = false } = body.data
    const written = subscribers.flatMap(({ dataFields = {} }) => Object.keys(dataFields))
    const forbidden = written.find((name) => subscriptions.test(name))
    if (forbidden !== undefined) {
      const what = `POST ${call.path} with ${forbidden}`
      return { ...refusals.forbidden(call, what), forbidden: what }
    }
    const refused = lists.refused(listId, call.now) ?? addressesRefused(subscribers)
    if (refused !== undefined) return refused
    if (fields.tooMany(subscribers.map(({ dataFields = {} }) => dataFields))) {
      return refusal(400, 'UniqueFieldsLimitExceeded', 'The project has reached its limit of unique fields')
    }
    const tally = new Tally()
    for (const one of subscribers) {
      const identity = identityOf(one)
      if (typeof identity === 'string') {
        tally.fail(identity, nameOf(one))
        continue
      }
      const known = users.find(identity)
      // Whom an address names, an email-based project always makes; a user ID only where that is asked for.
      const makes =
        project === 'email' ? one.email !== undefined || one.preferUserId === true : !updateExistingUsersOnly
      if (known === undefined && !makes) {
        tally.fail(kindOf('notFound', one), nameOf(one))
        continue
      }
      const found = putOn(one, known, identity, tally, call)
      if (found === undefined) continue
      lists.join(listId, found, call.now)
      tally.identifiers.push(nameOf(one).toLowerCase())
    }
    return tally.answer(subscribers.length, listId, 'add')
  }

  const unsubscribe = (call: Call): Answer => {
    if (world.discard) return counted(call, 'remove')
    const body = unsubscribeBody.safeParse(parseJson(call.body)?.value)
    if (!body.success) return badJsonBody(call, placesOf(body.error))
    const { listId, subscribers, channelUnsubscribe = false } = body.data
    if (channelUnsubscribe) {
      const what = `POST ${call.path} with channelUnsubscribe`
      return { ...refusals.forbidden(call, what), forbidden: what }
    }
    const refused = lists.refused(listId, call.now) ?? addressesRefused(subscribers)
    if (refused !== undefined) return refused
    const tally = new Tally()
    for (const one of subscribers) {
      const identity = identityOf(one)
      if (typeof identity === 'string') {
        tally.fail(identity, nameOf(one))
        continue
      }
      const found = users.find(identity)
      if (found === undefined) tally.fail(kindOf('notFound', one), nameOf(one))
      else {
        // Whoever is known and not on the list counts as taken off. Assumed.
        lists.leave(listId, found, call.now)
        tally.identifiers.push(nameOf(one).toLowerCase())
      }
    }
    return tally.answer(subscribers.length, listId, 'remove')
  }

  const common = { method: 'POST', write: true, maxBytes: mostBytes, rate } as const
  return [
    { ...common, path: '/api/lists/subscribe', answer: subscribe },
    { ...common, path: '/api/lists/unsubscribe', answer: unsubscribe },
  ]
}
