import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { vaultOf } from './vault.ts'

const key = randomBytes(32)
const vault = vaultOf(key, 'the test')
const HEAD_BYTES = 1 + 8
const NONCE_BYTES = 12

test('what was sealed is opened for the same place, and only there', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), fc.string(), (plaintext, place, other) => {
      const sealed = vault.seal(plaintext, place)
      expect(Buffer.from(vault.open(sealed, place))).toEqual(Buffer.from(plaintext))
      fc.pre(Buffer.compare(Buffer.from(place), Buffer.from(other)) !== 0)
      expect(() => vault.open(sealed, other)).toThrow(expect.objectContaining({ code: 'vault.unreadable' }))
    }),
  )
})

test('the sealed bytes do not hold the plaintext, nor its length apart from itself', () => {
  const sealed = vault.seal(Buffer.from('a secret that is long enough to be found'), 'place')
  expect(Buffer.from(sealed).includes('secret')).toBe(false)
  expect(sealed[0]).toBe(1)
  expect(vault.seal(Buffer.alloc(0), 'place')).toHaveLength(HEAD_BYTES + NONCE_BYTES + 16)
})

test('a change of any one bit is noticed', () => {
  const sealed = vault.seal(Buffer.from('secret'), 'place')
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(() => vault.open(changed, 'place')).toThrow(expect.objectContaining({ name: 'SundError' }))
  }
})

test('a part of what was sealed is noticed', () => {
  const sealed = vault.seal(Buffer.from('secret'), 'place')
  for (let length = 0; length < sealed.length; length++) {
    expect(() => vault.open(sealed.subarray(0, length), 'place')).toThrow(
      expect.objectContaining({ code: 'vault.unreadable' }),
    )
  }
})

test('another key says that it is another key', () => {
  const sealed = vault.seal(Buffer.from('secret'), 'place')
  const other = vaultOf(randomBytes(32), 'elsewhere')
  expect(() => other.open(sealed, 'place')).toThrow(
    expect.objectContaining({ code: 'vault.wrong_key', details: { where: 'elsewhere' } }),
  )
})

test('no two seals of the same thing share a nonce', () => {
  const nonces = new Set<string>()
  for (let i = 0; i < 20_000; i++) {
    const sealed = vault.seal(Buffer.from('same'), 'place')
    nonces.add(Buffer.from(sealed.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES)).toString('hex'))
  }
  expect(nonces.size).toBe(20_000)
})

test('a key that is not 32 bytes is refused', () => {
  expect(() => vaultOf(randomBytes(31), 'the test')).toThrow(expect.objectContaining({ code: 'vault.key_invalid' }))
})

describe('keys for hashes', () => {
  test('are the same for the same key and purpose, and differ otherwise', () => {
    const one = Buffer.from(vault.keyed('ledger'))
    expect(one).toHaveLength(32)
    expect(Buffer.from(vaultOf(key, 'again').keyed('ledger'))).toEqual(one)
    expect(Buffer.from(vault.keyed('audit'))).not.toEqual(one)
    expect(Buffer.from(vaultOf(randomBytes(32), 'x').keyed('ledger'))).not.toEqual(one)
    expect(one).not.toEqual(key)
  })

  test('stay the same in every version: the ledger is written with them', () => {
    const fixed = vaultOf(Buffer.alloc(32, 7), 'fixed')
    expect(Buffer.from(fixed.keyed('ledger')).toString('hex')).toBe(
      '4d37069d458187c2131de7a9dd282cf8021719dbbc8c59d66f61b6e3b4e5dfb0',
    )
  })
})
