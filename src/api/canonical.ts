/** One text for one JSON value, whatever the order of its keys: for hashes of what was asked and of what is there. */

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner) && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  ) ?? ''
