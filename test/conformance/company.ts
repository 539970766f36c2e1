/** A segment and one list: plans, delivers and settles as a run does, with the ledger on a real engine. */
import { sql } from 'kysely'
import { deliver, type End } from '../../src/delivery/deliver.ts'
import { Crash, type Interruption, MemoryRun } from '../../src/delivery/fixtures/memory-ports.ts'
import { leftoverOf } from '../../src/delivery/leftovers.ts'
import { readMembers } from '../../src/delivery/read-members.ts'
import type { DeliverPlan } from '../../src/delivery/run-progress.ts'
import type { MatchField } from '../../src/destination-kit/fields.ts'
import type { List } from '../../src/destination-kit/kit.ts'
import type { Matching } from '../../src/domain/matching.ts'
import { settlementOf } from '../../src/exports/ending.ts'
import { KEY } from '../../src/exports/fixtures/sealed-world.ts'
import { kindsOf, matchingId } from '../../src/exports/matching-id.ts'
import { dropOldOutboxes, outboxParts, sealOutbox } from '../../src/exports/outbox.ts'
import { outboxOf } from '../../src/exports/outbox-rows.ts'
import { type ListDelta, plan } from '../../src/exports/plan.ts'
import { batchesOf, returnersApart } from '../../src/exports/routes.ts'
import { settle } from '../../src/exports/settle.ts'
import { stagingOf } from '../../src/exports/staging.ts'
import { listReadingOf } from '../../src/exports/theirs.ts'
import { identifierColumn, identityColumn, type ProfilesVersion } from '../../src/unify/profiles.ts'
import type { Stage } from './stage.ts'

export interface Somebody {
  /** In the segment. */
  readonly member: boolean
  /** As the source has it. */
  readonly email: string | null
  /** By the destination's name of the field. */
  readonly values?: Readonly<Record<string, string | null>>
}

export interface RunReport {
  readonly delta: ListDelta
  readonly status: string
  readonly counters: Readonly<Record<'added' | 'updated' | 'removed' | 'rejected' | 'unknown' | 'invalid', number>>
  readonly requests: number
  readonly end: End
}

export interface Ordeal {
  /** The process ends when this request has come, counted from 1, once; then it is started again. */
  readonly killedAt?: number
  /** It ends before or after this change of its stores, counted from 1, once. */
  readonly crashAt?: { readonly change: number; readonly when: 'before' | 'after' }
  readonly batch?: number
}

const longest = (routes: readonly { readonly settles: { readonly value: number } }[]): number =>
  Math.max(0, ...routes.map(({ settles }) => settles.value))

/** A process that died is started again. */
const unlessCrash = (error: unknown): undefined => {
  if (!(error instanceof Crash)) throw error
}

export class Company {
  readonly stage: Stage
  readonly list: List
  readonly fields: readonly MatchField[]
  readonly #matching: Matching
  readonly #exportId: string
  readonly #listId: string

  /** `fields`: those that are matched, to profile fields of the same name. */
  constructor(stage: Stage, list: List, fields: readonly MatchField[]) {
    this.stage = stage
    this.list = list
    this.fields = fields
    this.#matching = { identifier: 'Email', fields: Object.fromEntries(fields.map(({ name }) => [name, name])) }
    this.#exportId = String(stage.number())
    this.#listId = this.#exportId
  }

  /** Those whom a plain run reaches: who is in the segment, by what the vendor knows them as. */
  wanted(people: readonly Somebody[]): string[] {
    const members = people.filter(({ member }) => member).flatMap(({ email }) => email ?? [])
    return [...new Set(members.map((email) => this.stage.identifier(email.trim())))].sort()
  }

