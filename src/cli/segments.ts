/** `sund segments`: named rules over profiles. */
import type { Command } from 'commander'
import { z } from 'zod'
import { rule } from '../domain/rule.ts'
import { fileSegment } from '../domain/sund-file.ts'
import type { ListedSegment, Segment } from './client.gen.ts'
import { readShaped } from './input-file.ts'
import { addResource } from './resource.ts'
import type { Shell } from './session.ts'
import { segmentId } from './things.ts'

const ruleFile = z.union([rule, z.strictObject({ name: z.string().optional(), rule })])
const ruleOf = (given: z.infer<typeof ruleFile>) => ('rule' in given ? given.rule : given)

export const addSegments = (shell: Shell, program: Command): void => {
  const noun = addResource<ListedSegment, Segment>(shell, program, {
    thing: 'segment',
    noun: 'segments',
    about: 'Named rules over profiles',
    form: 'a file with name and rule',
    removal: 'Remove a segment that no export uses',
    head: ['ID', 'NAME', 'MEMBERS'],
    row: ({ id, name, members }) => [id, name, members],
    nameOf: ({ name }) => name,
    page: (client, query) => client.listSegments({ query }),
    get: (client, id) => client.getSegment({ path: { id } }),
    create: async ({ client, io }, file) =>
      await client.createSegment({ body: (await readShaped(io, file, fileSegment)).value }),
    replace: async ({ client, io }, { id }, etag, file) =>
      await client.replaceSegment({
        path: { id },
        headers: { 'if-match': etag },
        body: (await readShaped(io, file, fileSegment)).value,
      }),
    remove: (client, id, etag) => client.removeSegment({ path: { id }, headers: { 'if-match': etag } }),
  })

  shell
    .verb(noun, 'preview [file]', 'Count the current profiles that a rule takes, without saving it')
    .option('--of <segment>', 'the rule of this segment, in place of a file')
    .action(
      shell.act(async ({ client, io }, file: string | undefined, { of }: { of?: string }) => {
        const wanted =
          of === undefined
            ? ruleOf((await readShaped(io, file ?? '-', ruleFile)).value)
            : (await client.getSegment({ path: { id: await segmentId(client, of) } })).body.rule
        const { body } = await client.previewSegment({ body: { rule: wanted } })
        return {
          json: body,
          text: `${body.members.toLocaleString('en')} of ${body.profiles.toLocaleString('en')} profiles.\n`,
        }
      }),
    )
}
