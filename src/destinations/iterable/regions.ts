/** Where Iterable's API is, by the data centre that keeps the project. */

/** Keys work in one data centre only: https://support.iterable.com/hc/en-us/articles/360043464871 (checked 2026-11-21). */
export const apiOrigin = (settings: { readonly region: string }): string =>
  settings.region === 'eu' ? 'https://api.eu.iterable.com' : 'https://api.iterable.com'
