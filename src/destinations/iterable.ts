/** Iterable: a static list for each segment, filled by address. Joining a list never subscribes anybody to a channel again. */
import type { Limit } from '../destination-kit/fields.ts'
import { define } from '../destination-kit/kit.ts'
import { judge } from './iterable/answers.ts'
import { accountFields } from './iterable/fields.ts'
import { allLists, ensureList, listWithoutSize, oneList } from './iterable/lists.ts'
import { join, leave, mostAgain, subscriber, unsubscriber } from './iterable/members.ts'
import { lookAtSize, readMembersOf } from './iterable/read-back.ts'
import { refusals } from './iterable/refusals.ts'
import { apiOrigin } from './iterable/regions.ts'

const docs = 'https://api.iterable.com/api/docs'
const bulkUpdateDocs = `${docs}#users_bulkUpdate`
const checked = '2026-11-21'

const documented = (value: number, source: string): Limit => ({ value, source, checked, kind: 'documented' })
const assumed = (value: number, source: string): Limit => ({ value, source, checked, kind: 'assumed' })

const route = {
  // No count is published; others send so many, and the vendor answers for larger calls by bytes.
  max: assumed(1000, 'https://github.com/carter-j-h/iterable-python-wrapper/issues/8'),
  // 4 MB are published for users/bulkUpdate, whose body is alike; less the commas and the ends of the body.
  bytes: assumed(3_900_000, bulkUpdateDocs),
  // Batches hold different people, so their order does not matter.
  parallel: 4,
  // The answer comes at once and the change within a minute or so; others saw ten minutes after large loads.
  settles: assumed(600, 'https://github.com/sutrolabs/census-docs/blob/main/destinations/iterable.md'),
  requests: () => 1,
}

/** Not published for changing lists: what users/bulkUpdate, whose work is alike, may be called. */
const changes = { calls: assumed(5, bulkUpdateDocs), per: 1 }

export const iterable = define({
  id: 'iterable',
  name: 'Iterable',
  listWord: 'list',
  credentials: {
    apiKey: {
      label: 'Iterable API key',
      help: 'Integrations > API Keys at Iterable: a server-side key of the project, without JWT.',
    },
  },
  settings: {
    region: {
      of: 'connection',
      label: 'Region',
      help: 'The data centre that keeps the Iterable project. A key works in its own alone.',
      oneOf: ['us', 'eu'],
      default: 'us',
    },
  },
  identifier: { label: 'Email' },
  // Names of data fields are free at Iterable: those of the project are read from it.
  fields: [],
  // Others send `null` to empty a field: https://gitlab.com/mtchavez/iterable/-/merge_requests/74 (checked 2026-11-22). That
  // an empty text is a value like any other is our reading.
  blanks: { none: 'cleared', empty: 'empty' },
  hosts: {
    api: { url: apiOrigin, headers: (secret) => ({ 'Api-Key': secret.apiKey, Accept: 'application/json' }) },
  },
  // Each endpoint has a rate of its own in a project.
  rates: {
    lists: { calls: documented(100, `${docs}#lists_getLists`), per: 1 },
    create: changes,
    subscribe: changes,
    unsubscribe: changes,
    size: { calls: documented(5, `${docs}#lists_getListSize`), per: 60 },
    users: { calls: documented(5, `${docs}#lists_getUsers`), per: 60 },
    fields: { calls: documented(3, `${docs}#users_getFields`), per: 1 },
  },
  // Nothing that is documented tells which project a key belongs to. List ids are numbered over all projects of a data
  // centre (a new project's first lists have seven digits), so they tell the projects apart.
  account: ({ settings }) => settings.region,
  refusals,
  judge,
  *check() {
    yield* allLists()
    return { found: {} }
  },
  lists: allLists,
  list: oneList,
  glance: listWithoutSize,
  members: { settles: route.settles, talk: lookAtSize, confirm: readMembersOf },
  ensureList,
  accountFields,
  add: [{ ...route, newList: { least: 0, most: mostAgain }, row: subscriber, talk: join }],
  remove: [{ ...route, row: unsubscriber, talk: leave }],
})