  async run(people: readonly Somebody[], ordeal: Ordeal = {}): Promise<RunReport> {
    const { stage } = this
    const runId = String(stage.number())
    const before = stage.wire.asked.length
    const delta = await this.#planned(runId, people)
    await sealOutbox(stage.engine, { id: runId, exportId: this.#exportId }, stage.clock.now().getTime())
    const run = await this.#batches(runId, ordeal)
    const end = await this.#deliver(runId, run, ordeal)
    await this.#stageLeftovers(runId, run)
    const { add, remove } = stage.definition
    const figures = await settle(stage.engine, {
      runId,
      matching: matchingId(this.#matching, kindsOf(this.fields)),
      settles: { add: longest(add), remove: longest(remove) },
      now: stage.clock.now().getTime(),
    })
    if (end.kind === 'halted') throw new Error('A run that was halted was not taken up again.')
    const { standing, invalid, duplicates } = delta
    const destination = stage.definition.name
    const nobodyFits = delta.nobodyFits ? [this.#listId] : []
    const { status, counters } = settlementOf({ end, figures, standing, invalid, duplicates, nobodyFits, destination })
    return { delta, status, counters, end, requests: stage.wire.asked.length - before }
  }

  /** A list that has members is read before anything is sent to it; here it is made empty. */
  async #planned(runId: string, people: readonly Somebody[]): Promise<ListDelta> {
    const delta = await this.#plan(runId, people)
    const from = this.stage.definition.members
    const hasMembers = delta.first && this.stage.members(this.list).length > 0
    if (!hasMembers || from === undefined || delta.added + delta.updated === 0) return delta
    const { engine, clock } = this.stage
    const reading = listReadingOf(engine, { listId: this.#listId, runId, identityKey: KEY, now: clock.now().getTime() })
    const { signal } = new AbortController()
    const watch = { sent: () => undefined, written: () => undefined, lost: () => undefined, waits: () => signal }
    const at = { ...this.stage.place, list: this.list }
    await readMembers({ from, at, channel: this.stage.channel(), clock, signal, watch }, reading)
    await reading.keep()
    return await this.#plan(runId, people)
  }

  async #plan(runId: string, people: readonly Somebody[]): Promise<ListDelta> {
    const { engine, clock, definition } = this.stage
    await dropOldOutboxes(engine, this.#exportId, runId)
    const { profiles, members } = await this.#seal(people)
    try {
      const [delta] = await plan(engine, {
        ...{ runId, exportId: this.#exportId, profiles },
        lists: [{ listId: this.#listId, members: [members] }],
        matching: this.#matching,
        fields: this.fields,
        hashed: definition.identifier.hash !== undefined,
        returnersApart: returnersApart(definition),
        now: clock.now().getTime(),
      })
      if (delta === undefined) throw new Error('The list was not planned.')
      return delta
    } finally {
      await engine.run(sql`drop table ${sql.table(profiles.table)}`)
      await engine.run(sql`drop table ${sql.table(members)}`)
    }
  }

  async #seal(people: readonly Somebody[]): Promise<{ profiles: ProfilesVersion; members: string }> {
    const { engine } = this.stage
    const { dialect } = engine
    const version = this.stage.number()
    const [table, members] = [`profiles_${version}`, `members_${version}`]
    const names = this.fields.map(({ name }) => name)
    const rows = people.map(({ email, values = {} }, index) => {
      const fields = names.map((name) => sql`${values[name] ?? null}::varchar`)
      const address = sql`${email}::varchar`
      const normalised = dialect.normalisedEmail(address)
      return sql`(${sql.join([
        sql`${index}::bigint`,
        sql`${`c${String(index).padStart(6, '0')}`}`,
        address,
        ...fields,
        normalised,
        dialect.identity(KEY, normalised),
        dialect.hash([address, ...fields]),
      ])})`
    })
    const columns = [
      '_n',
      'customer_id',
      'Email',
      ...names,
      identifierColumn('Email'),
      identityColumn('Email'),
      '_hash',
    ].map((column) => sql.id(column))
    await engine.run(
      sql`create table ${sql.table(table)} as select * from (values ${sql.join(rows)}) t(${sql.join(columns)})`,
    )
    const inside = people.flatMap(({ member }, index) => (member ? [sql`(${index}::bigint)`] : []))
    const nobody = sql`(-1::bigint)`
    await engine.run(
      sql`create table ${sql.table(members)} as select * from (values ${sql.join(inside.length > 0 ? inside : [nobody])}) t(_n)`,
    )
    const fields = [
      { name: 'Email', type: 'text' as const, identifier: 'email' as const },
      ...names.map((name) => ({ name, type: 'text' as const })),
    ]
    return { profiles: { version, table, rows: people.length, fields }, members }
  }

  async #batches(runId: string, { batch }: Ordeal): Promise<MemoryRun> {
    const { engine, definition } = this.stage
    const fields = Object.keys(this.#matching.fields)
    const parts = await outboxParts(engine, runId, { fields, returnersApart: returnersApart(definition) })
    const run = new MemoryRun([])
    for (const made of batchesOf(definition, parts, batch === undefined ? {} : { maxRecords: batch })) {
      run.batches.set(made.number, { ...made, state: 'pending' })
    }
    return run
  }

  async #deliver(runId: string, run: MemoryRun, ordeal: Ordeal): Promise<End> {
    const { stage } = this
    let changes = 0
    const interrupt: Interruption = (_call, when) => {
      if (when === 'before') changes++
      if (ordeal.crashAt?.change === changes && ordeal.crashAt.when === when) {
        run.interrupt = () => undefined
        throw new Crash()
      }
    }
    run.interrupt = interrupt
    const killed = new AbortController()
    const from = stage.wire.asked.length
    const heard = stage.wire.heard
    stage.wire.heard = (asked) => {
      heard(asked)
      if (asked.number - from === ordeal.killedAt) killed.abort(new Error('killed'))
    }
    try {
      // Killed once, and crashed once: each time it is started again.
      for (;;) {
        const halt = killed.signal.aborted ? new AbortController().signal : killed.signal
        const end = await deliver(this.#deliveryOf(runId, run, ordeal, halt)).catch(unlessCrash)
        if (end !== undefined && end.kind !== 'halted') return end
      }
    } finally {
      stage.wire.heard = heard
    }
  }

  #deliveryOf(runId: string, run: MemoryRun, { batch }: Ordeal, halt: AbortSignal): DeliverPlan {
    const { stage } = this
    return {
      destination: stage.definition,
      target: { place: stage.place, lists: new Map([[this.#listId, this.list]]), kinds: kindsOf(this.fields) },
      channel: stage.channel(),
      outbox: outboxOf(stage.engine, runId, Object.keys(this.#matching.fields)),
      staging: stagingOf(stage.engine, runId, () => stage.clock.now()),
      checkpoints: run.checkpoints,
      clock: stage.clock,
      signal: new AbortController().signal,
      halt,
      ...(batch === undefined ? {} : { options: { maxRecords: batch } }),
    }
  }

  async #stageLeftovers(runId: string, run: MemoryRun): Promise<void> {
    const staging = stagingOf(this.stage.engine, runId, () => this.stage.clock.now())
    for (const batch of await run.checkpoints.open()) {
      const leftover = leftoverOf(batch)
      if (leftover.kind !== 'unknown' || (await staging.staged(batch))) continue
      const { from, to, lostAt } = batch
      const otherwise = { kind: 'unknown' as const, reason: leftover.reason }
      await staging.stage({ from, to, otherwise, except: leftover.known, ...(lostAt === undefined ? {} : { lostAt }) })
    }
  }
}
