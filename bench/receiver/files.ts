/** Counts the people in the files that were received, after what is measured has ended. */
import { gunzipSync, inflateRawSync } from 'node:zlib'
import type { FileKind } from './endpoint.ts'

/** Bytes of a zip entry's header before its name, and where in it the lengths of the name and of what follows it stand. */
const LOCAL_HEADER = 30
const NAME_LENGTH = 26
const EXTRA_LENGTH = 28

/** The first entry of the archive that is the part of a multipart body. */
const unzipped = (body: Buffer): Buffer => {
  const start = body.indexOf('PK\u0003\u0004', 0, 'latin1')
  const skipped = body.readUInt16LE(start + NAME_LENGTH) + body.readUInt16LE(start + EXTRA_LENGTH)
  return inflateRawSync(body.subarray(start + LOCAL_HEADER + skipped))
}

const NEWLINE = 10

const lines = (text: Buffer): number => {
  let count = 0
  for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) count++
  return count
}

/** Lines before the people: the names of the columns; in a zip also the version of the format and the list. */
const HEAD_LINES: Readonly<Record<FileKind, number>> = { gzip: 1, zip: 3 }

/** Records in the file. */
export const peopleIn = (kind: FileKind, body: Buffer): number =>
  lines(kind === 'gzip' ? gunzipSync(body) : unzipped(body)) - HEAD_LINES[kind]
