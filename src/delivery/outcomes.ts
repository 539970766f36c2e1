/** Stages the outcomes of a batch and then commits it: never the other way round. */
import type { Fate, Now } from '../destination-kit/kit.ts'
import { cappedFate, type Find, merged, named, unnamedFate } from './fates.ts'
import type { Batch, Outcomes } from './ports.ts'
import type { ReportMarks } from './report-marks.ts'
import type { RunProgress } from './run-progress.ts'

/** One fate for every record of a batch. */
export const everyone = (batch: Batch, fate: Fate): Outcomes => ({
  from: batch.from,
  to: batch.to,
  otherwise: cappedFate(fate),
  except: new Map(),
  ...(batch.lostAt === undefined ? {} : { lostAt: batch.lostAt }),
})

/**
 * Names of an answer to seqs. Who is not named falls under `otherwise`, unless the names do not add up. What was known
 * when a job was accepted stands beside what its report says. `find` is called only where names are identifiers.
 */
export const outcomesOf = async (
  batch: Batch,
  find: Find,
  end: Extract<Now, { kind: 'each' }>,
  marks: ReportMarks,
): Promise<Outcomes> => {
  const { bySeq, strangers } = await named(end.except, end.by, batch, find)
  const except = batch.known === undefined ? bySeq : merged(batch.known, bySeq)
  const others = everyone(batch, unnamedFate(end.otherwise, strangers + marks.strangers))
  if (!marks.begun) return { ...others, except }
  await marks.add(except)
  return { ...others, marked: true }
}

/** Outcomes first, commit second: a crash between the two is found again by `staged`. */
export const finish = async (progress: RunProgress, batch: Batch, outcomes: Outcomes): Promise<void> => {
  await progress.plan.staging.stage(outcomes)
  await progress.plan.checkpoints.done(batch.number, progress.meter.take())
}
