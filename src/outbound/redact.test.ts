import { describe, expect, test } from 'vitest'
import { capped, excerpt, redact } from './redact.ts'

describe('redact', () => {
  test.each([
    ['an address', 'Contact kari.nordmann@example.com is bad', 'kari'],
    ['an address in a URL', 'GET /contacts/ola%40example.com failed', 'ola'],
    ['a bearer token', 'Authorization: Bearer abcdef.ghi', 'abcdef'],
    ['a token in a query', 'https://v.example/x?access_token=hush1234&y=2', 'hush1234'],
    ['an authorisation code', 'GET /callback?code=hush1234&state=x', 'hush1234'],
    ['a password in JSON', '{"password":"hunter22"}', 'hunter22'],
    ['a signed URL', 'https://s.example/a?X-Sig=1&Signature=aGVsbG8vd29ybGQ', 'aGVsbG8'],
    ['user and password in a URL', 'https://bob:hunter22@v.example/', 'hunter22'],
    ['a phone number', 'phone +47 912 34 567 is taken', '912'],
    ['a hash', 'item 973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b refused', '973dfe'],
    ['a web token', 'got eyJhbGciOi.eyJzdWIiOiI.SflKxwRJSM back', 'SflKx'],
  ])('hides %s', (_what, text, hidden) => expect(redact(text)).not.toContain(hidden))

  test('hides known secrets in every form they travel in, the longer before the shorter', () => {
    const secret = 'pass word/1'
    const text = `raw ${secret}, url ${encodeURIComponent(secret)}, base64 ${Buffer.from(secret).toString('base64')}`
    expect(redact(text, ['pass', secret])).toBe('raw •••, url •••, base64 •••')
  })

  test.each([
    'The list 4711 does not exist in this account (HTTP 404).',
    'HTTP 400: {"code":"ListNotFound"} (PUT /v3/marketing/contacts/imports)',
  ])('leaves ordinary words alone: %s', (text) => expect(redact(text, ['eu', ''])).toBe(text))
})

describe('excerpt', () => {
  test('shows structure and the words about an error, not the values of people', () => {
    const body = JSON.stringify({
      errors: [{ message: 'invalid value kari@example.com', field: 'x' }],
      contact: { firstName: 'Kari', phone: 4791234567 },
      'ola@example.com': 'Ola',
    })
    const shown = excerpt(body)
    expect(shown).toContain('invalid value')
    expect(shown).toContain('firstName')
    for (const hidden of ['Kari', 'kari', 'ola', 'Ola', '91234567']) expect(shown).not.toContain(hidden)
  })

  test.each([
    ['', '(empty)'],
    ['<html><title>Sign in</title><p>Kari', 'a web page or XML: Sign in'],
    ['{"half":', '(8 characters that begin like JSON but are not)'],
    ['kari,nordmann', '(13 characters of text)'],
  ])('of %j', (body, shown) => expect(excerpt(body)).toBe(shown))

  test('is short', () => {
    expect(excerpt(JSON.stringify({ message: 'long '.repeat(1000) })).length).toBeLessThanOrEqual(300)
    expect(capped('abcdef', 4)).toBe('abc…')
    expect(capped('abcd', 4)).toBe('abcd')
  })
})
