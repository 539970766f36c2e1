/** Finds exports that write different values into one field which is the person's at the vendor, not the list's. */
import { isDeepStrictEqual } from 'node:util'
import type { AnyDestination } from '../destination-kit/kit.ts'
import type { Export } from '../store/export.ts'

export interface Conflict {
  /** The destination's name of it. */
  readonly field: string
  /** The name of the other export. */
  readonly other: string
}

/** Whoever is in both gets the value of whichever ran last. Two connections to one account are not known as such. */
export const sharedFieldConflicts = (
  { fieldsPerList }: Pick<AnyDestination, 'fieldsPerList'>,
  wanted: Export,
  all: readonly Export[],
): Conflict[] =>
  fieldsPerList === true
    ? []
    : all
        .filter(({ id, connectionId }) => id !== wanted.id && connectionId === wanted.connectionId)
        .flatMap(({ name, matching }) =>
          Object.entries(matching.fields)
            .filter(([field, matched]) => {
              const own = wanted.matching.fields[field]
              return own !== undefined && !isDeepStrictEqual(own, matched)
            })
            .map(([field]) => ({ field, other: name })),
        )
