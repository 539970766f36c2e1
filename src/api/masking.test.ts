/** What of a person is shown masked. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskedIdentifier, maskedText, maskedValue } from './masking.ts'

test.each([
  ['maria@example.com', 'ma***@ex***'],
  ['jo@x.no', 'j***@x.***'],
  ['a@b', 'a***@b***'],
  ['@b', '***@b***'],
  ['"odd@local"@example.com', '"o***@ex***'],
  ['b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514', 'b4***'],
  ['', '***'],
])('identifier %s: %s', (identifier, masked) => expect(maskedIdentifier(identifier)).toBe(masked))

test.each([
  ['Invalid address maria@example.com, and <per@example.no>.', 'Invalid address ma***@ex***, and <pe***@ex***>.'],
  ['The list is full.', 'The list is full.'],
])('text %s: %s', (text, masked) => expect(maskedText(text)).toBe(masked))

test.each([
  ['+47 912 34 567', '+4***'],
  ['(555) 010-9999', '(5***'],
  ['91234567', '91***'],
  ['0150', '0150'],
  ['Storgata 1, 0155 Oslo', 'Storgata 1, 0155 Oslo'],
  ['1985-04-01', '19***'],
  ['per@example.no', 'pe***@ex***'],
])('value %s: %s', (value, masked) => expect(maskedValue(value)).toBe(masked))

test('an address never comes through whole, wherever it stands', () => {
  fc.assert(
    fc.property(fc.emailAddress(), fc.lorem(), (address, words) => {
      expect(maskedIdentifier(address)).not.toContain(address)
      expect(maskedText(`${words} ${address} ${words}`)).not.toContain(address)
    }),
  )
})
