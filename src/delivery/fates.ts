/** Turns the names in a vendor's answer into outcomes of records, so that nobody passes for applied by mistake. */
import type { By, Fate, Fates } from '../destination-kit/kit.ts'
import { capped } from '../outbound/redact.ts'
import type { OutboxRow, Span } from './ports.ts'

const MAX_REASON = 500
const MAX_CODE = 100

/** Keeps the vendor's words, but not a whole page of them. */
export const cappedFate = (fate: Fate): Fate => {
  if (fate.kind === 'applied') return fate
  if (fate.kind === 'unknown') return { ...fate, reason: capped(fate.reason, MAX_REASON) }
  return { ...fate, code: capped(fate.code, MAX_CODE), reason: capped(fate.reason, MAX_REASON) }
}

/** Two statements about one record. When they contradict each other, what happened is not known. */
export const combined = (first: Fate, second: Fate): Fate => {
  if (first.kind !== second.kind)
    return { kind: 'unknown', reason: 'The service gave two different answers for this record.' }
  if (first.kind === 'applied' && second.kind === 'applied') {
    const remoteId = second.remoteId ?? first.remoteId
    // Found once is found: `absent` would claim that there was nobody.
    const absent = first.absent === true && second.absent === true
    return { kind: 'applied', ...(remoteId === undefined ? {} : { remoteId }), ...(absent ? { absent } : {}) }
  }
  return second
}

/** Adds what is said of somebody to what was said before. */
export const combineInto = <K>(map: Map<K, Fate>, key: K, fate: Fate): void => {
  const known = map.get(key)
  map.set(key, cappedFate(known === undefined ? fate : combined(known, fate)))
}

/** Fates by seq, and how many of the names belong to nobody in the batch. */
export interface Named {
  readonly bySeq: Map<number, Fate>
  readonly strangers: number
}

/** By `ref`: needs no rows, since a ref is a seq in decimal. */
export const namedByRef = (fates: Fates, span: Span): Named => {
  const bySeq = new Map<number, Fate>()
  let strangers = 0
  for (const [ref, fate] of fates) {
    const seq = /^\d{1,15}$/.test(ref) ? Number(ref) : Number.NaN
    if (seq >= span.from && seq <= span.to) combineInto(bySeq, seq, fate)
    else strangers++
  }
  return { bySeq, strangers }
}

const normal = (identifier: string): string => identifier.trim().toLowerCase()

/** By identifier: vendors echo addresses in their own case. */
export const namedByIdentifier = (fates: Fates, rows: readonly Pick<OutboxRow, 'seq' | 'identifier'>[]): Named => {
  const byName = new Map<string, Fate>()
  for (const [name, fate] of fates) combineInto(byName, normal(name), fate)
  const bySeq = new Map<number, Fate>()
  const met = new Set<string>()
  for (const row of rows) {
    const name = normal(row.identifier)
    const fate = byName.get(name)
    if (fate === undefined) continue
    met.add(name)
    bySeq.set(row.seq, fate)
  }
  return { bySeq, strangers: byName.size - met.size }
}

type Found = readonly Pick<OutboxRow, 'seq' | 'identifier'>[]
/** Finds rows of a batch by identifier, which is given trimmed and in lower case; more rows than asked for do no harm. */
export type Find = (identifiers: readonly string[]) => Found | Promise<Found>

/** Names to seqs. `find` is called only where names are identifiers. */
export const named = async (fates: Fates, by: By, span: Span, find: Find): Promise<Named> => {
  if (fates.size === 0) return { bySeq: new Map(), strangers: 0 }
  return by === 'ref' ? namedByRef(fates, span) : namedByIdentifier(fates, await find([...fates.keys()].map(normal)))
}

/** What may be said of those whom an answer does not name. A name we do not know may be anybody of them. */
export const unnamedFate = (otherwise: Fate, strangers: number): Fate =>
  strangers > 0 && otherwise.kind === 'applied'
    ? { kind: 'unknown', reason: `The service named ${strangers} records that were not in this call.` }
    : cappedFate(otherwise)

/** What was known when the job was accepted, and what its report says. */
export const merged = (known: ReadonlyMap<number, Fate>, later: ReadonlyMap<number, Fate>): Map<number, Fate> => {
  const both = new Map(known)
  for (const [seq, fate] of later) combineInto(both, seq, fate)
  return both
}

/** The fates known of an accepted job, where it names strangers: then nobody else may later pass for applied. */
export const doubted = ({ bySeq, strangers }: Named, span: Span): Map<number, Fate> => {
  if (strangers > 0) {
    for (let seq = span.from; seq <= span.to; seq++) {
      if (!bySeq.has(seq)) bySeq.set(seq, unnamedFate({ kind: 'applied' }, strangers))
    }
  }
  return bySeq
}
