/** Reads a spooled answer as its plain bytes, whatever it is packed in: nothing, gzip, or a zip archive of one file. */
import { crc32, createGunzip, createInflateRaw } from 'node:zlib'
import { through } from './pack.ts'
import type { Spool } from './spool.ts'

type Pieces = AsyncIterable<Buffer>

/** The packed bytes are damaged, cut, or of a kind that we do not read. */
export class Damaged extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'Damaged'
  }
}

const ENTRY = 0x02014b50
const END = 0x06054b50
const LOCAL = 0x04034b50
const END_MARK = Buffer.from([0x50, 0x4b, 0x05, 0x06])
const END_BYTES = 22
const ENTRY_BYTES = 46
const LONGEST_COMMENT = 0xffff
const ZIP64 = 0xffffffff

interface ZipEntry {
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly plain: number
  readonly header: number
}

/** The archive's only file: archives are read by their directory, which stands at the end. */
const onlyEntry = async (spool: Spool): Promise<ZipEntry> => {
  const tailBytes = Math.min(spool.bytes, END_BYTES + LONGEST_COMMENT)
  const tail = await spool.slice(spool.bytes - tailBytes, tailBytes)
  const at = tail.lastIndexOf(END_MARK)
  if (at === -1 || at + END_BYTES > tail.length) throw new Damaged('The archive has no directory.')
  if (tail.readUInt16LE(at + 10) !== 1) throw new Damaged('The archive does not hold exactly one file.')
  const entry = await spool.slice(tail.readUInt32LE(at + 16), ENTRY_BYTES)
  if (entry.length < ENTRY_BYTES || entry.readUInt32LE(0) !== ENTRY) throw new Damaged('The directory is damaged.')
  const [crc, packed, plain] = [entry.readUInt32LE(16), entry.readUInt32LE(20), entry.readUInt32LE(24)]
  const header = entry.readUInt32LE(42)
  if ([packed, plain, header].includes(ZIP64)) throw new Damaged('The archive is too large.')
  return { method: entry.readUInt16LE(10), crc, packed, plain, header }
}

async function* stored(spool: Spool, from: number, length: number): Pieces {
  const most = 256 * 1024
  for (let at = from; at < from + length; ) {
    const piece = await spool.slice(at, Math.min(most, from + length - at))
    if (piece.length === 0) throw new Damaged('The archive ends too early.')
    at += piece.length
    yield piece
  }
}

async function* unzipped(spool: Spool): Pieces {
  const entry = await onlyEntry(spool)
  const header = await spool.slice(entry.header, 30)
  if (header.length < 30 || header.readUInt32LE(0) !== LOCAL) throw new Damaged('The archive is damaged.')
  const from = entry.header + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  const packed = stored(spool, from, entry.packed)
  if (entry.method !== 0 && entry.method !== 8) throw new Damaged('The archive is packed in an unknown way.')
  let crc = 0
  let plain = 0
  for await (const piece of entry.method === 0 ? packed : through(packed, createInflateRaw())) {
    crc = crc32(piece, crc)
    plain += piece.length
    yield piece
  }
  if (crc !== entry.crc || plain !== entry.plain) throw new Damaged('The archive is damaged.')
}

const isZlibError = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^(Z_|ERR_ZLIB|ERR_BUFFER)/.test(error.code)

/** Plain bytes; what they begin with says how they are packed. Throws Damaged, also for more than `mostBytes`. */
export async function* unpacked(spool: Spool, mostBytes: number): Pieces {
  const start = await spool.slice(0, 4)
  const gzip = start[0] === 0x1f && start[1] === 0x8b
  const zip = start.length === 4 && (start.readUInt32LE(0) === LOCAL || start.readUInt32LE(0) === END)
  const plain = zip ? unzipped(spool) : gzip ? through(spool.read(), createGunzip()) : spool.read()
  let bytes = 0
  try {
    for await (const piece of plain) {
      bytes += piece.length
      if (bytes > mostBytes) throw new Damaged('The report is too large when unpacked.')
      yield piece
    }
  } catch (error) {
    if (isZlibError(error)) throw new Damaged('The report is damaged.')
    throw error
  }
}
