/** Reads the file in which SendGrid names the records of a job that failed. Its format is not published. */
import { z } from 'zod'
import { readCsv } from '../../destination-kit/csv.ts'
import { readJson, vendorWords } from '../../destination-kit/words.ts'

export interface NamedErrors {
  /** Reason by lower-cased address, without personal values. */
  readonly named: ReadonlyMap<string, string>
  /** Records without an address. */
  readonly nameless: number
}

type Item = Readonly<Record<string, unknown>>

const item = z.record(z.string(), z.unknown())

/** A JSON array of objects, or an object a line. */
const jsonItems = (text: string): Item[] | undefined => {
  const whole = readJson(text, z.array(item))
  if (whole !== undefined) return whole
  const items: Item[] = []
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue
    const read = readJson(line, item)
    if (read === undefined) return undefined
    items.push(read)
  }
  return items
}

/** Records of a table with a column of addresses. */
const csvItems = (text: string): Item[] | undefined => {
  const records = readCsv(text)
  return records?.every((record) => Object.keys(record).some((name) => addressName.test(name))) ? records : undefined
}

const addressName = /^(e-?mail([_ ]?address)?|identifier)$/i
const reasonName = /error|reason|message/i

const textUnder = (from: Item, name: RegExp): string | undefined => {
  for (const [key, value] of Object.entries(from)) {
    if (name.test(key) && typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return undefined
}

/** Undefined when the file is of no format that we understand. */
export const readErrorsFile = (text: string): NamedErrors | undefined => {
  const items = jsonItems(text) ?? csvItems(text)
  if (items === undefined || items.length === 0) return undefined
  const named = new Map<string, string>()
  let nameless = 0
  for (const entry of items) {
    // A file made from JSON may keep the contact apart from what was wrong with it.
    const contact = item.safeParse(entry.contact).data ?? entry
    const address = textUnder(contact, addressName)
    if (address === undefined) {
      nameless++
      continue
    }
    const reason = textUnder(entry, reasonName) ?? 'SendGrid gave no reason.'
    const values = Object.values(contact).filter((value) => typeof value === 'string' && value !== reason)
    named.set(address.toLowerCase(), vendorWords(reason, [address, ...values.map(String)]))
  }
  return { named, nameless }
}
