/** The language of an answer, and what zod says in it of a value that is refused. */
import { z } from 'zod'

export type Language = 'en' | 'nb'

/** The first of the languages that the reader likes best, of those that we speak; English where there is none. */
export const languageOf = (acceptLanguage: string | undefined): Language => {
  const wanted = (acceptLanguage ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';')
      const weight = parameters.find((parameter) => parameter.trim().startsWith('q='))
      return { tag, weight: weight === undefined ? 1 : Number(weight.trim().slice(2)) || 0 }
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
  for (const { tag } of wanted) {
    // Whoever reads Nynorsk or plain "no" reads Bokmål rather than English.
    if (/^(nb|no|nn)(-|$)/.test(tag)) return 'nb'
    if (/^en(-|$)/.test(tag)) return 'en'
  }
  return 'en'
}

const norwegian = z.locales.no().localeError

/** What is wrong with a value that `shape` refuses. Rules of our own that zod does not know speak English. */
export const issuesIn = (shape: z.ZodType, given: unknown, language: Language): readonly z.core.$ZodIssue[] =>
  shape.safeParse(given, language === 'nb' ? { error: norwegian } : {}).error?.issues ?? []
