/** Tidies the components of the document: one where input and output are the same, and none that nobody refers to. */
import { canonical } from './canonical.ts'

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const PREFIX = '#/components/schemas/'

/** The value with each reference to a component given another name. */
const renamed = (value: unknown, rename: (name: string) => string): unknown => {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === '$ref' && typeof inner === 'string' && inner.startsWith(PREFIX)
        ? [key, PREFIX + rename(inner.slice(PREFIX.length))]
        : [key, renamed(inner, rename)],
    ),
  )
}

const referenced = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(referenced)
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' && inner.startsWith(PREFIX)
      ? [inner.slice(PREFIX.length)]
      : referenced(inner),
  )
}

const withoutInput = (name: string): string => name.replace(/Input$/, '')

/** The names of inputs that say the same as the output, references to each other apart. */
const sameInputs = (schemas: Json): Set<string> =>
  new Set(
    Object.keys(schemas).filter((name) => {
      const output = withoutInput(name)
      if (output === name || schemas[output] === undefined) return false
      return canonical(renamed(schemas[name], withoutInput)) === canonical(renamed(schemas[output], withoutInput))
    }),
  )

/** Those that the paths refer to, and all that these refer to. */
const reachable = (paths: unknown, schemas: Json): Set<string> => {
  const seen = new Set<string>()
  const waiting = referenced(paths)
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    waiting.push(...referenced(schemas[name]))
  }
  return seen
}

/** Names that inputs take: that of the output where both say the same, or where there is no use of the output. */
const inputNames = (paths: unknown, schemas: Json): ReadonlyMap<string, string> => {
  const same = sameInputs(schemas)
  const merge = (name: string): string => (same.has(name) ? withoutInput(name) : name)
  const merged = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, renamed(schema, merge)]))
  const used = reachable(renamed(paths, merge), merged)
  return new Map(
    Object.keys(schemas)
      .filter((name) => name !== withoutInput(name) && (same.has(name) || !used.has(withoutInput(name))))
      .map((name) => [name, withoutInput(name)]),
  )
}

export const tidied = <T extends object>(document: T): T => {
  const components = 'components' in document && isObject(document.components) ? document.components : {}
  const schemas = isObject(components.schemas) ? components.schemas : {}
  const given = 'paths' in document ? document.paths : {}
  const names = inputNames(given, schemas)
  const rename = (name: string): string => names.get(name) ?? name
  const paths = renamed(given, rename)
  // The inputs come last, and so take the place of outputs of the same name that are the same or not used.
  const outputsFirst = Object.entries(schemas).sort(([a], [b]) => Number(names.has(a)) - Number(names.has(b)))
  const kept = Object.fromEntries(outputsFirst.map(([name, schema]) => [rename(name), renamed(schema, rename)]))
  const used = reachable(paths, kept)
  const sorted = Object.entries(kept)
    .filter(([name]) => used.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...document, paths, components: { ...components, schemas: Object.fromEntries(sorted) } }
}
