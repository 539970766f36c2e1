/** Which places of an outbox are staged: spans, joined where they meet. */
import type { Span } from '../delivery/ports.ts'

export class Coverage {
  /** Apart from each other, ascending. */
  #spans: Span[] = []

  /** Is every place of the span covered? */
  holds({ from, to }: Span): boolean {
    const span = this.#spans[this.#firstEndingFrom(from)]
    return span !== undefined && span.from <= from && span.to >= to
  }

  /** Is any place of the span covered? */
  touches({ from, to }: Span): boolean {
    const span = this.#spans[this.#firstEndingFrom(from)]
    return span !== undefined && span.from <= to
  }

  add({ from, to }: Span): void {
    // Neighbours become one, so that a run that goes well stays a few spans.
    const first = this.#firstEndingFrom(from - 1)
    let end = first
    let whole = { from, to }
    for (let span = this.#spans[end]; span !== undefined && span.from <= to + 1; span = this.#spans[++end]) {
      whole = { from: Math.min(whole.from, span.from), to: Math.max(whole.to, span.to) }
    }
    this.#spans.splice(first, end - first, whole)
  }

  /** Index of the first span whose end is not before the place. */
  #firstEndingFrom(place: number): number {
    let [low, high] = [0, this.#spans.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#spans[middle]?.to ?? 0) < place) low = middle + 1
      else high = middle
    }
    return low
  }
}
