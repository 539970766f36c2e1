/** Chooses the route of each part of a run, and cuts the part into batches of that route. */
import type { AnyDestination, Operation } from '../destination-kit/kit.ts'
import type { NewBatch } from '../store/batch.ts'
import type { OutboxPart } from './outbox.ts'
import type { RunPorts } from './run-ports.ts'

type Routes = readonly Operation<string, string>[]

/** Does the destination take people who return by a route of their own? */
export const returnersApart = ({ add }: Pick<AnyDestination, 'add'>): boolean =>
  add.some((route) => route.for === 'returners')

/**
 * Of the routes for these people, the one with the highest threshold below the number of records serves the whole part;
 * where a field is to be cleared for somebody, of those that are known to clear. Returners have routes of their own only
 * where they were planned apart.
 */
export const routeFor = (
  operations: Routes,
  records: number,
  { returners, clears }: Pick<OutboxPart, 'returners' | 'clears'>,
): number => {
  let best = -1
  for (const [index, { over = 0, for: people, clears: canClear = true }] of operations.entries()) {
    if ((people === 'returners') !== returners || (clears && !canClear)) continue
    const threshold = operations[best]?.over ?? 0
    if (best < 0 || (records > over && over >= threshold)) best = index
  }
  if (best < 0) throw new Error(`No route for ${returners ? 'people who return' : 'people'} is declared.`)
  return best
}

/** The batches of a sealed run, in sending order; each holds people of one list, one operation and one route. */
export const batchesOf = (
  destination: AnyDestination,
  parts: readonly OutboxPart[],
  { maxRecords = Number.POSITIVE_INFINITY, route: given }: NonNullable<RunPorts['options']>,
): NewBatch[] => {
  const batches: NewBatch[] = []
  for (const part of parts) {
    const { listId, operation, returners, from, to } = part
    const operations = destination[operation]
    // Where calls are kept small, a route for large files is not the one.
    const chosen = routeFor(operations, Math.min(to - from + 1, maxRecords), part)
    const isGiven = given !== undefined && given < operations.length && !returners
    const route = isGiven ? given : chosen
    const size = Math.min(operations[route]?.max.value ?? 1, maxRecords)
    for (let start = from; start <= to; start += size) {
      batches.push({
        number: batches.length + 1,
        listId,
        operation,
        route,
        from: start,
        to: Math.min(to, start + size - 1),
      })
    }
  }
  return batches
}
