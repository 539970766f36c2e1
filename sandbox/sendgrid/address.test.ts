/** Which addresses the SendGrid simulator takes. */
import { describe, expect, it } from 'vitest'
import { isValidAddress } from './address.ts'

const local64 = 'a'.repeat(64)
const label63 = 'd'.repeat(63)

describe('isValidAddress', () => {
  it.each([
    'jane@example.com',
    'JANE.DOE+tag@Example.CO.UK',
    "o'hara_9@sub-domain.example.org",
    `${local64}@example.com`,
    `a@${label63}.com`,
    'a@xn--bcher-kva.example',
    'a@example.xn--p1ai',
  ])('takes %s', (address) => {
    expect(isValidAddress(address)).toBe(true)
  })

  it.each([
    ['no at sign', 'jane.example.com'],
    ['nothing before the at sign', '@example.com'],
    ['two at signs', 'jane@doe@example.com'],
    ['two dots in a row', 'jane..doe@example.com'],
    ['a leading dot', '.jane@example.com'],
    ['a trailing dot', 'jane.@example.com'],
    ['a space', 'jane doe@example.com'],
    ['a space at the end', 'jane@example.com '],
    ['one label', 'jane@localhost'],
    ['an empty label', 'jane@example..com'],
    ['a trailing dot in the domain', 'jane@example.com.'],
    ['a label that begins with a hyphen', 'jane@-example.com'],
    ['a label that ends with a hyphen', 'jane@example-.com'],
    ['an underscore in the domain', 'jane@exa_mple.com'],
    ['a numeric top level', 'jane@example.123'],
    ['a top level of one letter', 'jane@example.c'],
    ['an address literal', 'jane@[127.0.0.1]'],
    ['a letter beyond ASCII', 'bjørn@example.com'],
    ['a local part of 65', `a${local64}@example.com`],
    ['a label of 64', `a@d${label63}.com`],
    ['255 characters', `${local64}@${label63}.${label63}.${'e'.repeat(58)}.com`],
  ])('refuses %s', (_why, address) => {
    expect(isValidAddress(address)).toBe(false)
  })

  it('takes 254 characters', () => {
    const address = `${local64}@${label63}.${label63}.${'e'.repeat(57)}.com`
    expect(address).toHaveLength(254)
    expect(isValidAddress(address)).toBe(true)
  })
})
