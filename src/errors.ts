/** Every error that Sund can show: its code, HTTP status, what happened to which thing, and what to do next, in both languages. */

type Language = 'en' | 'nb'
type Details = Readonly<Record<string, string | number>>

interface Entry {
  readonly status: number
  /** What, on which thing. `{name}` stands for a detail. */
  readonly what: Readonly<Record<Language, string>>
  /** What to do next. */
  readonly next: Readonly<Record<Language, string>>
}

/** In alphabetical order of the codes: `room.what_happened`. */
const entries = {
  'home.in_use': {
    status: 409,
    what: {
      en: 'The data folder {folder} is in use by another Sund process (pid {pid}).',
      nb: 'Datamappen {folder} er i bruk av en annen Sund-prosess (pid {pid}).',
    },
    next: {
      en: 'Stop that process, or choose another folder with --home.',
      nb: 'Stopp den prosessen, eller velg en annen mappe med --home.',
    },
  },
} as const satisfies Readonly<Record<string, Entry>>

export type ErrorCode = keyof typeof entries

const fill = (template: string, details: Details): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in details ? String(details[name]) : whole))

/** An error that a person reads. `message` is the English sentence and what to do next; `in('nb')` the Norwegian. */
export class SundError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly details: Details

  constructor(code: ErrorCode, details: Details = {}, cause?: unknown) {
    const entry = entries[code]
    super(`${fill(entry.what.en, details)} ${fill(entry.next.en, details)}`, cause === undefined ? {} : { cause })
    this.name = 'SundError'
    this.code = code
    this.status = entry.status
    this.details = details
  }

  in(language: Language): { readonly what: string; readonly next: string } {
    const entry = entries[this.code]
    return { what: fill(entry.what[language], this.details), next: fill(entry.next[language], this.details) }
  }
}

/** All codes with their texts, for the reference and for the test that every placeholder is filled in both languages. */
export const errorEntries: Readonly<Record<ErrorCode, Entry>> = entries
