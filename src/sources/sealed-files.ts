/** How many rows of each file went into a sealed version of a table, and how many were set aside. */
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import type { Query, Session } from '../engine/engine.ts'
import { tableExists } from '../engine/table-exists.ts'
import type { LoadedFile } from './loaded-file.ts'

const fileCount = z.object({ file: z.string(), rows: z.number(), setAside: z.number() })

/** `rows`: those in the table. `file`: its path within the data folder. */
export type FileCount = z.infer<typeof fileCount>

const createRegistry: Query = sql`create table if not exists sealed_file (
  version bigint not null,
  place bigint not null,
  file varchar not null,
  rows bigint not null,
  set_aside bigint not null
)`

/** `aside`: the version's table of rows that were set aside. */
export async function keepFileCounts(
  session: Session,
  version: number,
  loaded: readonly LoadedFile[],
  aside: RawBuilder<unknown>,
): Promise<void> {
  await session.run(createRegistry)
  const counted = await session.rows(
    sql`select file, count(*) as n from ${aside} group by file`,
    z.object({ file: z.string(), n: z.number() }),
  )
  const asides = new Map(counted.map(({ file, n }) => [file, n]))
  for (const [place, { file, from, to, malformed }] of loaded.entries()) {
    const setAside = asides.get(file.shown) ?? 0
    await session.run(sql`insert into sealed_file (version, place, file, rows, set_aside)
      values (${version}, ${place}, ${file.shown}, ${to - from + malformed.length - setAside}, ${setAside})`)
  }
}

/** The files of a sealed version in the order in which they were read; none for one that was sealed before this was kept. */
export async function sealedFiles(session: Session, version: number): Promise<FileCount[]> {
  if (!(await tableExists(session, 'sealed_file'))) return []
  const query = sql`select file, rows, set_aside as "setAside" from sealed_file where version = ${version} order by place`
  return await session.rows(query, fileCount)
}

export async function dropFileCounts(session: Session, version: number): Promise<void> {
  if (await tableExists(session, 'sealed_file')) {
    await session.run(sql`delete from sealed_file where version = ${version}`)
  }
}
