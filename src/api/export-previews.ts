/** What an export would send of one real person, and what speaks against its data matching without forbidding it. */
import { z } from 'zod'
import { destinationOf } from '../destinations/index.ts'
import { matching } from '../domain/matching.ts'
import { SundError } from '../errors.ts'
import { checkProfileFields, matchedFields } from '../exports/matched-fields.ts'
import { type Preview, type PreviewedField, previewMatching, type Whom } from '../exports/preview.ts'
import { invalidReasons } from '../exports/refused-values.ts'
import { sharedFieldConflicts } from '../exports/shared-fields.ts'
import { membersOf } from '../segments/members.ts'
import { getConnection } from '../store/connection.ts'
import { type Export, getExport, listExports } from '../store/export.ts'
import { currentProfiles, type ProfilesVersion } from '../unify/profiles.ts'
import { accountFieldsFor, lookUpErrors } from './account-fields.ts'
import { idParams } from './common.ts'
import type { Api, ApiContext } from './context.ts'
import { matchingProblems } from './given-values.ts'
import { languageOf } from './language.ts'
import { maskedIdentifier, maskedValue, revealQuery } from './masking.ts'
import { pointerOf, refuseUnusable } from './problem.ts'

const previewed = z
  .object({
    name: z.string().describe('The field of the service; empty for the identifier.'),
    label: z.string(),
    before: z.array(z.object({ field: z.string(), value: z.string().nullable() })).describe('Fields of the profile.'),
    after: z.string().nullable().describe('What would be sent; null where there is no value.'),
    refused: z.enum(invalidReasons).optional().describe('Why this person is not sent.'),
  })
  .meta({ id: 'PreviewedField' })
const preview = z
  .object({ customerId: z.string(), identifier: previewed, fields: z.array(previewed) })
  .meta({ id: 'MatchingPreview' })

const warning = z
  .object({ pointer: z.string().describe('JSON Pointer to the part of the export.'), detail: z.string() })
  .meta({ id: 'ExportWarning' })

const masked = (one: PreviewedField, isIdentifier: (field: string) => boolean): z.infer<typeof previewed> => {
  const mask = (field: string, value: string | null): string | null => {
    if (value === null) return null
    return isIdentifier(field) ? maskedIdentifier(value) : maskedValue(value)
  }
  const ofIdentifier = one.before.some(({ field }) => isIdentifier(field))
  return {
    ...one,
    before: one.before.map(({ field, value }) => ({ field, value: mask(field, value) })),
    after: one.after !== null && ofIdentifier ? maskedIdentifier(one.after) : mask('', one.after),
  }
}

const shown = (found: Preview, { fields }: ProfilesVersion, reveal: boolean): z.infer<typeof preview> => {
  const names = new Set(fields.filter(({ identifier }) => identifier !== undefined).map(({ name }) => name))
  const show = (one: PreviewedField): z.infer<typeof previewed> =>
    reveal ? { ...one, before: [...one.before] } : masked(one, (field) => names.has(field))
  return { customerId: found.customerId, identifier: show(found.identifier), fields: found.fields.map(show) }
}

export const exportPreviewRoutes = (app: Api, context: ApiContext): void => {
  const { db, engine } = context.server.ports

  const whomOf = async (
    { name, segmentIds }: Export,
    { version }: ProfilesVersion,
    customerId: string | undefined,
  ): Promise<{ readonly whom: Whom; readonly missing: SundError }> => {
    if (customerId !== undefined) return { whom: { customerId }, missing: new SundError('profile.missing') }
    const missing = new SundError('export.nobody', { export: name })
    const sealed = await Promise.all(segmentIds.map(async (id) => await membersOf(engine, id, version)))
    const members = sealed.flatMap((one) => one?.table ?? [])
    if (members.length === 0) throw missing
    return { whom: { members }, missing }
  }

  app.post(
    '/exports/:id/preview',
    {
      schema: {
        operationId: 'previewExport',
        summary: 'Show what would be sent of one real person',
        description: 'Of the person with this customer ID, or of anybody in the segments of the export.',
        tags: ['exports'],
        params: idParams,
        querystring: z.strictObject(revealQuery),
        body: z
          .strictObject({
            customerId: z.string().min(1).max(500).optional(),
            matching: matching.optional().describe('In place of that of the export, without saving it.'),
          })
          .meta({ id: 'PreviewWanted' }),
        response: { 200: preview },
      },
      config: {
        reads: true,
        errors: [
          ...(['export.missing', 'export.nobody', 'profile.missing', 'profiles.missing', 'request.unusable'] as const),
          ...(['run.destination_field_missing', 'run.field_missing', 'run.field_not_identifier'] as const),
          ...lookUpErrors,
        ],
      },
    },
    async ({ params, query, body }) => {
      const saved = await getExport(db, params.id)
      const wanted = { ...saved, matching: body.matching ?? saved.matching }
      const profiles = await currentProfiles(engine)
      if (profiles === undefined) throw new SundError('profiles.missing')
      const row = await getConnection(db, wanted.connectionId)
      const destination = destinationOf(row.destination)
      const { settings, matching: tried, listRemoteId: listId = null } = wanted
      const account = await accountFieldsFor(context, row, { settings, matching: tried, listId })
      if (body.matching !== undefined) {
        refuseUnusable(matchingProblems(destination, tried, { profileFields: profiles.fields, account }))
      }
      checkProfileFields(wanted, profiles.fields)
      const fields = matchedFields(destination, wanted, profiles.fields, account)
      const hashed = destination.identifier.hash !== undefined
      const { whom, missing } = await whomOf(wanted, profiles, body.customerId)
      const found = await previewMatching(engine, { profiles, matching: tried, fields, hashed }, whom)
      if (found === undefined) throw missing
      return shown(found, profiles, query.reveal === 'true')
    },
  )

  app.get(
    '/exports/:id/warnings',
    {
      schema: {
        operationId: 'listExportWarnings',
        summary: 'List what speaks against an export without forbidding it',
        description: 'Now: other exports of the connection that fill a field of the same people with something else.',
        tags: ['exports'],
        params: idParams,
        response: { 200: z.object({ items: z.array(warning) }).meta({ id: 'ExportWarnings' }) },
      },
      config: { errors: ['export.missing'] },
    },
    async ({ params, headers }) => {
      const wanted = await getExport(db, params.id)
      const destination = destinationOf((await getConnection(db, wanted.connectionId)).destination)
      const language = languageOf(headers['accept-language'])
      const items = sharedFieldConflicts(destination, wanted, await listExports(db)).map(({ field, other }) => ({
        pointer: pointerOf(['matching', 'fields', field]),
        detail: {
          en: `The export “${other}” fills this field with something else. The field belongs to the person, not to a list: for those in both, the last run wins.`,
          nb: `Eksporten «${other}» fyller dette feltet med noe annet. Feltet hører til personen, ikke til en liste: For dem som er i begge, vinner den siste kjøringen.`,
        }[language],
      }))
      return { items }
    },
  )
}
