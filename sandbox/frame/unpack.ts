/** Unpacks gzip and zip files as they come, and packs answers. */
import { Readable } from 'node:stream'
import { createGunzip, createGzip } from 'node:zlib'
import { Unzip, UnzipInflate, Zip, ZipDeflate } from 'fflate'

export class Unpackable extends Error {}

/** The chunks again, after a look at the first bytes of the whole. */
export const peek = async (
  chunks: AsyncIterable<Buffer>,
  bytes: number,
): Promise<{ readonly head: Buffer; readonly all: AsyncIterable<Buffer> }> => {
  const source = chunks[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  while (head.length < bytes) {
    const next = await source.next()
    if (next.done) break
    head = Buffer.concat([head, next.value])
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield head
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value
  }
  return { head, all: all() }
}

/** What a gzip file holds. Throws Unpackable where it is broken; what the source throws is thrown on. */
export async function* gunzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let cut: unknown
  async function* watched(): AsyncGenerator<Buffer> {
    try {
      yield* chunks
    } catch (error) {
      cut = error
      throw error
    }
  }
  const source = Readable.from(watched(), { objectMode: false })
  const plain = source.pipe(createGunzip())
  source.once('error', (error) => plain.destroy(error))
  try {
    for await (const chunk of plain) yield chunk
  } catch {
    throw cut ?? new Unpackable('The gzip file is broken.')
  }
}

/** The chunks as text; bytes that are no UTF-8 become the replacement character. */
export async function* decoded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true })
  yield decoder.decode()
}

export interface ZipEntry {
  readonly name: string
  readonly chunks: AsyncIterable<Uint8Array>
}

/**
 * The files of a zip, one after another; each is to be read to its end before the next is asked for. Throws Unpackable
 * where it is broken or packed otherwise than by deflate.
 */
export async function* unzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<ZipEntry> {
  const source = chunks[Symbol.asyncIterator]()
  const found: { name: string; pieces: Uint8Array[]; ended: boolean }[] = []
  let broken = false
  const unzip = new Unzip((file) => {
    const entry: { name: string; pieces: Uint8Array[]; ended: boolean } = { name: file.name, pieces: [], ended: false }
    file.ondata = (error, piece, final) => {
      if (error) broken = true
      else entry.pieces.push(piece)
      entry.ended = final || error !== null
    }
    found.push(entry)
    file.start()
  })
  unzip.register(UnzipInflate)
  let over = false
  const more = async (): Promise<void> => {
    const next = await source.next()
    over = next.done === true
    try {
      unzip.push(next.done === true ? new Uint8Array() : next.value, over)
    } catch {
      broken = true
    }
    if (broken) throw new Unpackable('The zip file is broken.')
  }
  async function* contents(entry: { pieces: Uint8Array[]; ended: boolean }): AsyncGenerator<Uint8Array> {
    for (;;) {
      yield* entry.pieces.splice(0)
      if (entry.ended) return
      if (over) throw new Unpackable('The zip file ends before its file does.')
      await more()
    }
  }
  for (;;) {
    const entry = found.shift()
    if (entry !== undefined) yield { name: entry.name, chunks: contents(entry) }
    else if (over) return
    else await more()
  }
}

/** Pieces of text as one gzip file. */
export const gzipped = (pieces: Iterable<string>): AsyncIterable<Uint8Array> =>
  Readable.from(pieces, { objectMode: false }).pipe(createGzip())

/** Pieces of text as the only file of a zip. */
export async function* zipped(name: string, pieces: Iterable<string>): AsyncGenerator<Uint8Array> {
  let made: Uint8Array[] = []
  const zip = new Zip((error, piece) => {
    if (error) throw error
    made.push(piece)
  })
  const file = new ZipDeflate(name, { level: 6 })
  zip.add(file)
  for (const piece of pieces) {
    file.push(Buffer.from(piece))
    yield* made
    made = []
  }
  file.push(new Uint8Array(), true)
  zip.end()
  yield* made
}
