/** Reads who is on an Iterable list: waits until what it shows stands still, then reads every line of it. */
import { z } from 'zod'
import { type At, type Everybody, type Later, type Reader, Stop, scan, type Talk } from '../../destination-kit/kit.ts'
import { pending, readJson } from '../../destination-kit/words.ts'
import { listUnknown } from './answers.ts'
import { listIdOf, sizeOf } from './lists.ts'

type Here = At<'region', never>

/** Changes are seen within a minute or so, after large loads within ten: https://github.com/sutrolabs/census-docs/blob/main/destinations/iterable.md (checked 2026-11-21). */
export const secondsUntilSeen = 600

const kept = z.object({ size: z.number().int().nonnegative() })

function* toldSize(at: Here): Talk<number> {
  const size = yield* sizeOf(at.list.id)
  if (size === undefined) throw new Stop('unreadable', 'Iterable does not say how many people are on this list.')
  return size
}

/** What was changed before this look is seen at the next one. */
export function* lookAtSize(at: Here): Talk<Later> {
  return pending(JSON.stringify({ size: yield* toldSize(at) }), { after: secondsUntilSeen })
}

/** One reading of the list: `nameless` counts users whom the project knows by user ID alone. */
class Lines {
  nameless = 0
  readonly reader: Reader = {
    by: 'identifier',
    lines: (line) => {
      if (/^[{<]/.test(line)) throw new Stop('unreadable', 'Iterable answered something else than who is on the list.')
      if (line.includes('@')) return [line, { kind: 'applied' }]
      this.nameless++
      return undefined
    },
  }
}

const changing = (): Stop =>
  new Stop(
    'unreadable',
    'Iterable’s list changed within the last ten minutes, so it may not show everybody yet. Run again when nobody changes it.',
  )

/**
 * `GET /api/lists/getUsers`: a user a line, all in one answer. Size and answer lag both, so they count only where the size
 * was the same a while before, and is the same after. https://api.iterable.com/api/docs#lists_getUsers (checked 2026-11-21).
 */
export function* readMembersOf(job: string, at: Here): Talk<Everybody> {
  const before = readJson(job, kept)
  if (before === undefined) throw new Stop('unreadable', 'The kept size of Iterable’s list cannot be read.')
  const lines = new Lines()
  const { status, scanned, ...reply } = yield* scan(
    {
      method: 'GET',
      path: '/api/lists/getUsers',
      query: { listId: listIdOf(at.list.id), preferUserId: 'false' },
      rate: 'users',
      expect: [400],
    },
    lines.reader,
  )
  if (listUnknown({ status, ...reply })) {
    throw new Stop('list-missing', 'Iterable does not know this list (any more).')
  }
  if (scanned?.whole !== true) throw new Stop('unreadable', 'Iterable’s answer of who is on the list is cut.')
  const count = yield* toldSize(at)
  if (count !== before.size || count !== scanned.items) throw changing()
  return { kind: 'everybody', count, nameless: lines.nameless }
}
