/** What differs between two definitions, as a person reads it: the paths that changed, with before and after. */

export interface Difference {
  /** As in `rule.all[0].value` or `columns["Income"].type`; empty for the whole. */
  readonly path: string
  /** Absent where it is new. */
  readonly before?: unknown
  /** Absent where it is gone. */
  readonly after?: unknown
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const nameIn = (value: unknown): string | undefined =>
  isFields(value) && typeof value.name === 'string' ? value.name : undefined

const namesOf = (items: readonly unknown[]): string[] | undefined => {
  const names = items.flatMap((item) => nameIn(item) ?? [])
  return names.length === items.length && new Set(names).size === names.length ? names : undefined
}

const compareFields = (path: string, before: Fields, after: Fields): Difference[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    compare(path === '' ? key : `${path}.${key}`, before[key], after[key]),
  )

/** Items with names are the same item where the names are; their order counts too. */
const compareNamed = (path: string, before: readonly unknown[], after: readonly unknown[]): Difference[] => {
  const [was, is] = [namesOf(before) ?? [], namesOf(after) ?? []]
  const items = [...new Set([...was, ...is])].flatMap((name) =>
    compare(
      `${path}[${JSON.stringify(name)}]`,
      before.find((item) => nameIn(item) === name),
      after.find((item) => nameIn(item) === name),
    ),
  )
  const [stayed, stays] = [was.filter((name) => is.includes(name)), is.filter((name) => was.includes(name))]
  const isMoved = stayed.some((name, at) => stays[at] !== name)
  return isMoved ? [...items, { path: `${path} (order)`, before: stayed, after: stays }] : items
}

const compareLists = (path: string, before: readonly unknown[], after: readonly unknown[]): Difference[] => {
  const isNamed = before.length + after.length > 0 && namesOf(before) !== undefined && namesOf(after) !== undefined
  if (isNamed) return compareNamed(path, before, after)
  if (before.length !== after.length) return [{ path, before, after }]
  return after.flatMap((item, at) => compare(`${path}[${at}]`, before[at], item))
}

const compare = (path: string, before: unknown, after: unknown): Difference[] => {
  if (Object.is(before, after)) return []
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(path, before, after)
  if (isFields(before) && isFields(after)) return compareFields(path, before, after)
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }]
}

/** Empty where both say the same. A key that is undefined is as good as absent. */
export const differencesOf = (before: unknown, after: unknown): readonly Difference[] => compare('', before, after)
