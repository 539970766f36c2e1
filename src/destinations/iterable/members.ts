/** Puts people on an Iterable list and takes them off it. Subscriptions to channels are never touched. */
import {
  type At,
  type Now,
  type Person,
  type Reply,
  type Request,
  type Row,
  Stop,
  send,
  type Talk,
} from '../../destination-kit/kit.ts'
import { each, jsonRows, personalValues, rejected, split, unknown } from '../../destination-kit/words.ts'
import { listUnknown, refusalIn, wordsOf } from './answers.ts'
import { dataFieldsOf } from './fields.ts'
import { isListed, listIdOf } from './lists.ts'
import { type Direction, fateOf, outcomesOf } from './outcomes.ts'

type Here = At<'region', never>

/** One of `subscribers` with the matched values. A `null` clears its field. */
export const subscriber = (person: Person, at: Here): string => {
  const email = JSON.stringify(person.identifier)
  const dataFields = dataFieldsOf(person, at.kinds)
  return dataFields === undefined ? `{"email":${email}}` : `{"email":${email},"dataFields":${dataFields}}`
}

export const unsubscriber = (person: Person): string => `{"email":${JSON.stringify(person.identifier)}}`

/**
 * Seconds between the tries while the list is not known. A list that was just made is refused for a while; the vendor's own
 * tests give it a minute: https://github.com/Iterable/api-client/blob/main/tests/utils/test-helpers.ts (checked 2026-11-21).
 */
const pauses = [1, 2, 4, 8, 15, 30] as const

/** Requests beyond the first that a call for a list that was just made may take. */
export const mostAgain = pauses.length

const notKnown = (listed: boolean): Stop =>
  listed
    ? new Stop(
        'bad-request',
        'Iterable shows the list, but has taken nobody for it for a minute. Run the export again later.',
      )
    : new Stop('list-missing', 'Iterable does not know this list (any more).')

/** The answer, as soon as the list is known. */
function* sendToList(request: Request, listId: string): Talk<Reply> {
  let reply: Reply = yield* send(request)
  for (const after of pauses) {
    if (!listUnknown(reply)) return reply
    reply = yield* send({ ...request, after })
  }
  if (listUnknown(reply)) throw notKnown(yield* isListed(listId))
  return reply
}

/** Refusals of a whole call that are about a single person, with what they mean for that one. */
const aboutOne: Readonly<Record<string, string>> = {
  ForgottenUserError: 'forgottenEmails',
  InvalidEmailAddressError: 'invalidEmails',
  RequestFieldsTypesMismatched: 'invalidDataEmails',
  UnknownEmailError: 'notFoundEmails',
  EmailAlreadyExists: 'conflictEmails',
  ExternalKeyConflict: 'conflictEmails',
  UserIdAlreadyExists: 'conflictEmails',
}

const refusedAsAWhole = (reply: Reply, rows: readonly Row[], direction: Direction): Now => {
  const refusal = refusalIn(reply)
  const reason = refusal === undefined ? undefined : aboutOne[refusal.code]
  if (refusal === undefined || (reason === undefined && !refusal.namesSubscriber)) {
    const words = refusal === undefined ? `HTTP ${reply.status}` : wordsOf(refusal, rows.flatMap(personalValues))
    const hint = 'Projects that know their users by user ID alone cannot be sent to by address.'
    throw new Stop('bad-request', `Iterable refuses the call: ${words}. ${hint}`)
  }
  const [only, second] = rows
  if (only === undefined || second !== undefined)
    return split(`Iterable refuses the call for one of its people (${refusal.code}).`)
  const fate =
    reason === undefined ? rejected(refusal.code, wordsOf(refusal, personalValues(only))) : fateOf(reason, direction)
  return each(unknown('Nobody else was in this call.'), new Map([[only.ref, fate]]), 'ref')
}

function* change(direction: Direction, rows: readonly Row[], at: Here, tail: string): Talk<Now> {
  const listId = listIdOf(at.list.id)
  const request: Request = {
    method: 'POST',
    path: `/api/lists/${direction}`,
    rate: direction,
    body: jsonRows(`{"listId":${listId},"subscribers":[`, rows, tail),
    expect: [400, 409],
  }
  const reply: Reply = yield* sendToList(request, listId)
  return reply.status < 400 ? outcomesOf(reply, rows, direction) : refusedAsAWhole(reply, rows, direction)
}

/**
 * `POST /api/lists/subscribe`: makes people who are new to the project. Who unsubscribed from a channel stays so.
 * https://api.iterable.com/api/docs#lists_subscribe (checked 2026-11-21).
 */
export function* join(rows: readonly Row[], at: Here): Talk<Now> {
  return yield* change('subscribe', rows, at, '],"updateExistingUsersOnly":false}')
}

/** `POST /api/lists/unsubscribe`: from this list alone, said in every call. https://api.iterable.com/api/docs#lists_unsubscribe (checked 2026-11-21). */
export function* leave(rows: readonly Row[], at: Here): Talk<Now> {
  return yield* change('unsubscribe', rows, at, '],"channelUnsubscribe":false}')
}
