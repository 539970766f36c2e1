/** Keeps the outcomes of a run's batches in the data plane until the run is settled. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { Outcomes, Span, Staging } from '../delivery/ports.ts'
import type { Fate } from '../destination-kit/kit.ts'
import type { DataEngine, Session } from '../engine/engine.ts'
import { Coverage } from './coverage.ts'

const columnsOf = (fate: Fate) => ({
  kind: fate.kind,
  code: fate.kind === 'rejected' ? fate.code : null,
  reason: fate.kind === 'applied' ? null : fate.reason,
  final: fate.kind === 'rejected' && fate.final === true,
  absent: fate.kind === 'applied' && fate.absent === true,
  remoteId: fate.kind === 'applied' ? (fate.remoteId ?? null) : null,
})

// Rows that one statement takes.
const FATES_AT_ONCE = 10_000
// Records whose marks become outcomes in one statement.
const MARKS_AT_ONCE = 50_000

const fateColumns = [
  { name: 'seqs', type: 'varchar' },
  { name: 'kind', type: 'varchar' },
  { name: 'code', type: 'varchar' },
  { name: 'reason', type: 'varchar' },
  { name: 'final', type: 'bigint' },
  { name: 'absent', type: 'bigint' },
  { name: 'remote_id', type: 'varchar' },
] as const

/** A vendor's words may hold what text in JSON cannot: it must not stop an outcome. */
export const storable = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\uFFFD') : value

const fateRow = (fate: Fate) => {
  const { final, absent, remoteId, ...same } = columnsOf(fate)
  return { ...same, final: Number(final), absent: Number(absent), remote_id: remoteId }
}

/** Records of one fate share one row: a report that refuses everybody gives the same few reasons again and again. */
const fateRows = (fates: readonly Fated[]): string => {
  const groups = new Map<string, { readonly row: ReturnType<typeof fateRow>; readonly seqs: number[] }>()
  for (const [seq, fate] of fates) {
    const row = fateRow(fate)
    const key = JSON.stringify(Object.values(row))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { row, seqs: [seq] })
    else group.seqs.push(seq)
  }
  return JSON.stringify(
    [...groups.values()].map(({ row, seqs }) => ({ ...row, seqs: seqs.join(',') })),
    storable,
  )
}

type Fated = readonly [seq: number, fate: Fate]

/** Marks of the span: of a run's report, by record. */
const marksIn = (runId: string, { from, to }: Span) =>
  sql`report_mark where run_id = ${runId}::bigint and seq between ${from} and ${to}`

const CONTRADICTION = columnsOf({
  kind: 'unknown',
  reason: 'The service gave two different answers for this record.',
})

/** What one call of `stage` is about, with the moment of the call. */
interface Staged {
  readonly outcomes: Outcomes
  readonly at: number
}

interface Waiting extends Staged {
  resolve(): void
  reject(error: unknown): void
}

/** This run's outcomes. It is the only one that stages them, so it remembers what is staged instead of looking it up. */
class RunStaging implements Staging {
  readonly #engine: DataEngine
  readonly #runId: string
  readonly #now: () => Date
  #covered: Promise<Coverage> | undefined
  #waiting: Waiting[] = []
  #writing = false

  constructor(engine: DataEngine, runId: string, now: () => Date) {
    this.#engine = engine
    this.#runId = runId
    this.#now = now
  }

