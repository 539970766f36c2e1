/** `sund unification`: how tables become profiles. */
import type { Command } from 'commander'
import { unification } from '../domain/unification.ts'
import type { Answer, Unification } from './client.gen.ts'
import { ApiProblem } from './failure.ts'
import { readShaped } from './input-file.ts'
import { parts } from './output.ts'
import type { Session, Shell } from './session.ts'

/** undefined where nobody has defined it yet. */
export const unificationThere = async ({
  client,
}: Pick<Session, 'client'>): Promise<Answer<Unification> | undefined> => {
  try {
    return await client.getUnification()
  } catch (error) {
    if (error instanceof ApiProblem && error.problem.code === 'unification.missing') return undefined
    throw error
  }
}

export const addUnification = (shell: Shell, program: Command): void => {
  const noun = program.command('unification').description('How tables become profiles')

  shell.verb(noun, 'show', 'Show how tables become profiles').action(
    shell.act(async ({ client }) => {
      const { body, etag } = await client.getUnification()
      return { json: { ...body, etag }, text: parts(body) }
    }),
  )

  shell
    .verb(noun, 'set <file>', 'Define how tables become profiles: a file with tables, match and fields')
    .option('--if-match <etag>', 'only if it is still the version with this etag, as `show --json` tells')
    .action(
      shell.act(async (session, file: string, { ifMatch }: { ifMatch?: string }) => {
        const { value } = await readShaped(session.io, file, unification)
        const tag = ifMatch ?? (await unificationThere(session))?.etag
        const { body, etag } = await session.client.replaceUnification({
          headers: tag === undefined ? { 'if-none-match': '*' } : { 'if-match': tag },
          body: value,
        })
        return { json: { ...body, etag }, text: 'Changed: the next refresh does it so.\n' }
      }),
    )
}
