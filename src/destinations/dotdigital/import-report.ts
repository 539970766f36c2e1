/** Reads the report of an import, which names everybody it was given, person by person. */
import { z } from 'zod'
import type { Fate, Mark, Reader } from '../../destination-kit/kit.ts'
import { rejected, vendorWords } from '../../destination-kit/words.ts'

const identifiers = z.object({ email: z.string().nullish() })
const imported = z.object({ contactId: z.number().int().positive(), identifiers })
const failed = z.object({
  identifiers,
  failures: z.array(z.object({ failureCode: z.string(), description: z.string().nullish() })).min(1),
})

/**
 * Failures that asking again cannot change: the vendor holds these people back for the whole account. The list of codes and
 * the examples write them in different case. https://developer.dotdigital.com/reference/getimportstatus (checked 2026-11-21).
 */
const finalCodes = new Set(['globallysuppressed', 'suppressedbydomain', 'blocker'])
export const isFinal = (code: string): boolean => finalCodes.has(code.toLowerCase())
const bookCode = 'invalidaddressbookids'

/** One reading of a report: marks people as applied, with their contact id, or as rejected in the vendor's words. */
export class ImportReport {
  /** Entries that name nobody. */
  nameless = 0
  /** Is the address book itself refused? */
  bookRefused = false
  readonly reader: Reader = {
    by: 'identifier',
    arrays: {
      created: (entry) => this.#imported(entry),
      updated: (entry) => this.#imported(entry),
      failures: (entry) => this.#failed(entry),
    },
  }

  #named(email: string | null | undefined, fate: Fate): Mark {
    if (email) return [email.trim().toLowerCase(), fate]
    this.nameless++
    return undefined
  }

  #imported(entry: unknown): Mark {
    const read = imported.safeParse(entry).data
    return this.#named(read?.identifiers.email, { kind: 'applied', remoteId: String(read?.contactId) })
  }

  #failed(entry: unknown): Mark {
    const read = failed.safeParse(entry).data
    const email = read?.identifiers.email
    const causes = read?.failures ?? []
    const codes = causes.map(({ failureCode }) => failureCode)
    if (codes.some((code) => code.toLowerCase() === bookCode)) this.bookRefused = true
    const words = causes.map(({ failureCode, description }) => description || failureCode).join(' ')
    const fate = rejected(codes[0] ?? '', vendorWords(words, email ? [email] : []) || 'Dotdigital gave no reason.')
    const final = fate.kind === 'rejected' && codes.some(isFinal)
    return this.#named(email, final ? { ...fate, final: true } : fate)
  }
}
