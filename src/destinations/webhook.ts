/** A webhook: keeps lists at any receiver that speaks the small protocol of docs/destinations/webhook.md. */

import { z } from 'zod'
import type { Limit } from '../destination-kit/fields.ts'
import { define, type Reply, Stop, send } from '../destination-kit/kit.ts'
import { answerOf, ask, originOf, receiverOf } from './webhook/calls.ts'
import { allLists, ensureList, oneList } from './webhook/lists.ts'
import { enter, joining, leave, leaving } from './webhook/members.ts'
import { refusals } from './webhook/refusals.ts'

const assumed = (value: number, source: string): Limit => ({ value, source, checked: '2026-11-22', kind: 'assumed' })

const bodySize = 'https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size'

const route = {
  // Small enough for a receiver to do while the caller waits.
  max: assumed(1000, bodySize),
  // A web server that nobody has set otherwise takes a megabyte; less the commas and the ends of the body.
  bytes: assumed(900_000, bodySize),
  // Batches hold different people, so their order does not matter.
  parallel: 2,
  // A receiver answers when it is done. One whose caller is gone may work on for a while, hardly for an hour.
  settles: assumed(3600, 'https://www.rfc-editor.org/rfc/rfc9110#name-idempotent-methods'),
  requests: () => 1,
}

/** At the one URL that somebody gave, 404 is no list's absence: that is 410. */
const judge = ({ status }: Reply) =>
  status === 404
    ? new Stop('bad-request', 'There is no webhook at this URL (404). Mend the URL in the connection.')
    : undefined

const promised = z.object({ version: z.literal(1) })

export const webhook = define({
  id: 'webhook',
  name: 'Webhook',
  listWord: 'list',
  credentials: {
    secret: { label: 'Bearer secret', help: 'What the receiver knows Sund by. Sent as “Authorization: Bearer …”.' },
  },
  settings: {
    url: {
      of: 'connection',
      label: 'URL',
      help: 'Where the receiver takes calls. Begins with https://, without a query; nothing secret belongs into it.',
    },
  },
  identifier: { label: 'Email' },
  // A receiver takes fields of any name: see `ensureFields`.
  fields: [],
  blanks: { none: 'cleared', empty: 'empty' },
  hosts: {
    receiver: {
      url: originOf,
      headers: ({ secret }) => ({ Authorization: `Bearer ${secret}`, Accept: 'application/json' }),
    },
  },
  // A receiver that cannot keep up answers 429.
  rates: { calls: { calls: assumed(600, 'https://www.rfc-editor.org/rfc/rfc6585#section-4'), per: 60 } },
  refusals,
  // A receiver numbers its lists by itself.
  account: ({ settings }) => receiverOf(settings),
  rateAccount: ({ settings }) => receiverOf(settings),
  judge,
  *check(settings) {
    const reply = yield* send(ask(settings, 'check'))
    answerOf(reply, promised)
    return { found: {} }
  },
  lists: allLists,
  list: oneList,
  ensureList,
  // Any name may be matched, and nothing has to be made for it.
  *ensureFields() {},
  add: [{ ...route, row: joining, talk: enter }],
  remove: [{ ...route, row: leaving, talk: leave }],
})
