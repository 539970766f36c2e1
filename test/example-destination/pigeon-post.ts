/** Pigeon Post, a service that does not exist: keeps existing flocks. Joining one never undoes that somebody opted out. */
import { z } from 'zod'
import type { Limit } from '../../src/destination-kit/fields.ts'
import {
  type At,
  define,
  type Fate,
  type Later,
  type List,
  type Now,
  type Person,
  type Reply,
  type Row,
  Stop,
  send,
  type Talk,
  type Verdict,
} from '../../src/destination-kit/kit.ts'
import {
  absent,
  applied,
  each,
  jsonRows,
  pending,
  readJson,
  rejected,
  unknown,
  vendorWords,
} from '../../src/destination-kit/words.ts'

type Here = At<never, never>

const docs = 'https://pigeon-post.example/api'
const checked = '2026-11-22'
const documented = (value: number, source: string): Limit => ({ value, source, checked, kind: 'documented' })
const assumed = (value: number, source: string): Limit => ({ value, source, checked, kind: 'assumed' })

/** The documentation says that a job ends within the hour; after two, nothing of ours can take effect any more. */
const settles = assumed(7200, `${docs}/jobs`)

const flockPath = (id: string, rest = ''): string => `/v1/flocks/${encodeURIComponent(id)}${rest}`

// ── flocks ──────────────────────────────────────────────────────────────────────────────────────────
const flock = z.object({ id: z.string().min(1), name: z.string(), birds: z.number().int().nonnegative() })
const listOf = ({ id, name, birds }: z.infer<typeof flock>): List => ({ id, name, size: birds })

function* allFlocks(): Talk<readonly List[]> {
  const reply = yield* send({ method: 'GET', path: '/v1/flocks' })
  return reply.json(z.object({ flocks: z.array(flock) })).flocks.map(listOf)
}

function* oneFlock(id: string): Talk<List | undefined> {
  const reply = yield* send({ method: 'GET', path: flockPath(id), expect: [404] })
  return reply.status === 404 ? undefined : listOf(reply.json(flock))
}

// ── answers ─────────────────────────────────────────────────────────────────────────────────────────
const refusal = z.object({ code: z.string(), message: z.string() })

/** Pigeon Post says 400 for everything, and means it by its code. */
const judge = (reply: Reply): Verdict | undefined => {
  const body = reply.status === 400 ? readJson(reply.text, refusal) : undefined
  switch (body?.code) {
    case 'TOO_MANY_CALLS':
      return { kind: 'retry' }
    case 'BAD_BIRD':
      return { kind: 'split', reason: 'Pigeon Post does not take one of the people of this call.' }
    case 'CONTRACT_FULL':
      return new Stop('quota', `The contract with Pigeon Post is used up: ${vendorWords(body.message)}.`)
  }
  return undefined
}

// ── joining ─────────────────────────────────────────────────────────────────────────────────────────
/** A field that is not matched is not sent; Pigeon Post clears a field that is `null`. */
const bird = ({ ref, identifier, fields }: Person): string => JSON.stringify({ ref, email: identifier, ...fields })

/** `POST /v1/flocks/{id}/birds` answers with a job: https://pigeon-post.example/api/birds (checked 2026-11-22). */
function* join(rows: readonly Row[], at: Here): Talk<Later> {
  const reply = yield* send({
    method: 'POST',
    path: flockPath(at.list.id, '/birds'),
    body: jsonRows('{"birds":[', rows, ']}'),
  })
  const { job } = reply.json(z.object({ job: z.string().min(1) }))
  return pending(JSON.stringify({ job, sent: rows.length }))
}

const kept = z.object({ job: z.string(), sent: z.number() })
const report = z.object({ taken: z.number(), refused: z.array(refusal.extend({ ref: z.string() })) })
const state = z.object({ state: z.enum(['flying', 'landed', 'lost']) })

/** Perhaps in another process than `join`: all that it knows is the job, and the place. */
function* look(text: string): Talk<Now | Later> {
  const { job, sent } = kept.parse(JSON.parse(text))
  const reply = yield* send({ method: 'GET', path: `/v1/jobs/${encodeURIComponent(job)}` })
  const now = reply.json(state).state
  if (now === 'flying') return pending(text)
  if (now === 'lost') return each(unknown('Pigeon Post lost the job.'))
  const { taken, refused } = reply.json(report)
  const fates = new Map<string, Fate>(refused.map((one) => [one.ref, rejected(one.code, vendorWords(one.message))]))
  return each(
    taken + fates.size === sent ? applied : unknown('The numbers of Pigeon Post do not add up.'),
    fates,
    'ref',
  )
}

// ── leaving ─────────────────────────────────────────────────────────────────────────────────────────
const departure = z.object({ removed: z.number(), notThere: z.array(z.string()) })

/** From this flock alone: https://pigeon-post.example/api/departures (checked 2026-11-22). */
function* leave(rows: readonly Row[], at: Here): Talk<Now> {
  const reply = yield* send({
    method: 'POST',
    path: flockPath(at.list.id, '/departures'),
    body: jsonRows('{"emails":[', rows, ']}'),
  })
  const { removed, notThere } = reply.json(departure)
  const gone = new Map(notThere.map((email) => [email, absent]))
  return each(
    removed + gone.size === rows.length ? applied : unknown('The numbers of Pigeon Post do not add up.'),
    gone,
  )
}

export const pigeonPost = define({
  id: 'pigeon-post',
  name: 'Pigeon Post',
  listWord: 'flock',
  credentials: { apiKey: { label: 'API key', help: 'Loft > Keys at Pigeon Post, with the right to change flocks.' } },
  settings: {},
  identifier: { label: 'Email' },
  fields: [{ name: 'name', label: 'Name', max: documented(80, `${docs}/birds`) }],
  blanks: { none: 'cleared', empty: 'empty' },
  hosts: {
    api: {
      url: 'https://api.pigeon-post.example',
      headers: (secret) => ({ Authorization: `Bearer ${secret.apiKey}`, Accept: 'application/json' }),
    },
  },
  rates: { calls: { calls: documented(120, `${docs}/rates`), per: 60 } },
  // The ids of flocks are unique over all accounts.
  account: () => 'pigeon-post',
  judge,
  *check() {
    yield* allFlocks()
    return { found: {} }
  },
  lists: allFlocks,
  list: oneFlock,
  add: [
    {
      max: documented(500, `${docs}/birds`),
      bytes: assumed(900_000, `${docs}/birds`),
      // Batches hold different people, so their order does not matter.
      parallel: 2,
      settles,
      requests: () => 1,
      row: bird,
      talk: join,
      confirm: look,
    },
  ],
  remove: [
    {
      max: documented(500, `${docs}/departures`),
      parallel: 2,
      settles,
      requests: () => 1,
      row: ({ identifier }) => JSON.stringify(identifier),
      talk: leave,
    },
  ],
})
