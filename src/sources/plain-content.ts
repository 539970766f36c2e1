/** The plain content of a source's file: the file itself, or a temporary one that holds it unpacked and in UTF-8. */
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { formatOf, isGzip, type SourceTable } from '../domain/source.ts'
import type { Scratch } from '../engine/scratch.ts'
import { SundError } from '../errors.ts'
import { beginningOf, checkKind } from './file-kind.ts'
import type { SourceFile } from './find-files.ts'
import { encodingOf, toUtf8 } from './transcode.ts'
import { type UnpackLimits, unpacked } from './unpack.ts'

export interface PlainContent {
  readonly path: string
  readonly bytes: number
}

export interface Preparing {
  readonly scratch: Scratch
  readonly limits: UnpackLimits
}

const isFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')

/** Writes a new file that nobody else can read. */
export async function writeScratch(path: string, chunks: AsyncIterable<Buffer | string>): Promise<PlainContent> {
  try {
    await pipeline(chunks, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    throw isFull(error) ? new SundError('home.disk_full', {}, error) : error
  }
  return { path, bytes: (await stat(path)).size }
}

const formatNames = { csv: 'CSV', jsonl: 'JSON Lines', parquet: 'Parquet' } as const

/** Errors: not the declared kind of file, gzip that is damaged or too large, bytes that are not of the encoding. */
export async function plainContent(source: SourceTable, file: SourceFile, preparing: Preparing): Promise<PlainContent> {
  const { scratch, limits } = preparing
  const format = formatOf(source)
  let content: PlainContent = file
  if (isGzip(source, file.shown)) {
    await checkKind(file.path, file.shown, 'gzip')
    content = await writeScratch(scratch.path(), unpacked(file, limits))
  }
  await checkKind(content.path, file.shown, formatNames[format])
  if (format === 'parquet') return content
  const encoding = encodingOf(await beginningOf(content.path, 4), source.encoding, file.shown)
  if (encoding === 'utf-8') return content
  const chunks = createReadStream(content.path, { highWaterMark: 256 * 1024 })
  return await writeScratch(scratch.path(), toUtf8(chunks, encoding, file.shown))
}
