/** Segments: named rules over profiles, and how many a rule would take. */
import { z } from 'zod'
import { type Rule, rule } from '../domain/rule.ts'
import { unification } from '../domain/unification.ts'
import { SundError } from '../errors.ts'
import { countMembers, membersOf } from '../segments/members.ts'
import {
  createSegment,
  getSegment,
  listSegments,
  removeSegment,
  type Segment,
  updateSegment,
} from '../store/segment.ts'
import { readUnification } from '../store/unification.ts'
import { currentProfiles, type SealedField } from '../unify/profiles.ts'
import { displayName, id, idParams, onceHeaders } from './common.ts'
import type { Api, ApiContext } from './context.ts'
import { changeHeaders, mustMatch, tagged } from './etag.ts'
import { namedPage, namedQuery, pageOf } from './paging.ts'
import { refuseUnusable } from './problem.ts'
import { ruleProblems } from './rule-problems.ts'

const segmentBody = z.strictObject({ name: displayName, rule }).meta({ id: 'NewSegment' })
const segment = z.object({ id, name: z.string(), rule }).meta({ id: 'Segment' })
const listedSegment = segment
  .extend({ members: z.int().nullable().describe('Over the current profiles; null where it is not sealed over them.') })
  .meta({ id: 'ListedSegment' })
const segments = pageOf('Segments', listedSegment)
const preview = z
  .object({
    members: z.int(),
    profiles: z.int().describe('All current profiles.'),
    profilesVersion: z.int(),
  })
  .meta({ id: 'SegmentPreview' })

const shown = ({ id, name, rule: stored }: Segment): z.infer<typeof segment> => ({ id, name, rule: rule.parse(stored) })

export const segmentRoutes = (app: Api, { server }: ApiContext): void => {
  const { db, engine, clock } = server.ports

  /** The fields that the profiles have after the next refresh; undefined where nobody has said. */
  const comingFields = async (): Promise<readonly SealedField[] | undefined> => {
    const definition = unification.safeParse(await readUnification(db))
    return definition.success ? definition.data.fields : (await currentProfiles(engine))?.fields
  }

  const refuseUnusableRule = async (wanted: Rule): Promise<void> => {
    const fields = await comingFields()
    if (fields !== undefined) refuseUnusable(ruleProblems(wanted, fields))
  }

  app.get(
    '/segments',
    {
      schema: {
        operationId: 'listSegments',
        summary: 'List segments',
        tags: ['segments'],
        querystring: namedQuery,
        response: { 200: segments },
      },
    },
    async ({ query }) => {
      const found = namedPage(await listSegments(db), query)
      const profiles = await currentProfiles(engine)
      const members = async (segmentId: string): Promise<number | null> =>
        profiles === undefined ? null : ((await membersOf(engine, segmentId, profiles.version))?.rows ?? null)
      const items = await Promise.all(
        found.items.map(async (one) => ({ ...shown(one), members: await members(one.id) })),
      )
      return { ...found, items }
    },
  )

  app.post(
    '/segments',
    {
      schema: {
        operationId: 'createSegment',
        summary: 'Make a segment; the next refresh finds its members',
        tags: ['segments'],
        headers: onceHeaders,
        body: segmentBody,
        response: { 201: segment },
      },
      config: { errors: ['request.unusable', 'segment.exists'] },
    },
    async ({ body }, reply) => {
      await refuseUnusableRule(body.rule)
      const made = shown(await createSegment(db, body.name, body.rule))
      return await reply.code(201).header('location', `/api/v1/segments/${made.id}`).send(tagged(reply, made))
    },
  )

  app.post(
    '/segments/preview',
    {
      schema: {
        operationId: 'previewSegment',
        summary: 'Count the current profiles that a rule takes, without saving it',
        tags: ['segments'],
        body: z.strictObject({ rule }).meta({ id: 'RuleToPreview' }),
        response: { 200: preview },
      },
      config: { errors: ['profiles.missing', 'request.unusable'], reads: true },
    },
    async ({ body }) => {
      const profiles = await currentProfiles(engine)
      if (profiles === undefined) throw new SundError('profiles.missing')
      refuseUnusable(ruleProblems(body.rule, profiles.fields))
      const today = clock.now().toISOString().slice(0, 10)
      const members = await countMembers(engine, { name: '', rule: body.rule }, profiles, today)
      return { members, profiles: profiles.rows, profilesVersion: profiles.version }
    },
  )

  app.get(
    '/segments/:id',
    {
      schema: {
        operationId: 'getSegment',
        summary: 'Show a segment',
        tags: ['segments'],
        params: idParams,
        response: { 200: segment },
      },
      config: { errors: ['segment.missing'] },
    },
    async ({ params }, reply) => tagged(reply, shown(await getSegment(db, params.id))),
  )

  app.put(
    '/segments/:id',
    {
      schema: {
        operationId: 'replaceSegment',
        summary: 'Replace a segment',
        tags: ['segments'],
        params: idParams,
        headers: changeHeaders,
        body: segmentBody,
        response: { 200: segment },
      },
      config: {
        errors: ['request.no_precondition', 'request.stale', 'request.unusable', 'segment.exists', 'segment.missing'],
      },
    },
    async ({ params, headers, body }, reply) => {
      const precondition = mustMatch(headers['if-match'], shown)
      await refuseUnusableRule(body.rule)
      return tagged(reply, shown(await updateSegment(db, params.id, body, precondition)))
    },
  )

  app.delete(
    '/segments/:id',
    {
      schema: {
        operationId: 'removeSegment',
        summary: 'Remove a segment that no export uses',
        tags: ['segments'],
        params: idParams,
        headers: changeHeaders,
        response: { 204: z.undefined() },
      },
      config: { errors: ['request.no_precondition', 'request.stale', 'segment.in_use', 'segment.missing'] },
    },
    async ({ params, headers }, reply) => {
      await removeSegment(db, params.id, mustMatch(headers['if-match'], shown))
      return await reply.code(204).send()
    },
  )
}
