/** Profiles: the people of the current version, masked unless somebody asks to see them. */
import { z } from 'zod'
import { columnTypes } from '../domain/source.ts'
import { SundError } from '../errors.ts'
import { type Profile, type ProfileFilter, profilePage } from '../unify/profile-pages.ts'
import { currentProfiles, type ProfilesVersion } from '../unify/profiles.ts'
import type { Api, ApiContext } from './context.ts'
import { maskedIdentifier, maskedValue, revealQuery } from './masking.ts'
import { offsetOf, type PageQuery, page, pageOf, pageQuery } from './paging.ts'

const profile = z
  .object({
    customerId: z.string(),
    fields: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
      .describe('By name; dates as ISO text. Addresses and numbers are masked unless they are asked for.'),
  })
  .meta({ id: 'Profile' })
const profiles = pageOf('Profiles', profile)

const version = z
  .object({
    version: z.int(),
    rows: z.int(),
    fields: z.array(
      z.object({ name: z.string(), type: z.enum(columnTypes), identifier: z.literal('email').optional() }),
    ),
  })
  .meta({ id: 'ProfilesVersion' })

const customerId = z.string().min(1).max(500)

const masked = ({ customerId: id, fields }: Profile, { fields: sealed }: ProfilesVersion): Profile => {
  const identifiers = new Set(sealed.filter(({ identifier }) => identifier !== undefined).map(({ name }) => name))
  const mask = (name: string, text: string): string =>
    identifiers.has(name) ? maskedIdentifier(text) : maskedValue(text)
  return {
    customerId: id,
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? mask(name, value) : value]),
    ),
  }
}

export const profileRoutes = (app: Api, { server }: ApiContext): void => {
  const { engine } = server.ports

  const current = async (): Promise<ProfilesVersion> => {
    const found = await currentProfiles(engine)
    if (found === undefined) throw new SundError('profiles.missing')
    return found
  }

  const find = async (filter: ProfileFilter, query: PageQuery, reveal: 'true' | 'false') => {
    const sealed = await current()
    const found = await profilePage(engine, sealed, filter, { limit: query.size, offset: offsetOf(query) })
    const items = reveal === 'true' ? found.profiles : found.profiles.map((one) => masked(one, sealed))
    return page(
      items.map((one) => ({ customerId: one.customerId, fields: { ...one.fields } })),
      found.total,
      query,
    )
  }

  app.get(
    '/profiles',
    {
      schema: {
        operationId: 'listProfiles',
        summary: 'List the current profiles',
        tags: ['profiles'],
        querystring: pageQuery.extend(revealQuery),
        response: { 200: profiles },
      },
      config: { errors: ['profiles.missing'] },
    },
    async ({ query }) => await find({ by: 'all' }, query, query.reveal),
  )

  app.post(
    '/profiles/search',
    {
      schema: {
        operationId: 'searchProfiles',
        summary: 'Find people by customer ID or exact email address',
        description:
          'What is searched for stands in the body, so that no address of a person gets into addresses and logs.',
        tags: ['profiles'],
        querystring: pageQuery.extend(revealQuery),
        body: z
          .union([z.strictObject({ email: z.string().min(1).max(1000) }), z.strictObject({ customerId })])
          .meta({ id: 'ProfileSearch' }),
        response: { 200: profiles },
      },
      config: { errors: ['profiles.missing'], reads: true },
    },
    async ({ query, body }) => {
      const filter: ProfileFilter =
        'email' in body ? { by: 'email', email: body.email } : { by: 'customer ID', customerId: body.customerId }
      return await find(filter, query, query.reveal)
    },
  )

  app.get(
    '/profiles/version',
    {
      schema: {
        operationId: 'getProfilesVersion',
        summary: 'Show which version of the profiles is current, and its fields',
        tags: ['profiles'],
        response: { 200: version },
      },
      config: { errors: ['profiles.missing'] },
    },
    async () => {
      const { version: number, rows, fields } = await current()
      return { version: number, rows, fields: [...fields] }
    },
  )

  app.get(
    '/profiles/:customerId',
    {
      schema: {
        operationId: 'getProfile',
        summary: 'Show one profile',
        tags: ['profiles'],
        params: z.strictObject({ customerId }),
        querystring: z.strictObject(revealQuery),
        response: { 200: profile },
      },
      config: { errors: ['profile.missing', 'profiles.missing'] },
    },
    async ({ params, query }) => {
      const filter = { by: 'customer ID', customerId: params.customerId } as const
      const { items } = await find(filter, { page: 1, size: 1 }, query.reveal)
      const [found] = items
      if (found === undefined) throw new SundError('profile.missing')
      return found
    },
  )
}
