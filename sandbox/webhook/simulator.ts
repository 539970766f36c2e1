/** A receiver as somebody may write it who wants Sund's webhook: lists of addresses behind one URL. */
import { timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { exampleCredentials } from '../credentials.ts'
import { slidingWindow } from '../frame/rates.ts'
import { type Answer, type Call, parseJson, type VendorDefinition } from '../frame/vendor.ts'
import { isValidAddress } from '../sendgrid/address.ts'
import { refusal, refusals } from './answers.ts'
import { type Lists, receiverLists } from './lists.ts'
import { schema } from './tables.ts'

/** Domains whose addresses are refused, so that refusals of single people can be tried. */
const REFUSED = '@errored.sandbox.invalid'
const SAID_NO = '@left.sandbox.invalid'

const MOST_MEMBERS = 1000
const RATE = { calls: 600, seconds: 60 }

const value = z.union([z.string(), z.number(), z.boolean(), z.null()])
const list = z.object({ id: z.string() })
const member = z.strictObject({ email: z.string(), fields: z.record(z.string(), value) })
const body = z.discriminatedUnion('operation', [
  z.object({ operation: z.literal('check') }),
  z.object({ operation: z.literal('lists') }),
  z.object({ operation: z.literal('look'), list }),
  z.object({ operation: z.literal('open'), list: z.object({ name: z.string().min(1), mark: z.string().min(1) }) }),
  z.object({ operation: z.literal('add'), list, members: z.array(member) }),
  z.object({ operation: z.literal('remove'), list, members: z.array(member.pick({ email: true })) }),
])
type Body = z.infer<typeof body>
type Change = Extract<Body, { operation: 'add' | 'remove' }>

interface Refused {
  readonly email: string
  readonly code: string
  readonly reason: string
  readonly final?: true
}

const refusedAlone = (email: string, operation: 'add' | 'remove'): Refused | undefined => {
  if (!isValidAddress(email)) return { email, code: 'invalid_email', reason: 'this is no address', final: true }
  if (email.endsWith(REFUSED)) return { email, code: 'errored', reason: `no place for ${email}` }
  if (operation === 'add' && email.endsWith(SAID_NO)) {
    return { email, code: 'said_no', reason: 'this person does not want to be on lists', final: true }
  }
  return undefined
}

const changed = (lists: Lists, change: Change, discard: boolean): Answer => {
  const { operation, members } = change
  const { id } = change.list
  const rejected = members.flatMap(({ email }) => refusedAlone(email, operation) ?? [])
  const refused = new Set(rejected.map(({ email }) => email))
  const absent: string[] = []
  const taken: string[] = []
  for (const one of change.operation === 'add' ? change.members : []) {
    if (refused.has(one.email)) continue
    if (!discard) lists.join(id, one.email, one.fields)
    taken.push(one.email)
  }
  for (const { email } of change.operation === 'remove' ? change.members : []) {
    if (refused.has(email)) continue
    if (discard || lists.leave(id, email)) taken.push(email)
    else absent.push(email)
  }
  return {
    status: 200,
    json: { taken: taken.length, rejected, ...(operation === 'remove' ? { absent } : {}) },
    records: members.length,
    delivered: discard ? [] : [{ listId: id, operation, identifiers: [...taken, ...absent] }],
  }
}

const answered = (lists: Lists, asked: Body, discard: boolean): Answer => {
  switch (asked.operation) {
    case 'check':
      return { status: 200, json: { version: 1 } }
    case 'lists':
      return { status: 200, json: { lists: lists.all() } }
    case 'open':
      return { status: 200, json: { list: lists.open(asked.list.name, asked.list.mark) } }
  }
  const found = lists.find(asked.list.id)
  if (found === undefined) return refusal(410, 'there is no such list any more')
  if (asked.operation === 'look') return { status: 200, json: { list: found } }
  if (asked.members.length > MOST_MEMBERS) return refusal(413, `no more than ${MOST_MEMBERS} people in a call`)
  return changed(lists, asked, discard)
}

const mayCall = (call: Call): boolean => {
  const wanted = Buffer.from(`Bearer ${exampleCredentials.webhook.secret}`)
  const given = Buffer.from(call.header('authorization') ?? '')
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** Addresses of calls are logged by whatever stands between. */
const forbids = ({ target }: Call): string | undefined =>
  target.includes('?') ? 'a query: neither secrets nor people belong into an address' : undefined

export const webhook: VendorDefinition = {
  port: 4717,
  schema,
  start(world) {
    const lists = receiverLists(world)
    const window = slidingWindow(RATE.calls, world.wait(RATE.seconds))
    const guarded =
      (answer: (call: Call) => Answer) =>
      (call: Call): Answer => {
        if (!mayCall(call)) return refusal(401, 'this is not the secret that I know')
        if (world.limits && !window.take(call.now).allowed) return refusal(429, 'too many calls')
        return answer(call)
      }
    return {
      routes: [
        {
          method: 'POST',
          path: new URL(exampleCredentials.webhook.url).pathname,
          write: true,
          answer: guarded((call) => {
            const asked = body.safeParse(parseJson(call.body)?.value)
            return asked.success
              ? answered(lists, asked.data, world.discard)
              : refusal(400, 'I do not understand this call')
          }),
        },
        {
          // What a person does at the receiver, beside the webhook.
          method: 'DELETE',
          path: '/lists/{id}',
          write: true,
          answer: guarded(({ params: { id = '' } }) => {
            lists.drop(id)
            return { status: 204, text: '' }
          }),
        },
        {
          // The same: to look at a person.
          method: 'GET',
          path: '/lists/{id}/members/{email}',
          answer: guarded(({ params: { id = '', email = '' } }) => {
            const fields = lists.fieldsOf(id, email)
            return fields === undefined
              ? refusal(404, 'nobody of this address')
              : { status: 200, json: { email, fields } }
          }),
        },
      ],
      refusals,
      settle: () => undefined,
      forbids,
      lists: lists.listed,
      members: lists.members,
    }
  },
}
