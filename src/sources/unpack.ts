/** Unpacks gzip in constant memory, whole or not at all, and no more than a source can need. */
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { SundError } from '../errors.ts'
import type { SourceFile } from './find-files.ts'

export interface UnpackLimits {
  /** Bytes that a file may have once unpacked. */
  readonly bytes: number
  /** How many times its packed size a file may have, where it is larger than `ratioFrom` bytes. */
  readonly ratio: number
  readonly ratioFrom: number
}

/**
 * Against files that unpack without end. Tables of customers pack to a fifth to a thirtieth; a file of one repeated byte
 * to about a thousandth, which is the most that gzip can do.
 */
export const unpackLimits: UnpackLimits = { bytes: 64 * 1024 ** 3, ratio: 200, ratioFrom: 64 * 1024 ** 2 }

const isDamage = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')

/**
 * The unpacked bytes. The checksum stands at the end, so what came before an error is not to be used. A file may have
 * several members, one behind the other; whatever else follows the last makes it damaged.
 */
export async function* unpacked(file: SourceFile, limits: UnpackLimits): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 })
  const reading = createReadStream(file.path, { highWaterMark: 256 * 1024 })
  reading.once('error', (error) => gunzip.destroy(error))
  reading.pipe(gunzip)
  let bytes = 0
  try {
    for await (const chunk of gunzip) {
      bytes += chunk.length
      const isBomb = bytes > limits.bytes || (bytes > limits.ratioFrom && bytes > file.bytes * limits.ratio)
      if (isBomb) throw new SundError('source.too_large', { file: file.shown })
      yield chunk
    }
  } catch (error) {
    throw isDamage(error) ? new SundError('source.gzip_damaged', { file: file.shown }, error) : error
  } finally {
    reading.destroy()
    gunzip.destroy()
  }
  if (gunzip.bytesWritten !== file.bytes) throw new SundError('source.gzip_damaged', { file: file.shown })
}
