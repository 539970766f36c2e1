/** What a file is by its first bytes, and whether that is what was declared. */
import { open } from 'node:fs/promises'
import { SundError } from '../errors.ts'

/** The beginning of a file, at most `bytes` long. */
export async function beginningOf(path: string, bytes: number): Promise<Buffer> {
  const opened = await open(path, 'r')
  try {
    const buffer = Buffer.alloc(Math.min(bytes, (await opened.stat()).size))
    const { bytesRead } = await opened.read(buffer, 0, buffer.length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await opened.close()
  }
}

const MAGIC: readonly (readonly [kind: string, latin1: string])[] = [
  ['gzip', '\x1f\x8b'],
  ['Parquet', 'PAR1'],
  ['encrypted Parquet', 'PARE'],
  ['ZIP/XLSX', 'PK\x03\x04'],
  ['zstd', '\x28\xb5\x2f\xfd'],
  ['PDF', '%PDF-'],
  ['XLS', '\xd0\xcf\x11\xe0'],
]

const kindOf = (head: Buffer): string | undefined => {
  const text = head.toString('latin1')
  return MAGIC.find(([, magic]) => text.startsWith(magic))?.[0]
}

const isHtml = (text: string): boolean =>
  /^(?:\u00ef\u00bb\u00bf)?\s*<(?:!doctype|html|head|body|\?xml|!--)/i.test(text)

/**
 * `declared`: gzip, Parquet, CSV or JSON Lines, as a person says it. The last two have no mark of their own: only what
 * is surely something else is refused. Errors: empty, a web page, another kind of file.
 */
export async function checkKind(path: string, shown: string, declared: string): Promise<void> {
  const head = await beginningOf(path, 4096)
  if (head.length === 0) throw new SundError('source.file_empty', { file: shown })
  if (isHtml(head.toString('latin1'))) throw new SundError('source.html', { file: shown })
  const found = kindOf(head)
  if (found === declared) return
  const isMarked = declared === 'gzip' || declared === 'Parquet'
  if (found !== undefined || isMarked) {
    throw new SundError('source.wrong_kind', { file: shown, declared, found: found ?? '?' })
  }
}
