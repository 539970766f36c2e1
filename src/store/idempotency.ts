/** Answers to requests that may be sent again: by their Idempotency-Key, for a day. */
import type { Kysely } from 'kysely'
import { json, type Texts, texts } from './columns.ts'
import type { Database } from './schema.ts'

export const KEPT_MS = 24 * 60 * 60 * 1000

export interface StoredAnswer {
  readonly status: number
  readonly headers: Texts
  readonly body: string
}

export interface Claim {
  readonly key: string
  /** Keyed hash of what is asked. */
  readonly request: Uint8Array
  /** The process that would work on it. */
  readonly process: string
  readonly at: Date
}

/**
 * `mine`: nobody asked before, and the caller now works on it. `answered`: it was carried out. `reused`: the key belongs to
 * another request. `in flight`: this process works on it. `interrupted`: a process that ended did.
 */
export type Claimed =
  | { readonly kind: 'mine' | 'reused' | 'in flight' | 'interrupted' }
  | { readonly kind: 'answered'; readonly answer: StoredAnswer }

export const claimKey = (db: Kysely<Database>, { key, request, process, at }: Claim): Promise<Claimed> =>
  db.transaction().execute(async (tx): Promise<Claimed> => {
    await tx
      .deleteFrom('idempotency')
      .where('created_at', '<', new Date(at.getTime() - KEPT_MS))
      .execute()
    const mine = await tx
      .insertInto('idempotency')
      .values({ key, request, process, created_at: at })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .returning('key')
      .executeTakeFirst()
    if (mine !== undefined) return { kind: 'mine' }
    const there = await tx.selectFrom('idempotency').selectAll().where('key', '=', key).executeTakeFirst()
    // Released between the two statements: whoever asks again claims it.
    if (there === undefined) return { kind: 'in flight' }
    if (!Buffer.from(there.request).equals(request)) return { kind: 'reused' }
    if (there.status === null) return { kind: there.process === process ? 'in flight' : 'interrupted' }
    return {
      kind: 'answered',
      answer: { status: there.status, headers: texts.parse(there.headers), body: there.body ?? '' },
    }
  })

export const keepAnswer = async (db: Kysely<Database>, key: string, answer: StoredAnswer): Promise<void> => {
  const { status, headers, body } = answer
  await db
    .updateTable('idempotency')
    .set({ status, headers: json(headers), body })
    .where('key', '=', key)
    .execute()
}

/** The request came to nothing: the key may be used again. */
export const releaseKey = async (db: Kysely<Database>, key: string): Promise<void> => {
  await db.deleteFrom('idempotency').where('key', '=', key).execute()
}
