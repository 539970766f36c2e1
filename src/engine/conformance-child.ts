/** A process of its own that opens an engine and then does what the conformance suite asks: it is killed, or refused. */
import { sql } from 'kysely'
import { z } from 'zod'
import { SundError } from '../errors.ts'
import { openEngine } from './conformance-engine.ts'

const [, , kind = '', folder = '', task = ''] = process.argv

const die = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

try {
  const engine = await openEngine(kind, folder)
  if (task === 'open') process.stdout.write('opened')
  else {
    await engine.run(sql`create table record (n bigint)`)
    await engine.transaction(async (session) => {
      await session.run(sql`insert into record select * from range(1000)`)
    })
    if (task === 'die after commit') die()
    await engine.transaction(async (session) => {
      await session.run(sql`insert into record select * from range(200000)`)
      await session.run(sql`create table half_done as select * from range(200000)`)
      await session.rows(sql`select count(*) as n from record`, z.object({ n: z.number() }))
      die()
      await new Promise((resolve) => setTimeout(resolve, 60_000))
    })
  }
  await engine.close()
} catch (error) {
  process.stdout.write(error instanceof SundError ? error.code : String(error))
}
