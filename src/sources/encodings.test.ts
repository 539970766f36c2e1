/** Encodings and gzip: the same rows as from plain UTF-8, or a refusal that names the file and why. */
import { readdir } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aside, type DataFolder, now, openDataFolder, source } from './data-folder.ts'
import { ingest } from './ingest.ts'
import { sealedTables } from './sealed-tables.ts'

let place: DataFolder

beforeEach(async () => {
  place = await openDataFolder()
})
afterEach(async () => place.close())

const table = 'id,name\n1,Bjørn Ærlig\n2\n3,"Åse\nØ 🦑"\n4,\n5,Ed\n'
const latin = 'id,name\n1,Bjørn Ærlig\n2\n3,"Åse\nØ €"\n4,\n5,Ed\n'
const rows = (octopus: string) => [
  { id: '1', name: 'Bjørn Ærlig' },
  { id: '3', name: `Åse\nØ ${octopus}` },
  { id: '4', name: null },
  { id: '5', name: 'Ed' },
]

const wide = (text: string, order: 'le' | 'be'): Buffer => {
  const bytes = Buffer.from(text, 'utf16le')
  return order === 'le' ? bytes : bytes.swap16()
}
const windows1252 = (text: string): Buffer =>
  Buffer.concat([...text].map((one) => (one === '€' ? Buffer.of(0x80) : Buffer.from(one, 'latin1'))))

const scratchLeft = async (): Promise<string[]> =>
  (await readdir(place.engine.spillFolder)).filter((name) => name.startsWith('sund-scratch-'))

describe('the same rows and lines', () => {
  test.each<[string, Buffer, Parameters<typeof source>[0], string]>([
    ['UTF-8 with its mark', Buffer.from(`\ufeff${table}`), {}, '🦑'],
    ['UTF-16 LE by its mark', wide(`\ufeff${table}`, 'le'), {}, '🦑'],
    ['UTF-16 BE by its mark', wide(`\ufeff${table}`, 'be'), {}, '🦑'],
    ['UTF-16 LE as declared', wide(table, 'le'), { encoding: 'utf-16le' }, '🦑'],
    ['UTF-16 BE as declared, with its mark', wide(`\ufeff${table}`, 'be'), { encoding: 'utf-16be' }, '🦑'],
    ['windows-1252', windows1252(latin), { encoding: 'windows-1252' }, '€'],
    ['latin1', windows1252(latin), { encoding: 'latin1' }, '€'],
    ['gzip', gzipSync(table), { compression: 'gzip' }, '🦑'],
    ['gzip of UTF-16', gzipSync(wide(`\ufeff${table}`, 'le')), { compression: 'gzip' }, '🦑'],
    [
      'gzip of two members',
      Buffer.concat([gzipSync(table.slice(0, 20)), gzipSync(table.slice(20))]),
      { compression: 'gzip' },
      '🦑',
    ],
  ])('%s', async (_name, content, over, octopus) => {
    const result = await place.ingested(content, over)
    expect(result.rows).toEqual(rows(octopus))
    expect(result.aside).toEqual([aside(3, 'malformed')])
    expect(await scratchLeft()).toEqual([])
  })

  test('gzip by its ending, with a pattern over packed and plain files', async () => {
    await place.write('id,name\n1,Ada\n', 'a-1.csv')
    await place.write(gzipSync('id,name\n2,Bo\n'), 'a-2.csv.gz')
    const sealed = await ingest(place.engine, source({ file: 'a-*' }), { folder: place.folder, now })
    expect(sealed.rows).toBe(2)
  })

  test('a pair of surrogates that two pieces of a file share', async () => {
    const long = `${'a'.repeat(131_071 - 11)}🦑${'🦑'.repeat(200_000)}`
    const result = await place.ingested(wide(`\ufeffid,name\n1,${long}\n`, 'le'))
    expect(result.rows[0]?.name).toBe(long)
  })
})

