/** Reads the files of a multipart/form-data body as they come. */

export interface FilePart {
  readonly name: string
  readonly chunks: AsyncIterable<Buffer>
}

export class UnreadableMultipart extends Error {}

const longestHead = 16_384

/** The boundary that a Content-Type names. */
export const boundaryIn = (contentType: string): string | undefined => {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return undefined
  const found = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  return found?.[1] ?? found?.[2]
}

const fileNameIn = (head: string): string | undefined => {
  const disposition = head.split('\r\n').find((line) => /^content-disposition:/i.test(line))
  const found = /;\s*filename=(?:"([^"]*)"|([^;\s]+))/i.exec(disposition ?? '')
  return found?.[1] ?? found?.[2]
}

/**
 * The parts that are files, one after another; each is to be read to its end before the next is asked for. Throws
 * UnreadableMultipart where the body is not what its boundary says.
 */
export async function* fileParts(chunks: AsyncIterable<Buffer>, boundary: string): AsyncGenerator<FilePart> {
  const source = chunks[Symbol.asyncIterator]()
  // A line feed before the first boundary makes it look like the others.
  let buffer: Buffer = Buffer.from('\r\n')
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const more = async (): Promise<void> => {
    const next = await source.next()
    if (next.done) throw new UnreadableMultipart()
    buffer = Buffer.concat([buffer, next.value])
  }
  /** Gives out what comes before the next boundary, and leaves the buffer behind it. */
  async function* upToBoundary(): AsyncGenerator<Buffer> {
    for (;;) {
      const at = buffer.indexOf(delimiter)
      if (at !== -1) {
        if (at > 0) yield buffer.subarray(0, at)
        buffer = buffer.subarray(at + delimiter.length)
        return
      }
      // The end of the buffer may be the start of a boundary.
      const sure = buffer.length - delimiter.length
      if (sure > 0) {
        yield buffer.subarray(0, sure)
        buffer = buffer.subarray(sure)
      }
      await more()
    }
  }
  const skip = async (): Promise<void> => {
    const rest = upToBoundary()
    while (!(await rest.next()).done);
  }
  const head = async (): Promise<string | undefined> => {
    while (buffer.length < 2) await more()
    if (buffer.subarray(0, 2).toString() === '--') return undefined
    for (let at = buffer.indexOf('\r\n\r\n'); ; at = buffer.indexOf('\r\n\r\n')) {
      if (at !== -1) {
        const text = buffer.subarray(0, at).toString('utf8')
        buffer = buffer.subarray(at + 4)
        return text
      }
      if (buffer.length > longestHead) throw new UnreadableMultipart()
      await more()
    }
  }
  await skip()
  for (let text = await head(); text !== undefined; text = await head()) {
    const name = fileNameIn(text)
    if (name === undefined) await skip()
    else yield { name, chunks: upToBoundary() }
  }
}
