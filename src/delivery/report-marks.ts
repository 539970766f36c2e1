/** Takes what reports say of single records of a batch and stages it a slice at a time, so that no report fills memory. */
import type { By, Fate, Scanned } from '../destination-kit/kit.ts'
import { combineInto, type Find, named } from './fates.ts'
import type { Batch, Staging } from './ports.ts'

export type Marked = readonly [who: string, fate: Fate]

/** Where the marks of one talk go. */
export interface MarkSink {
  /** A report begins to be read. */
  begin(): Promise<void>
  take(by: By, marks: readonly Marked[]): Promise<void>
  /** Of all reports of this talk so far. */
  figures(): Promise<Pick<Scanned, 'marked' | 'strangers'>>
}

/** The marks of one batch in one conversation about it. */
export class ReportMarks implements MarkSink {
  readonly #staging: Staging
  readonly #batch: Batch
  readonly #find: Find
  #begun = false
  #strangers = 0

  constructor(staging: Staging, batch: Batch, find: Find) {
    this.#staging = staging
    this.#batch = batch
    this.#find = find
  }

  /** Was a report read? Then the outcomes of the batch are those marks and what the talk ends with. */
  get begun(): boolean {
    return this.#begun
  }

  get strangers(): number {
    return this.#strangers
  }

  /** The talk starts again from its first line: what its reports said before counts no more. */
  restart(): void {
    this.#begun = false
    this.#strangers = 0
  }

  async begin(): Promise<void> {
    if (this.#begun) return
    // An earlier look at the job, perhaps of a process that died, may have read some of it.
    await this.#staging.unmark(this.#batch)
    this.#begun = true
  }

  async take(by: By, marks: readonly Marked[]): Promise<void> {
    const fates = new Map<string, Fate>()
    for (const [who, fate] of marks) combineInto(fates, who, fate)
    const { bySeq, strangers } = await named(fates, by, this.#batch, this.#find)
    this.#strangers += strangers
    await this.add(bySeq)
  }

  /** What is known of records from elsewhere stands beside the reports. */
  async add(fates: ReadonlyMap<number, Fate>): Promise<void> {
    if (fates.size > 0) await this.#staging.mark(fates)
  }

  async figures(): Promise<Pick<Scanned, 'marked' | 'strangers'>> {
    return { marked: await this.#staging.marked(this.#batch), strangers: this.#strangers }
  }
}
