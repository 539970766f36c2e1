/** Packed files that come in chunks, and files of a form. */
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { boundaryIn, fileParts, UnreadableMultipart } from './multipart.ts'
import { decoded, gunzipped, peek, Unpackable, unzipped, zipped } from './unpack.ts'

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size))
}
const wholeOf = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}
const bytes = fc.uint8Array({ maxLength: 400 })
const size = fc.integer({ min: 1, max: 50 })

describe('gunzipped', () => {
  it('gives back what was packed, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, size, async (content, cut) => {
        expect(await wholeOf(gunzipped(chunksOf(gzipSync(content), cut)))).toEqual(Buffer.from(content))
      }),
    )
  })

  it('tells a broken file from a broken source', async () => {
    const packed = gzipSync('content '.repeat(1000))
    await expect(wholeOf(gunzipped(chunksOf(packed.subarray(0, -9), 10)))).rejects.toThrow(Unpackable)
    async function* cut(): AsyncGenerator<Buffer> {
      yield packed.subarray(0, 20)
      throw new Error('cut')
    }
    await expect(wholeOf(gunzipped(cut()))).rejects.toThrow('cut')
  })
})

describe('unzipped', () => {
  it('gives back every file, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, bytes, size, async (one, two, cut) => {
        const found: [string, Buffer][] = []
        for await (const { name, chunks } of unzipped(chunksOf(zipSync({ one, two }), cut))) {
          found.push([name, await wholeOf(chunks)])
        }
        expect(found).toEqual([
          ['one', Buffer.from(one)],
          ['two', Buffer.from(two)],
        ])
      }),
    )
  })

  it('reads what zipped wrote', async () => {
    const [packed] = [await wholeOf(zipped('a.csv', ['one\n', 'two\n']))]
    const texts: string[] = []
    for await (const { name, chunks } of unzipped(chunksOf(packed, 7))) {
      texts.push(name)
      for await (const text of decoded(chunks)) texts.push(text)
    }
    expect(texts.join('|').replaceAll('|', '')).toBe('a.csvone\ntwo\n')
  })

  it('refuses a file that ends early', async () => {
    const packed = zipSync({ one: Buffer.from('content '.repeat(1000)) })
    const read = async (): Promise<void> => {
      for await (const { chunks } of unzipped(chunksOf(packed.subarray(0, 40), 10))) await wholeOf(chunks)
    }
    await expect(read()).rejects.toThrow(Unpackable)
  })
})

describe('peek', () => {
  it('looks without taking', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, size, async (content, cut) => {
        const { head, all } = await peek(chunksOf(content, cut), 2)
        expect(head.subarray(0, 2)).toEqual(Buffer.from(content.subarray(0, 2)))
        expect(await wholeOf(all)).toEqual(Buffer.from(content))
      }),
    )
  })
})

describe('fileParts', () => {
  const part = (head: string, content: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from(`--b0\r\n${head}\r\n\r\n`), content, Buffer.from('\r\n')])
  const formOf = (...files: readonly Uint8Array[]): Buffer =>
    Buffer.concat([
      part('Content-Disposition: form-data; name="note"', Buffer.from('no file')),
      ...files.map((file, index) =>
        part(`content-disposition: form-data; name=""; filename="${index}.csv"\r\ncontent-type: text/csv`, file),
      ),
      Buffer.from('--b0--\r\n'),
    ])

  it('gives the files and no other part, however it is cut, boundaries in the midst of lines included', async () => {
    const content = fc.oneof(bytes, fc.constant(Buffer.from('a\r\n--b\r\n-b0\r\n--b')))
    await fc.assert(
      fc.asyncProperty(content, content, size, async (one, two, cut) => {
        const found: [string, Buffer][] = []
        for await (const { name, chunks } of fileParts(chunksOf(formOf(one, two), cut), 'b0')) {
          found.push([name, await wholeOf(chunks)])
        }
        expect(found).toEqual([
          ['0.csv', Buffer.from(one)],
          ['1.csv', Buffer.from(two)],
        ])
      }),
    )
  })

  it('refuses a form that ends early', async () => {
    const read = async (): Promise<void> => {
      for await (const { chunks } of fileParts(chunksOf(formOf(Buffer.from('x')).subarray(0, -8), 10), 'b0')) {
        await wholeOf(chunks)
      }
    }
    await expect(read()).rejects.toThrow(UnreadableMultipart)
  })

  it.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['multipart/form-data; charset=utf-8; boundary="a b c"', 'a b c'],
    ['text/csv', undefined],
  ])('finds the boundary in %s', (contentType, boundary) => {
    expect(boundaryIn(contentType)).toBe(boundary)
  })
})