  async staged(span: Span): Promise<boolean> {
    return (await this.#coverage()).holds(span)
  }

  /** Batches that end while another is written share the next transaction: each would wait for the disk by itself. */
  async stage(outcomes: Outcomes): Promise<void> {
    const at = this.#now().getTime()
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ outcomes, at, resolve, reject })
      if (!this.#writing) this.#writeAll().catch(reject)
    })
  }

  async #writeAll(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      try {
        await this.#write(group)
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    this.#writing = false
  }

  async #write(group: readonly Staged[]): Promise<void> {
    const covered = await this.#coverage()
    const again = group.filter(({ outcomes }) => covered.touches(outcomes))
    const exceptions = group.flatMap(({ outcomes }) => [...outcomes.except])
    const marked = group.filter(({ outcomes }) => outcomes.marked === true)
    if (again.length === 0 && exceptions.length === 0 && marked.length === 0) {
      await this.#insertSpans(this.#engine, group)
    } else {
      await this.#engine.transaction(async (session) => {
        for (const { outcomes } of again) await this.#forget(session, outcomes)
        await this.#insertSpans(session, group)
        await this.#insertFates(session, sql`outcome`, exceptions)
        for (const { outcomes } of marked) await this.#insertMarked(session, outcomes)
      })
    }
    for (const { outcomes } of group) covered.add(outcomes)
  }

  /** Staging a span again replaces what was staged for it. */
  async #forget(session: Session, { from, to }: Span): Promise<void> {
    const run = sql`${this.#runId}::bigint`
    await session.run(sql`delete from outcome_span where run_id = ${run} and from_seq >= ${from} and to_seq <= ${to}`)
    await session.run(sql`delete from outcome where run_id = ${run} and seq between ${from} and ${to}`)
  }

  async #insertSpans(session: Session, group: readonly Staged[]): Promise<void> {
    const rows = group.map(({ outcomes: { from, to, otherwise, lostAt }, at }) => {
      const { kind, code, reason, final, absent, remoteId } = columnsOf(otherwise)
      return sql`(${this.#runId}::bigint, ${from}, ${to}, ${kind}::varchar, ${code}::varchar, ${reason}::varchar, ${final}::boolean,
        ${absent}::boolean, ${remoteId}::varchar, ${lostAt?.getTime() ?? null}::bigint, ${at}::bigint)`
    })
    await session.run(sql`insert into outcome_span values ${sql.join(rows)}`)
  }

  async #insertFates(session: Session, table: RawBuilder<unknown>, fates: readonly Fated[]): Promise<void> {
    for (let start = 0; start < fates.length; start += FATES_AT_ONCE) {
      const json = fateRows(fates.slice(start, start + FATES_AT_ONCE))
      await session.run(sql`insert into ${table}
        select ${this.#runId}::bigint, cast(unnest(string_to_array(seqs, ',')) as bigint), kind, code, reason, final = 1, absent = 1, remote_id
        from ${this.#engine.dialect.records(json, fateColumns)}`)
    }
  }

  /**
   * One outcome for each marked record; where its marks contradict each other, what happened is not known. A slice at a
   * time: a report may name everybody, and their words must not all be in memory.
   */
  async #insertMarked(session: Session, { from, to }: Span): Promise<void> {
    const { kind, reason } = CONTRADICTION
    for (let start = from; start <= to; start += MARKS_AT_ONCE) {
      const slice = { from: start, to: Math.min(to, start + MARKS_AT_ONCE - 1) }
      await session.run(sql`insert into outcome
        select ${this.#runId}::bigint, seq, case when agree then kind else ${kind}::varchar end, case when agree then code end,
          case when agree then reason else ${reason}::varchar end, agree and final, agree and absent, case when agree then remote_id end
        from (select seq, min(kind) = max(kind) as agree, any_value(kind) as kind, any_value(code) as code, any_value(reason) as reason,
            bool_or(final) as final, bool_and(absent) as absent, max(remote_id) as remote_id
          from ${marksIn(this.#runId, slice)} group by seq)`)
    }
    await session.run(sql`delete from ${marksIn(this.#runId, { from, to })}`)
  }

  async mark(fates: ReadonlyMap<number, Fate>): Promise<void> {
    await this.#engine.transaction(async (session) => await this.#insertFates(session, sql`report_mark`, [...fates]))
  }

  async marked(span: Span): Promise<number> {
    const rows = await this.#engine.rows(
      sql`select count(distinct seq) as n from ${marksIn(this.#runId, span)}`,
      z.object({ n: z.number() }),
    )
    return rows[0]?.n ?? 0
  }

  async unmark(span: Span): Promise<void> {
    await this.#engine.run(sql`delete from ${marksIn(this.#runId, span)}`)
  }

  #coverage(): Promise<Coverage> {
    this.#covered ??= this.#load()
    return this.#covered
  }

  async #load(): Promise<Coverage> {
    const spans = await this.#engine.rows(
      sql`select from_seq as "from", to_seq as "to" from outcome_span where run_id = ${this.#runId}::bigint`,
      z.object({ from: z.number(), to: z.number() }),
    )
    const covered = new Coverage()
    for (const span of spans) covered.add(span)
    return covered
  }
}

/** The outcomes of a run in the data plane. Only one of these may stage at a time. */
export const stagingOf = (engine: DataEngine, runId: string, now: () => Date): Staging =>
  new RunStaging(engine, runId, now)
