/** Makes the body of a request ready once, so that every repetition of it sends the same bytes. */
import type { Body, Written } from '../destination-kit/kit.ts'
import { gzipped, onlyPart, zipped } from '../outbound/pack.ts'
import type { Spool } from '../outbound/spool.ts'
import { WholeCallRefused } from './failures.ts'

/** The texts of a crowd's rows, in order, some at a time. */
export interface CrowdTexts {
  read(): AsyncIterable<readonly string[]>
  /** The most bytes that they may have together; no limit without it. */
  readonly mostBytes?: number
}

export interface ReadyBody {
  readonly type: string | undefined
  readonly content: Buffer | Spool
  close(): Promise<void>
}

export interface BodyPorts {
  spool(): Promise<Spool>
  /** At least 0 and below 1. */
  readonly random: () => number
  readonly crowd?: CrowdTexts
}

const inMemory = (type: string | undefined, text: string): ReadyBody => ({
  type,
  content: Buffer.from(text),
  close: async () => undefined,
})

async function* textsOf(rows: Written['rows'], { crowd }: BodyPorts): AsyncIterable<readonly string[]> {
  if (!('crowd' in rows)) yield rows.map(({ text }) => text)
  else if (crowd === undefined) throw new Error('A talk writes a crowd that it was not given.')
  else yield* crowd.read()
}

/** Counted as in smaller calls: the texts, with a byte each for what stands between them. */
const counter = ({ crowd }: BodyPorts): ((texts: readonly string[]) => void) => {
  const most = crowd?.mostBytes
  let bytes = 0
  return (texts) => {
    if (most === undefined) return
    for (const text of texts) bytes += Buffer.byteLength(text) + 1
    if (bytes > most) throw new WholeCallRefused(`The records are larger than the ${most} bytes that a call may have.`)
  }
}

async function* written(body: Written, ports: BodyPorts): AsyncIterable<Buffer> {
  const count = counter(ports)
  yield Buffer.from(body.head)
  let first = true
  for await (const texts of textsOf(body.rows, ports)) {
    if (texts.length === 0) continue
    count(texts)
    yield Buffer.from((first ? '' : body.between) + texts.join(body.between))
    first = false
  }
  yield Buffer.from(body.tail)
}

const edge = (random: () => number): string => {
  const part = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return `sund-${part()}${part()}${part()}${part()}`
}

const spooled = async (body: Written, ports: BodyPorts): Promise<ReadyBody> => {
  const { pack, part } = body
  let pieces = written(body, ports)
  if (pack === 'gzip') pieces = gzipped(pieces)
  else if (pack !== undefined) pieces = zipped(pieces, pack.zip)
  let { type } = body
  if (part !== undefined) {
    const boundary = edge(ports.random)
    pieces = onlyPart(pieces, { ...part, type: type ?? 'application/octet-stream', boundary })
    type = `multipart/form-data; boundary=${boundary}`
  }
  const content = await ports.spool()
  try {
    for await (const piece of pieces) await content.append(piece)
  } catch (error) {
    await content.close()
    throw error
  }
  return { type, content, close: () => content.close() }
}

/**
 * Content type and bytes of a body. Row texts were encoded before; a crowd, and what is packed, is written to a spool,
 * which the caller closes. Throws WholeCallRefused when a crowd's texts are larger than a call may be.
 */
export const readyBody = async (body: Body, ports: BodyPorts): Promise<ReadyBody> => {
  if ('json' in body) return inMemory('application/json', JSON.stringify(body.json))
  if ('form' in body) {
    return inMemory('application/x-www-form-urlencoded', new URLSearchParams(body.form).toString())
  }
  if ('crowd' in body.rows || body.pack !== undefined || body.part !== undefined) return await spooled(body, ports)
  const texts = body.rows.map((row) => row.text)
  return inMemory(body.type, body.head + texts.join(body.between) + body.tail)
}
