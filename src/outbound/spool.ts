/** A file that one exchange is written to or read from, where memory would not hold it. Its content is gone afterwards. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { SundError } from '../errors.ts'

const PIECE_BYTES = 256 * 1024

/** Bytes that are written once, in order, and read as often as needed. */
export interface Spool {
  /** Written so far. */
  readonly bytes: number
  append(piece: Uint8Array): Promise<void>
  /** From the first byte to the last, in pieces. */
  read(): AsyncIterable<Buffer>
  /** Bytes from `from` on; fewer than `length` at the end. */
  slice(from: number, length: number): Promise<Buffer>
  close(): Promise<void>
}

const explained = (error: unknown): unknown =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    ? new SundError('home.disk_full', {}, error)
    : error

/**
 * Opens a file in `folder` that only this user can read, and takes its name away at once: what it holds goes with the
 * process, also when that is killed. Throws SundError('home.disk_full').
 */
export const openSpool = async (folder: string): Promise<Spool> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${randomUUID()}.spool`)
  const file = await open(path, 'wx+', 0o600)
  // Systems that keep the names of open files get it taken away at the end.
  const nameless = await unlink(path).then(
    () => true,
    () => false,
  )
  let bytes = 0
  let closed = false
  const slice = async (from: number, length: number): Promise<Buffer> => {
    const piece = Buffer.allocUnsafe(Math.max(0, Math.min(length, bytes - from)))
    let filled = 0
    while (filled < piece.length) {
      const { bytesRead } = await file.read(piece, filled, piece.length - filled, from + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return piece.subarray(0, filled)
  }
  return {
    get bytes() {
      return bytes
    },
    async append(piece) {
      try {
        for (let written = 0; written < piece.length; ) {
          const { bytesWritten } = await file.write(piece, written, piece.length - written, bytes)
          written += bytesWritten
          bytes += bytesWritten
        }
      } catch (error) {
        throw explained(error)
      }
    },
    async *read() {
      for (let from = 0; from < bytes; ) {
        const piece = await slice(from, PIECE_BYTES)
        if (piece.length === 0) throw new Error('A spooled file is shorter than what was written to it.')
        from += piece.length
        yield piece
      }
    },
    slice,
    async close() {
      if (closed) return
      closed = true
      await file.close()
      if (!nameless) await unlink(path).catch(() => undefined)
    },
  }
}
