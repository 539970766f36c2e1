/** Reads the file in which SendGrid names the records of a job that failed. Its format is not published. */
import { z } from 'zod'
import type { Mark, Reader } from '../../destination-kit/kit.ts'
import { rejected, vendorWords } from '../../destination-kit/words.ts'
import { overContactLimit } from './answers.ts'

type Item = Readonly<Record<string, unknown>>

const item = z.record(z.string(), z.unknown())

const addressName = /^(e-?mail([_ ]?address)?|identifier)$/i
const reasonName = /error|reason|message/i

const textUnder = (from: Item, name: RegExp): string | undefined => {
  for (const [key, value] of Object.entries(from)) {
    if (name.test(key) && typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return undefined
}

/** One reading of an errors file: people are marked as rejected, in the vendor's words without personal values. */
export class ErrorsFile {
  /** Records without an address. */
  nameless = 0
  /** Is the plan's limit given as a reason? */
  overContactLimit = false
  /** A table with a column of addresses, a JSON array of objects, or an object a line. */
  readonly reader: Reader = {
    by: 'identifier',
    csv: (row) => this.#mark(row),
    arrays: { '': (entry) => this.#mark(item.safeParse(entry).data ?? {}) },
  }

  #mark(entry: Item): Mark {
    // A file made from JSON may keep the contact apart from what was wrong with it.
    const contact = entry.contact === undefined ? entry : (item.safeParse(entry.contact).data ?? entry)
    const address = textUnder(contact, addressName)
    const reason = textUnder(entry, reasonName) ?? 'SendGrid gave no reason.'
    if (overContactLimit(reason)) this.overContactLimit = true
    if (address === undefined) {
      this.nameless++
      return undefined
    }
    const values = Object.values(contact).filter((value) => typeof value === 'string' && value !== reason)
    return [address.toLowerCase(), rejected('import_error', vendorWords(reason, [address, ...values.map(String)]))]
  }
}