describe('refused', () => {
  test.each<[string, Buffer | string, Parameters<typeof source>[0], object]>([
    [
      'UTF-16 cut in a unit',
      wide(`\ufeff${table}`, 'le').subarray(0, -1),
      {},
      { code: 'source.not_encoded', details: { line: 7 } },
    ],
    [
      'half a pair of surrogates',
      wide('\ufeffid,name\n1,a\n2,\ud83e\n', 'be'),
      {},
      { code: 'source.not_encoded', details: { file: 'people.csv', encoding: 'utf-16be', line: 3 } },
    ],
    [
      'a byte that windows-1252 does not have',
      Buffer.from('id,name\n1,\x81\n', 'latin1'),
      { encoding: 'windows-1252' },
      { code: 'source.not_encoded', details: { line: 2 } },
    ],
    [
      'UTF-8 that is declared as windows-1252',
      table,
      { encoding: 'windows-1252' },
      { code: 'source.encoding_differs', details: { declared: 'windows-1252', found: 'utf-8' } },
    ],
    [
      'a mark that is not the declared encoding’s',
      wide(`\ufeff${table}`, 'le'),
      { encoding: 'utf-16be' },
      { code: 'source.encoding_differs', details: { found: 'utf-16le' } },
    ],
    ['UTF-32', Buffer.concat([Buffer.of(0xff, 0xfe, 0, 0), Buffer.from('i\0\0\0')]), {}, { code: 'source.nul_byte' }],
    ['plain text that is declared as gzip', table, { compression: 'gzip' }, { code: 'source.wrong_kind' }],
    ['a web page where gzip is declared', '<html></html>', { compression: 'gzip' }, { code: 'source.html' }],
    ['nothing where gzip is declared', '', { compression: 'gzip' }, { code: 'source.file_empty' }],
    ['gzip of nothing', gzipSync(''), { compression: 'gzip' }, { code: 'source.file_empty' }],
    [
      'gzip and then something else',
      Buffer.concat([gzipSync(table), Buffer.from('x')]),
      { compression: 'gzip' },
      { code: 'source.gzip_damaged' },
    ],
    [
      'gzip and then zeros',
      Buffer.concat([gzipSync(table), Buffer.alloc(512)]),
      { compression: 'gzip' },
      { code: 'source.gzip_damaged' },
    ],
    [
      'gzip in gzip',
      gzipSync(gzipSync(table)),
      { compression: 'gzip' },
      { code: 'source.wrong_kind', details: { found: 'gzip' } },
    ],
    [
      'a line without end',
      `id,name\n1,${'x'.repeat(33 * 1024 * 1024)}`,
      {},
      { code: 'source.line_too_long', details: { line: 2 } },
    ],
  ])('%s', async (_name, content, over, error) => {
    await expect(place.ingested(content, over)).rejects.toMatchObject(error)
    expect(await sealedTables(place.engine)).toEqual([])
    expect(await scratchLeft()).toEqual([])
  })

  const limits = { bytes: 100_000, ratio: 20, ratioFrom: 10_000 }
  test.each<[string, string]>([
    ['by how many times its packed size it is', `id,name\n${'1,aaaaaaaa\n'.repeat(5000)}`],
    ['by its size', `id,name\n${Array.from({ length: 9000 }, (_, n) => `${n},${Math.sin(n)}\n`).join('')}`],
  ])('gzip that unpacks to too much, %s', async (_name, content) => {
    await place.write(gzipSync(content), 'people.csv.gz')
    await expect(
      ingest(place.engine, source({ file: 'people.csv.gz' }), { folder: place.folder, now, limits }),
    ).rejects.toMatchObject({ code: 'source.too_large', details: { file: 'people.csv.gz' } })
  })

  test('gzip that is cut or changed at any place', async () => {
    const whole = gzipSync(`id,name\n${Array.from({ length: 300 }, (_, n) => `${n},n${n * n}\n`).join('')}`)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), async (length) => {
        await expect(place.ingested(whole.subarray(0, length), { compression: 'gzip' })).rejects.toMatchObject({
          code: expect.stringMatching(/^source\.(gzip_damaged|wrong_kind)$/),
        })
      }),
      { numRuns: 40, seed: 1 },
    )
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 10, max: whole.length - 1 }), async (at) => {
        const changed = Buffer.from(whole)
        changed[at] = (changed[at] ?? 0) ^ 0x10
        await expect(place.ingested(changed, { compression: 'gzip' })).rejects.toMatchObject({
          code: 'source.gzip_damaged',
        })
      }),
      { numRuns: 40, seed: 2 },
    )
    expect(await sealedTables(place.engine)).toEqual([])
  })
})
