/** People are shown masked unless somebody asks to see them: enough to recognise whom one knows, not to learn of others. */
import { z } from 'zod'

export const revealQuery = {
  reveal: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Show addresses and numbers of people whole, in place of masked.'),
}

const MASK = '***'
const SHOWN = 2

const start = (text: string): string => [...text].slice(0, SHOWN).join('')

/** `maria@example.com` as `ma***@ex***`. A part that is so short that nothing would be hidden shows one character. */
const maskedPart = (part: string): string =>
  (part.length <= SHOWN ? [...part].slice(0, 1).join('') : start(part)) + MASK

const maskedAddress = (address: string): string => {
  const at = address.lastIndexOf('@')
  return `${maskedPart(address.slice(0, at))}@${maskedPart(address.slice(at + 1))}`
}

/** What names a person to a service: an address, or the hash of one. */
export const maskedIdentifier = (identifier: string): string =>
  identifier.includes('@') ? maskedAddress(identifier) : maskedPart(identifier)

// An apostrophe may stand in an address, and a quotation around one: then it is taken as part of it.
const address = /[^\s@<>",;:()]+@[^\s@<>"',;:()]+/gu

/** Text that may quote people, such as the words of a service. */
export const maskedText = (text: string): string => text.replace(address, maskedAddress)

const phone = /^[+(]?[\d\s()./-]{6,}\d$/

/** A value of a profile that names a person although nobody declared it an identifier. */
export const maskedValue = (text: string): string =>
  phone.test(text) && text.replace(/\D/g, '').length >= 7 ? maskedPart(text) : maskedText(text)
