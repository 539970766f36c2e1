/** The catalogue of destinations: what each asks, takes and allows, every number with its source. */
import { z } from 'zod'
import type { Limit, MatchField } from '../destination-kit/fields.ts'
import type { AnyDestination } from '../destination-kit/kit.ts'
import { destinationOf, destinations } from '../destinations/index.ts'
import type { Api } from './context.ts'
import { tagged } from './etag.ts'

const limit = z
  .object({
    value: z.number(),
    source: z.string().describe('Where it is written.'),
    checked: z.string().describe('The day it was looked at.'),
    kind: z.enum(['documented', 'measured', 'assumed']),
  })
  .meta({ id: 'Limit' })

const input = z.object({
  name: z.string(),
  label: z.string(),
  help: z.string().optional(),
  oneOf: z.array(z.string()).optional(),
})
const setting = input
  .extend({
    of: z.enum(['connection', 'export']),
    default: z.string().optional(),
    choices: z.boolean().describe('The service tells what it may be, once the connection has credentials.'),
  })
  .meta({ id: 'DestinationSetting' })
const credential = input.meta({ id: 'DestinationCredential' })
/** A field of a service, as it is shown. */
export const destinationField = input
  .extend({
    kind: z.enum(['text', 'number', 'boolean', 'date']).describe('What the service takes; see docs/matching.md.'),
    max: limit.optional().describe('The longest value, in characters.'),
    required: z.boolean().describe('An export must fill it, and nobody is sent without a value.'),
  })
  .meta({ id: 'DestinationField' })

const blank = z.enum(['cleared', 'kept', 'empty'])
const blanks = z
  .object({
    none: blank.describe('What the field holds after it was sent for a person who has no value.'),
    empty: blank.describe('What it holds after an empty text was sent.'),
  })
  .meta({ id: 'Blanks' })
const route = z
  .object({
    over: z.int().optional().describe('Used for more records than this.'),
    for: z.literal('returners').optional().describe('Takes only people whom Sund took off the list before.'),
    records: limit.describe('Records in one call.'),
    bytes: limit.optional(),
    parallel: z.int(),
    jobs: limit.optional(),
    settles: limit.describe('Seconds after which a lost write cannot take effect any more.'),
  })
  .meta({ id: 'DestinationRoute' })

const destination = z
  .object({
    id: z.string(),
    name: z.string(),
    listWord: z.string().describe('The word of the service for a list.'),
    signIn: z.boolean().describe('People sign in at the service; else it takes a key.'),
    keyInstead: z.string().optional().describe('The credential that, when given, takes the place of signing in.'),
    credentials: z.array(credential),
    settings: z.array(setting),
    identifier: z.object({ label: z.string(), hash: z.literal('sha256').optional() }),
    fields: z.array(destinationField),
    blanks: blanks
      .optional()
      .describe('Absent where nobody has found out. A field that is not matched keeps what it holds.'),
    accountFields: z.boolean().describe('Fields that the account has of its own can be matched too.'),
    makesLists: z.boolean().describe('A list is made for each segment; else an export names one that is there.'),
    defaultList: z
      .string()
      .optional()
      .describe('The setting of the connection that names the list of an export which names none.'),
    people: limit.extend({ over: z.enum(['export', 'connection']) }).optional(),
    add: z.array(route),
    remove: z.array(route),
    rates: z.array(z.object({ name: z.string(), calls: limit, seconds: z.number() })),
  })
  .meta({ id: 'Destination' })

const shownLimit = ({ value, source, checked, kind }: Limit): z.infer<typeof limit> => ({
  value,
  source,
  checked,
  kind,
})

const limitOf = <K extends string>(name: K, given: Limit | undefined): { [P in K]?: z.infer<typeof limit> } => {
  const one: { [P in K]?: z.infer<typeof limit> } = {}
  if (given !== undefined) one[name] = shownLimit(given)
  return one
}

const inputOf = (
  name: string,
  one: { readonly label: string; readonly help?: string; readonly oneOf?: readonly string[] },
) => ({
  name,
  label: one.label,
  ...(one.help === undefined ? {} : { help: one.help }),
  ...(one.oneOf === undefined ? {} : { oneOf: [...one.oneOf] }),
})

export const shownField = (of: MatchField): z.infer<typeof destinationField> => ({
  ...inputOf(of.name, of),
  kind: of.kind ?? 'text',
  ...limitOf('max', of.max),
  required: of.required === true,
})

const shownRoute = (one: AnyDestination['add'][number]): z.infer<typeof route> => ({
  ...(one.over === undefined ? {} : { over: one.over }),
  ...(one.for === undefined ? {} : { for: one.for }),
  records: shownLimit(one.max),
  ...limitOf('bytes', one.bytes),
  parallel: one.parallel,
  ...limitOf('jobs', one.jobs),
  settles: shownLimit(one.settles),
})

const shown = (one: AnyDestination): z.infer<typeof destination> => ({
  id: one.id,
  name: one.name,
  listWord: one.listWord,
  signIn: one.oauth !== undefined,
  ...(one.oauth?.unless === undefined ? {} : { keyInstead: one.oauth.unless }),
  credentials: Object.entries(one.credentials).map(([name, of]) => inputOf(name, of)),
  settings: Object.entries(one.settings).map(([name, of]) => ({
    ...inputOf(name, of),
    of: of.of,
    choices: one.choices !== undefined && Object.hasOwn(one.choices, name),
    ...(of.default === undefined ? {} : { default: of.default }),
  })),
  identifier: {
    label: one.identifier.label,
    ...(one.identifier.hash === undefined ? {} : { hash: one.identifier.hash }),
  },
  fields: one.fields.map(shownField),
  ...(one.blanks === undefined ? {} : { blanks: { ...one.blanks } }),
  accountFields: one.accountFields !== undefined,
  makesLists: one.ensureList !== undefined,
  ...(one.defaultList === undefined ? {} : { defaultList: one.defaultList }),
  ...(one.people === undefined ? {} : { people: { ...shownLimit(one.people), over: one.people.over } }),
  add: one.add.map(shownRoute),
  remove: one.remove.map(shownRoute),
  rates: Object.entries(one.rates).map(([name, { calls, per }]) => ({ name, calls: shownLimit(calls), seconds: per })),
})

export const destinationRoutes = (app: Api): void => {
  app.get(
    '/destinations',
    {
      schema: {
        operationId: 'listDestinations',
        summary: 'List the services that people can be sent to',
        tags: ['destinations'],
        response: { 200: z.object({ items: z.array(destination) }).meta({ id: 'Destinations' }) },
      },
    },
    async () => ({ items: destinations.map(shown) }),
  )

  app.get(
    '/destinations/:slug',
    {
      schema: {
        operationId: 'getDestination',
        summary: 'Show what a service asks, takes and allows',
        tags: ['destinations'],
        params: z.strictObject({ slug: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/) }),
        response: { 200: destination },
      },
      config: { errors: ['destination.unknown'] },
    },
    async ({ params }, reply) => tagged(reply, shown(destinationOf(params.slug))),
  )
}
