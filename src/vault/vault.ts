/** Seals secrets with AES-256-GCM, each bound to the place it is kept in, and derives keys for keyed hashes. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { SundError } from '../errors.ts'

export interface Vault {
  /**
   * Version, key id, nonce, tag and ciphertext in one. `associated` names the place (say `connection:7:tokens`):
   * what was sealed for one place cannot be opened for another.
   */
  seal(plaintext: Uint8Array, associated: string): Uint8Array
  /** Throws SundError vault.wrong_key, vault.unreadable. */
  open(sealed: Uint8Array, associated: string): Uint8Array
  /** 32 bytes for keyed hashes of one purpose; the same for the same key and purpose, always. */
  keyed(purpose: string): Uint8Array
}

export const KEY_BYTES = 32

const CIPHER = 'aes-256-gcm'
const VERSION = 1
const KEY_ID_BYTES = 8
const NONCE_BYTES = 12
const TAG_BYTES = 16
const NONCE_AT = 1 + KEY_ID_BYTES
const TAG_AT = NONCE_AT + NONCE_BYTES
const TEXT_AT = TAG_AT + TAG_BYTES

/** One key per use: nothing that one use gives away helps against another. */
const derive = (key: Uint8Array, use: string, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), use, bytes))

const keyIdOf = (key: Uint8Array): Buffer => derive(key, 'sund key id', KEY_ID_BYTES)

/** Was this sealed with this key? Says nothing about whether it is whole. */
export const isSealedWith = (key: Uint8Array, sealed: Uint8Array): boolean =>
  sealed[0] === VERSION && keyIdOf(key).equals(sealed.subarray(1, NONCE_AT))

/** A vault over a key of 32 bytes; `where` says for people where the key came from. */
export const vaultOf = (key: Uint8Array, where: string): Vault => {
  if (key.length !== KEY_BYTES) throw new SundError('vault.key_invalid', { where })
  const sealing = derive(key, 'sund seal', KEY_BYTES)
  const head = Buffer.concat([Uint8Array.of(VERSION), keyIdOf(key)])
  // The head is bound too, so a later version cannot be passed off as this one.
  const bound = (associated: string): Buffer => Buffer.concat([head, Buffer.from(associated)])

  return {
    seal(plaintext, associated) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, sealing, nonce, { authTagLength: TAG_BYTES }).setAAD(bound(associated))
      const text = Buffer.concat([cipher.update(plaintext), cipher.final()])
      return Buffer.concat([head, nonce, cipher.getAuthTag(), text])
    },
    open(sealed, associated) {
      if (sealed.length < TEXT_AT || sealed[0] !== VERSION)
        throw new SundError('vault.unreadable', { what: associated })
      if (!isSealedWith(key, sealed)) throw new SundError('vault.wrong_key', { where })
      const nonce = sealed.subarray(NONCE_AT, TAG_AT)
      const cipher = createDecipheriv(CIPHER, sealing, nonce, { authTagLength: TAG_BYTES })
        .setAAD(bound(associated))
        .setAuthTag(sealed.subarray(TAG_AT, TEXT_AT))
      try {
        return Buffer.concat([cipher.update(sealed.subarray(TEXT_AT)), cipher.final()])
      } catch (error) {
        throw new SundError('vault.unreadable', { what: associated }, error)
      }
    },
    keyed: (purpose) => derive(key, `sund keyed ${purpose}`, KEY_BYTES),
  }
}
