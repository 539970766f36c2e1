/** The control plane for whoever may only look at it. */
import type { Kysely } from 'kysely'
import type { Database } from './schema.ts'

/** Has no way to write a row: what is given this alone leaves everything as it is. */
export type Reads = Pick<Kysely<Database>, 'selectFrom'>
