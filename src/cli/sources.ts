/** `sund sources`: which files hold the tables, and how their columns are typed. */
import type { Command } from 'commander'
import { sourceTable } from '../domain/source.ts'
import type { Source } from './client.gen.ts'
import { readShaped } from './input-file.ts'
import { addResource } from './resource.ts'
import type { Shell } from './session.ts'

export const addSources = (shell: Shell, program: Command): void => {
  addResource<Source, Source>(shell, program, {
    thing: 'source',
    noun: 'sources',
    about: 'Files that hold tables of customer data',
    form: 'a file with name, file, key and columns',
    removal: 'Remove a source that the unification does not name',
    head: ['ID', 'NAME', 'FILE', 'KEY', 'COLUMNS'],
    row: ({ id, definition }) => [id, definition.name, definition.file, definition.key, definition.columns.length],
    nameOf: ({ definition }) => definition.name,
    page: (client, query) => client.listSources({ query }),
    get: (client, id) => client.getSource({ path: { id } }),
    create: async ({ client, io }, file) =>
      await client.createSource({ body: (await readShaped(io, file, sourceTable)).value }),
    replace: async ({ client, io }, { id }, etag, file) =>
      await client.replaceSource({
        path: { id },
        headers: { 'if-match': etag },
        body: (await readShaped(io, file, sourceTable)).value,
      }),
    remove: (client, id, etag) => client.removeSource({ path: { id }, headers: { 'if-match': etag } }),
  })
}
