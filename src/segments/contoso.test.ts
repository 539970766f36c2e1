/** The sample tables of Contoso, from file to members, where they lie beside the project: known numbers of people. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { segments, sources, unification } from '../../demo/definitions.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import { ingest } from '../sources/ingest.ts'
import { unify } from '../unify/unify.ts'
import { sealMembers } from './members.ts'

/** `data/contoso` in a folder beside the project. */
const findFolder = (): string | undefined => {
  const beside = join(import.meta.dirname, '..', '..', '..')
  return readdirSync(beside)
    .map((name) => join(beside, name, 'data', 'contoso'))
    .find((folder) => existsSync(join(folder, 'Contact.csv')))
}

const folder = findFolder()

if (folder === undefined) {
  process.stderr.write('\nThe Contoso tables are not beside the project, so nothing is measured on them.\n\n')
  test('the Contoso tables are absent: <folder>/data/contoso/Contact.csv beside the project', () => {
    expect(findFolder()).toBeUndefined()
  })
} else {
  describe('Contoso', () => {
    test('5,000 contacts and 5,002 loyalty members are 5,002 people, the same at every refresh', async () => {
      const engine = await openDuckDb({ file: ':memory:' })
      const now = new Date('2026-11-21T10:00:00Z')
      try {
        for (const _refresh of [1, 2]) {
          const tables = []
          for (const source of sources) tables.push(await ingest(engine, source, { folder, now }))
          expect(tables.map(({ name, setAside }) => [name, setAside]).filter(([, count]) => count !== 0)).toEqual([])
          const profiles = await unify(engine, unification, tables, { identityKey: '0f'.repeat(32), now })
          expect(profiles.rows).toBe(5002)
          const numbered = segments.map((segment, index) => ({ id: String(index + 1), ...segment }))
          const members = await sealMembers(engine, numbered, profiles, { now, today: '2026-11-21' })
          expect(members.map(({ rows }) => rows)).toEqual([273, 1186, 984])
        }
      } finally {
        await engine.close()
      }
    })
  })
}
