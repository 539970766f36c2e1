/** Long lists that are read page by page: remembers where pages ended, so that the next is not counted from the start. */

/** Where to begin: at the row of this key, or at the first where there is none, and then so many rows on. */
export interface Start<Key> {
  readonly from: Key | undefined
  readonly offset: number
}

interface Known<Key> {
  readonly revision: number
  total?: number
  edge?: { readonly place: number; readonly key: Key }
}

/** What is remembered holds only as long as the revision of the rows is the same. */
export class Pages<Key> {
  readonly #known = new Map<string, Known<Key>>()

  #of(list: string, revision: number): Known<Key> {
    const before = this.#known.get(list)
    if (before?.revision === revision) return before
    const now: Known<Key> = { revision }
    this.#known.set(list, now)
    return now
  }

  /** How many rows there are, counted once. */
  total(list: string, revision: number, count: () => number): number {
    const known = this.#of(list, revision)
    known.total ??= count()
    return known.total
  }

  /** Where a page begins that skips so many rows. */
  start(list: string, revision: number, skip: number): Start<Key> {
    const { edge } = this.#of(list, revision)
    return edge === undefined || edge.place > skip
      ? { from: undefined, offset: skip }
      : { from: edge.key, offset: skip - edge.place }
  }

  /** The row of this key is at this place, counted from 0. */
  note(list: string, revision: number, place: number, key: Key): void {
    this.#of(list, revision).edge = { place, key }
  }
}
