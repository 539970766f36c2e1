/** Looks for what nobody may ever read of a run: secrets, and values of people. */
import { sql } from 'kysely'
import { z } from 'zod'
import { vendorSetUps } from '../../demo/at-vendor.ts'
import type { Run } from '../../src/store/run.ts'
import type { Company } from './company.ts'
import { PERSONAL } from './people.ts'

const told = z.object({ text: z.string().nullable() })
/** Shorter ones stand in other words by chance. */
const SHORTEST_SECRET = 12
const hash = /\b[0-9a-f]{64}\b/

/** What the run and its records say in words. */
const wordsOf = async ({ ports, logged }: Company, run: Run): Promise<string[]> => {
  const { engine } = ports
  const rows = [
    ...(await engine.rows(sql`select reason as text from reject where run_id = ${run.id}::bigint`, told)),
    ...(await engine.rows(sql`select reason as text from outcome where run_id = ${run.id}::bigint`, told)),
    ...(await engine.rows(sql`select reason as text from outcome_span where run_id = ${run.id}::bigint`, told)),
  ]
  return [JSON.stringify(run), ...rows.map(({ text }) => text ?? ''), ...logged]
}

const secretsOf = ({ vendor, line }: Company): string[] =>
  [...Object.entries(vendorSetUps[vendor].credentials)]
    .filter(([name, value]) => !/Id$|user/i.test(name) && value.length >= SHORTEST_SECRET)
    .map(([, value]) => value)
    .concat(...line.tokens)

/** Names what was found; never repeats it. */
export const leaksOf = async (company: Company, run: Run): Promise<string[]> => {
  const words = (await wordsOf(company, run)).join('\n')
  return [
    ...(secretsOf(company).some((secret) => words.includes(secret)) ? ['a secret'] : []),
    ...(PERSONAL.some((value) => words.includes(value)) ? ['a personal value'] : []),
    ...(hash.test(words) ? ['a hash of a person'] : []),
  ]
}
