/**
 * The posting of a bulk file: multipart/form-data with one csv or tsv, plain or in a zip.
 * https://learn.microsoft.com/en-us/advertising/guides/bulk-download-upload (checked 2026-11-21).
 */
import { UnreadableCsv } from '../frame/csv.ts'
import { fileParts, UnreadableMultipart } from '../frame/multipart.ts'
import { Unpackable, unzipped } from '../frame/unpack.ts'
import type { Code } from './faults.ts'

export type Extension = 'csv' | 'tsv'

export type Posted =
  | { readonly kind: 'read' }
  /** Nothing that could be read as rows. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'refused'; readonly code: Code }
  | { readonly kind: 'too large' }

class TooLarge extends Error {}

const extensionOf = (name: string): string => name.toLowerCase().split('.').at(-1) ?? ''
const rowsIn = (name: string): Extension | undefined => {
  const extension = extensionOf(name)
  return extension === 'csv' || extension === 'tsv' ? extension : undefined
}

async function* limited(chunks: AsyncIterable<Buffer>, mostBytes: number): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > mostBytes) throw new TooLarge()
    yield chunk
  }
}

const refused = (code: Code): Posted => ({ kind: 'refused', code })

/** Reads to the end what `read` left. */
const finish = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
  const source = chunks[Symbol.asyncIterator]()
  while (!(await source.next()).done);
}

/** Hands the rows of the only file in the body to `read`, which may leave some. Throws what the body throws when it is cut. */
export const readPosted = async (
  body: AsyncIterable<Buffer>,
  boundary: string,
  mostBytes: number,
  read: (bytes: AsyncIterable<Uint8Array>, extension: Extension) => Promise<void>,
): Promise<Posted> => {
  const rowsOf = async (chunks: AsyncIterable<Uint8Array>, extension: Extension): Promise<boolean> => {
    try {
      await read(keepOpen(chunks), extension)
      return true
    } catch (error) {
      if (error instanceof UnreadableCsv) return false
      throw error
    } finally {
      await finish(chunks)
    }
  }
  const zipOf = async (chunks: AsyncIterable<Buffer>): Promise<Posted> => {
    let found = 0
    let readable = true
    for await (const entry of unzipped(chunks)) {
      if (entry.name.endsWith('/')) continue
      const extension = rowsIn(entry.name)
      if (extension === undefined) return refused(3223)
      if (++found > 1) return refused(3222)
      readable = await rowsOf(entry.chunks, extension)
    }
    if (found === 0) return refused(3221)
    return { kind: readable ? 'read' : 'unreadable' }
  }
  const partOf = async (name: string, chunks: AsyncIterable<Buffer>): Promise<Posted> => {
    if (extensionOf(name) === 'zip') return zipOf(chunks)
    const extension = rowsIn(name)
    if (extension === undefined) return refused(3223)
    return { kind: (await rowsOf(chunks, extension)) ? 'read' : 'unreadable' }
  }
  let posted: Posted | undefined
  try {
    for await (const part of fileParts(body, boundary)) {
      if (posted !== undefined) return refused(3222)
      posted = await partOf(part.name, limited(part.chunks, mostBytes))
      if (posted.kind === 'refused') return posted
    }
    return posted ?? refused(3221)
  } catch (error) {
    if (error instanceof TooLarge) return { kind: 'too large' }
    if (error instanceof UnreadableMultipart) return refused(3221)
    if (error instanceof Unpackable) return { kind: 'unreadable' }
    throw error
  }
}

/** The same chunks for a reader that may stop early without ending them for the next. */
const keepOpen = (chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => {
    const source = chunks[Symbol.asyncIterator]()
    return { next: () => source.next() }
  },
})
