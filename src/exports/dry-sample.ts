/** A few people of a planned delta, for somebody to recognise what it is about. */
import { sql } from 'kysely'
import { z } from 'zod'
import type { Session } from '../engine/engine.ts'
import { customerOf, type Known } from './run-records.ts'
import { draftTable } from './tables.ts'

const sampled = z.object({
  listId: z.string(),
  kind: z.enum(['add', 'update', 'remove']),
  identifier: z.string(),
  customerId: z.string().nullable(),
})
/** `identifier` is as the vendor takes it: an address or its hash. `customerId`: among the current profiles. */
export type SampledPerson = z.infer<typeof sampled>

/** `each` of a kind and list. Who they are follows from the secret of their identities, so it is the same every time. */
export async function samplePeople(
  session: Session,
  runId: string,
  each: number,
  known: Known,
): Promise<readonly SampledPerson[]> {
  return await session.rows(
    sql`select cast(s.list_id as varchar) as "listId", s.kind, s.identifier,
      ${customerOf(known, sql`s.identity`)} as "customerId"
    from (select list_id, kind, identity, identifier from ${draftTable(runId)}
      qualify row_number() over (partition by list_id, kind order by identity) <= ${each}) s
    order by s.list_id, s.kind, s.identity`,
    sampled,
  )
}
