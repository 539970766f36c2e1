import { tmpdir } from 'node:os'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { unzipSync, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { gzipped, onlyPart, zipped } from './pack.ts'
import { openSpool, type Spool } from './spool.ts'
import { Damaged, unpacked } from './unpack.ts'

async function* pieces(bytes: Uint8Array, size = 1_000): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size))
}
const whole = async (source: AsyncIterable<Buffer>): Promise<Buffer> => {
  const all: Buffer[] = []
  for await (const piece of source) all.push(piece)
  return Buffer.concat(all)
}
const spooled = async (bytes: Uint8Array): Promise<Spool> => {
  const spool = await openSpool(tmpdir())
  await spool.append(bytes)
  return spool
}
const unpack = async (bytes: Uint8Array, most = 1e9): Promise<Buffer> => {
  const spool = await spooled(bytes)
  try {
    return await whole(unpacked(spool, most))
  } finally {
    await spool.close()
  }
}
const text = Buffer.from(
  Array.from({ length: 5_000 }, (_, line) => `p${line}@example.com,Ærlig ${line % 7}\n`).join(''),
)

describe('packing', () => {
  test('gzip is read by zlib, and equal content gives equal bytes', async () => {
    const packed = await whole(gzipped(pieces(text)))
    expect(gunzipSync(packed).equals(text)).toBe(true)
    expect(packed.length).toBeLessThan(text.length / 4)
    expect((await whole(gzipped(pieces(text, 77)))).equals(packed)).toBe(true)
  })

  test('a zip archive is read by another program, under its name, and equal content gives equal bytes', async () => {
    const packed = await whole(zipped(pieces(text), 'lista-æ.csv'))
    expect(Object.keys(unzipSync(packed))).toEqual(['lista-æ.csv'])
    expect(Buffer.from(unzipSync(packed)['lista-æ.csv'] ?? []).equals(text)).toBe(true)
    expect((await whole(zipped(pieces(text, 77), 'lista-æ.csv'))).equals(packed)).toBe(true)
  })

  test('a zip archive of nothing is one', async () => {
    const packed = await whole(zipped(pieces(Buffer.alloc(0)), 'a.csv'))
    expect(unzipSync(packed)['a.csv']).toHaveLength(0)
    expect(await unpack(packed)).toHaveLength(0)
  })

  test('what the source throws comes out as it is', async () => {
    const why = new Error('the outbox is gone')
    async function* failing(): AsyncIterable<Buffer> {
      yield Buffer.from('a')
      throw why
    }
    await expect(whole(gzipped(failing()))).rejects.toBe(why)
    await expect(whole(zipped(failing(), 'a'))).rejects.toBe(why)
  })

  test('the only part of a form is, byte for byte', async () => {
    const part = { name: 'file', file: 'a"b.zip', type: 'application/zip', boundary: 'edge' }
    expect((await whole(onlyPart(pieces(Buffer.from('bytes')), part))).toString()).toBe(
      '--edge\r\nContent-Disposition: form-data; name="file"; filename="a%22b.zip"\r\n' +
        'Content-Type: application/zip\r\n\r\nbytes\r\n--edge--\r\n',
    )
  })
})

describe('unpacking', () => {
  test('reads what is packed, whatever it is packed in', async () => {
    const name = 'result.csv'
    const stored = zipSync({ [name]: text }, { level: 0 })
    const others = [text, gzipSync(text), zipSync({ [name]: text }), stored, await whole(zipped(pieces(text), name))]
    for (const packed of others) expect((await unpack(packed)).equals(text)).toBe(true)
  })

  test('of anything that is cut or changed is an error, never other bytes', async () => {
    const zip = Buffer.from(zipSync({ 'a.csv': text }))
    const gzip = gzipSync(text)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(zip, gzip), fc.nat(), fc.integer({ min: 1, max: 255 }), async (from, at, by) => {
        const cut = from.subarray(0, 4 + (at % (from.length - 4)))
        await expect(unpack(cut)).rejects.toThrow(Damaged)
        // The first bytes say what it is; headers hold times and names, which may be anything.
        const place = 60 + (at % (from.length - 200))
        const changed = Buffer.from(from)
        changed[place] = (changed[place] ?? 0) ^ by
        await expect(unpack(changed)).rejects.toThrow(Damaged)
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    ['two files', zipSync({ a: text, b: text })],
    ['no file', zipSync({})],
    ['an archive in name only', Buffer.from('PK\u0003\u0004 and so on')],
  ])('refuses %s', async (_what, packed) => {
    await expect(unpack(packed)).rejects.toThrow(Damaged)
  })

  test('stops at the most bytes that are taken', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    await expect(unpack(bomb, 1_000_000)).rejects.toThrow('too large')
    await expect(unpack(text, 100)).rejects.toThrow('too large')
  })
})
