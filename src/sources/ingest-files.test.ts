/** Ingesting: which files are read, which are refused and why, and that a refused one changes nothing. */
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anyRow, aside, type DataFolder, now, openDataFolder, source } from './data-folder.ts'
import { ingest } from './ingest.ts'
import { sealedFiles } from './sealed-files.ts'
import { sealedTables, setAsideRows } from './sealed-tables.ts'

let place: DataFolder

beforeEach(async () => {
  place = await openDataFolder()
})
afterEach(async () => place.close())

describe('files', () => {
  test('a pattern takes all files that fit, in order, and set-aside rows name their file', async () => {
    await place.write('id,name\n1,Ada\n2\n3,Bo\n', 'part-1.csv')
    await place.write('name,id\nCy,4\nDi,1\n"E\nve",6\n7\n', 'part-2.csv')
    await place.write('nothing of ours', '.part-3.csv')
    const sealed = await ingest(place.engine, source({ file: 'part-*.csv' }), { folder: place.folder, now })
    const rows = await place.engine.rows(sql`select id, name from ${sql.id(sealed.table)} order by id`, anyRow)
    expect(rows).toEqual([
      { id: '1', name: 'Ada' },
      { id: '3', name: 'Bo' },
      { id: '4', name: 'Cy' },
      { id: '6', name: 'E\nve' },
    ])
    expect(await setAsideRows(place.engine, sealed, { limit: 10 })).toEqual([
      aside(3, 'malformed', null, 'part-1.csv'),
      aside(3, 'key_repeated', 'id', 'part-2.csv'),
      aside(6, 'malformed', null, 'part-2.csv'),
    ])
    expect(await sealedFiles(place.engine, sealed.version)).toEqual([
      { file: 'part-1.csv', rows: 2, setAside: 1 },
      { file: 'part-2.csv', rows: 2, setAside: 2 },
    ])
    await rm(join(place.folder, 'part-1.csv'))
    const without = await ingest(place.engine, source({ file: 'part-*.csv' }), { folder: place.folder, now })
    expect(await sealedFiles(place.engine, without.version)).toEqual([{ file: 'part-2.csv', rows: 3, setAside: 1 }])
  })

  test('every file of a pattern has the declared columns, or the refused one is named', async () => {
    await place.write('id,name\n1,Ada\n', 'part-1.csv')
    await place.write('id,nom\n2,Bo\n', 'part-2.csv')
    await expect(
      ingest(place.engine, source({ file: 'part-*.csv' }), { folder: place.folder, now }),
    ).rejects.toMatchObject({ code: 'source.column_missing', details: { file: 'part-2.csv', column: 'name' } })
  })

  test.each<[string, string | Buffer | null, object]>([
    ['missing', null, { code: 'source.file_missing', details: { file: 'people.csv' } }],
    ['empty', '', { code: 'source.file_empty' }],
    ['blank', ' \n\n', { code: 'source.file_empty' }],
    ['only a header', 'id,name\n', { code: 'source.no_rows' }],
    ['a web page', '\n<!DOCTYPE html>\n<html><body>id,name</body></html>', { code: 'source.html' }],
    ['header named twice', 'id,name,name\n1,2,3\n', { code: 'source.duplicate_header', details: { column: 'name' } }],
    [
      'column missing',
      'id,nom\n1,2\n',
      { code: 'source.column_missing', details: { column: 'name', found: 'id, nom' } },
    ],
    ['other delimiter', 'id;name\n1;2\n', { code: 'source.wrong_delimiter', details: { declared: ',', found: ';' } }],
    [
      'key missing',
      'id,name\n,a\n,b\n3,c\n',
      { code: 'source.key_missing', details: { column: 'id', line: 2, count: 2, rows: 3 } },
    ],
    [
      'key not unique',
      'id,name\n1,a\n1,b\n1,c\n',
      { code: 'source.key_repeated', details: { column: 'id', line: 3, count: 2, rows: 3 } },
    ],
    ['ragged', 'id,name\n1,a\n2\n3\n', { code: 'source.mostly_malformed', details: { line: 3, count: 2, rows: 3 } }],
    ['NUL byte', 'id,name\n1,a\n2,b\0c\n', { code: 'source.nul_byte', details: { line: 3 } }],
    ['Latin-1', Buffer.from('id,name\n1,a\n2,\u00e6\n', 'latin1'), { code: 'source.not_utf8', details: { line: 3 } }],
    [
      'UTF-16 without its mark',
      Buffer.from('id,name\n1,a\n', 'utf16le'),
      { code: 'source.nul_byte', details: { line: 1 } },
    ],
    ['cut in its last row', 'id,name\n1,a\n2,b\n3', { code: 'source.truncated', details: { line: 4 } }],
    [
      'compressed',
      Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 10, 13]),
      { code: 'source.wrong_kind', details: { found: 'gzip' } },
    ],
    ['a quote never closed', 'id,name\n1,a\n2,"b\n3,c\n', { code: 'source.open_quote', details: { line: 3 } }],
    ['mixed line endings', 'id,name\r\n1,a\r\n2,b\n3,c\r\n', { code: 'source.line_endings', details: { line: 3 } }],
  ])('refused: %s; the version before it stays current', async (_name, content, error) => {
    const before = await place.ingested('id,name\n1,Ada\n')
    if (content === null) await rm(join(place.folder, 'people.csv'))
    else await place.write(content)
    await expect(ingest(place.engine, source(), { folder: place.folder, now })).rejects.toMatchObject(error)
    expect(await sealedTables(place.engine)).toEqual([before.sealed])
    const tables = await place.engine.rows(
      sql`select table_name as name from information_schema.tables order by 1`,
      anyRow,
    )
    expect(tables.map(({ name }) => name)).toEqual([
      'sealed_file',
      'sealed_table',
      'set_aside_people_1',
      'table_people_1',
    ])
  })

  test('refused: most values are not of their type', async () => {
    const columns = [
      { name: 'id', type: 'text' as const },
      { name: 'born', type: 'date' as const },
    ]
    await expect(place.ingested('id,born\n1,2020-01-01\n2,1/2/2020\n3,1/3/2020\n', { columns })).rejects.toMatchObject({
      code: 'source.mostly_not_of_type',
      details: { file: 'people.csv', column: 'born', line: 3, count: 2, rows: 3 },
    })
  })

  test('exactly half of the rows set aside is not most of them', async () => {
    expect((await place.ingested('id,name\n1,a\n1,b\n')).sealed).toMatchObject({ rows: 1, setAside: 1 })
  })

  test.each(['../outside.csv', '/etc/hostname', 'link.csv', 'a/../../outside.csv'])(
    'refused: %s does not lie in the data folder',
    async (file) => {
      await writeFile(join(place.root, 'outside.csv'), 'id,name\n1,a\n')
      await symlink(join(place.root, 'outside.csv'), join(place.folder, 'link.csv'))
      await expect(ingest(place.engine, source({ file }), { folder: place.folder, now })).rejects.toMatchObject({
        code: 'source.file_outside',
      })
    },
  )

  test('refused: a name that the reader would take for a pattern', async () => {
    await place.write('id,name\n1,a\n', 'people?.csv')
    await expect(
      ingest(place.engine, source({ file: 'people?.csv' }), { folder: place.folder, now }),
    ).rejects.toMatchObject({
      code: 'source.file_name',
    })
  })

  test('refused: a folder, and a file that may not be read', async () => {
    await mkdir(join(place.folder, 'people.csv'))
    await expect(ingest(place.engine, source(), { folder: place.folder, now })).rejects.toMatchObject({
      code: 'source.file_unreadable',
    })
    // The administrator of the machine may read everything, so there is nothing to refuse.
    if (process.getuid?.() === 0) return
    await place.write('id,name\n1,a\n', 'locked.csv')
    await chmod(join(place.folder, 'locked.csv'), 0)
    await expect(
      ingest(place.engine, source({ file: 'locked.csv' }), { folder: place.folder, now }),
    ).rejects.toMatchObject({
      code: 'source.file_unreadable',
    })
  })
})

test('versions count up, and each table has its current one', async () => {
  const first = await place.ingested('id,name\n1,Ada\n')
  const second = await place.ingested('id,name\n1,Ada\n2,Bo\n')
  const other = await place.ingested('id,name\n7,Cy\n', { name: 'people 2' })
  expect([first, second, other].map(({ sealed }) => sealed.version)).toEqual([1, 2, 3])
  expect(second.sealed).toEqual({
    name: 'people',
    version: 2,
    table: 'table_people_2',
    rows: 2,
    setAside: 0,
    sealedAt: now.getTime(),
    file: 'people.csv',
    key: 'id',
    columns: [
      { name: 'id', type: 'text' },
      { name: 'name', type: 'text' },
    ],
  })
  expect(await sealedTables(place.engine)).toEqual([second.sealed, other.sealed])
})
