/** The records of runs: what became of each, and who could not be sent at all. */
import { z } from 'zod'
import { SundError } from '../errors.ts'
import { invalidReasons } from '../exports/refused-values.ts'
import { invalidPeople, type Known, type RunRecord, recordFates, runRecords } from '../exports/run-records.ts'
import { hasBatches } from '../store/batch.ts'
import { getExport } from '../store/export.ts'
import type { Run } from '../store/run.ts'
import { getRun } from '../store/run-decisions.ts'
import { currentProfiles } from '../unify/profiles.ts'
import { id, idParams } from './common.ts'
import type { Api, ApiContext } from './context.ts'
import { maskedIdentifier, maskedText, revealQuery } from './masking.ts'
import { offsetOf, page, pageOf, pageQuery } from './paging.ts'

const outcome = z
  .object({
    seq: z.int().describe('The place of the record in the outbox.'),
    listId: id,
    kind: z.enum(['add', 'update', 'remove']),
    identifier: z.string().describe('As the service takes it: an address or its hash; masked unless asked for.'),
    customerId: z.string().nullable().describe('Among the current profiles; null where nobody there has this address.'),
    fate: z.enum(recordFates).describe('unsent: no request has held it, or the run is Held.'),
    code: z.string().optional(),
    reason: z.string().optional().describe('The words of the service, or why nobody knows.'),
    final: z.boolean().describe('The service will never take it.'),
    remoteId: z.string().optional().describe('The ID that the service gave.'),
  })
  .meta({ id: 'Outcome' })
const outcomes = pageOf('Outcomes', outcome)

const invalidPerson = z
  .object({
    listId: id,
    customerId: z.string(),
    reason: z.enum(invalidReasons),
    field: z
      .string()
      .nullable()
      .describe('The field of the service that does not take the value; null where it is the identifier.'),
  })
  .meta({ id: 'InvalidPerson' })
const invalid = pageOf('InvalidPeople', invalidPerson)

const shown = (one: RunRecord, reveal: boolean): z.infer<typeof outcome> => ({
  seq: one.seq,
  listId: one.listId,
  kind: one.kind,
  identifier: reveal ? one.identifier : maskedIdentifier(one.identifier),
  customerId: one.customerId,
  fate: one.fate,
  ...(one.code === null ? {} : { code: one.code }),
  ...(one.reason === null ? {} : { reason: reveal ? one.reason : maskedText(one.reason) }),
  final: one.final ?? false,
  ...(one.remoteId === null ? {} : { remoteId: one.remoteId }),
})

/** The field by which people of an export are known among the current profiles. */
export const knownBy = async ({ server }: ApiContext, exportId: string): Promise<Known | undefined> => {
  const { db, engine } = server.ports
  const profiles = await currentProfiles(engine)
  return profiles === undefined ? undefined : { profiles, field: (await getExport(db, exportId)).matching.identifier }
}

export const runRecordRoutes = (app: Api, context: ApiContext): void => {
  const { db, engine } = context.server.ports

  const refuseGone = async (run: Run): Promise<void> => {
    if (await hasBatches(db, run.id)) throw new SundError('run.records_gone', { id: run.id })
  }

  app.get(
    '/runs/:id/outcomes',
    {
      schema: {
        operationId: 'listOutcomes',
        summary: 'List what became of the records of a run, in the order of sending',
        description: 'Kept until the export is planned again. Of a Held run: what it would do.',
        tags: ['runs'],
        params: idParams,
        querystring: pageQuery.extend({
          fate: z.enum(recordFates).optional(),
          list: id.optional(),
          ...revealQuery,
        }),
        response: { 200: outcomes },
      },
      config: { errors: ['run.missing', 'run.records_gone'] },
    },
    async ({ params, query }) => {
      const run = await getRun(db, params.id)
      const filter = {
        ...(query.fate === undefined ? {} : { fate: query.fate }),
        ...(query.list === undefined ? {} : { listId: query.list }),
      }
      const window = { limit: query.size, offset: offsetOf(query) }
      const found = await runRecords(engine, run.id, filter, window, await knownBy(context, run.exportId))
      if (found === undefined) await refuseGone(run)
      const items = (found?.records ?? []).map((one) => shown(one, query.reveal === 'true'))
      return page(items, found?.total ?? 0, query)
    },
  )

  app.get(
    '/runs/:id/invalid',
    {
      schema: {
        operationId: 'listInvalidPeople',
        summary: 'List members of the segments who cannot be sent, for their identifier or a value',
        description: 'Kept until the export is planned again.',
        tags: ['runs'],
        params: idParams,
        querystring: pageQuery.extend({ list: id.optional() }),
        response: { 200: invalid },
      },
      config: { errors: ['run.missing', 'run.records_gone'] },
    },
    async ({ params, query }) => {
      const run = await getRun(db, params.id)
      const found = await invalidPeople(engine, run.id, query.list, { limit: query.size, offset: offsetOf(query) })
      const isGone = found.total === 0 && run.invalid > 0 && query.list === undefined
      if (isGone) throw new SundError('run.records_gone', { id: run.id })
      return page(found.people, found.total, query)
    },
  )
}
