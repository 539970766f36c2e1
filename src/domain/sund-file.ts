/** What `sund.yaml` holds: the definitions of an installation, by name, with secrets only as references. */
import { z } from 'zod'
import { matching } from './matching.ts'
import { rule } from './rule.ts'
import { sourceTable } from './source.ts'
import { unification } from './unification.ts'

const name = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text) && text.trim() === text, {
    error: 'A name has no control characters and no blanks at its ends.',
  })

const texts = z.record(z.string().min(1).max(200), z.string().max(10_000))

const REFERENCE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/

/** A credential that the service does without is given empty. Anything else would be a secret in a file. */
const secret = z.string().refine((text) => text === '' || REFERENCE.test(text), {
  error: `A secret does not stand in a file: name a variable of the environment, as \${NAME}.`,
})

/** The variable that a credential refers to; undefined where it is given empty. */
export const variableOf = (reference: string): string | undefined => REFERENCE.exec(reference)?.[1]

export const fileSegment = z.strictObject({ name, rule })

export const fileConnection = z.strictObject({
  name,
  destination: z.string().min(1).max(60),
  settings: texts.default({}),
  /** Absent: those that the connection has are left alone. */
  credentials: z.record(z.string().min(1).max(200), secret).optional(),
  /** The most people that the contract with the service allows; null: none. Absent: left alone. */
  peopleLimit: z.int().min(1).max(1_000_000_000).nullable().optional(),
})

export const fileExport = z
  .strictObject({
    name,
    connection: name,
    segments: z
      .array(name)
      .min(1)
      .max(1000)
      .refine((names) => new Set(names).size === names.length, { error: 'A segment is named twice.' }),
    matching,
    settings: texts.default({}),
    /** The name of a list that is there at the service. Neither this nor `listId`: a list is made for each segment. */
    list: name.optional(),
    /** The ID of a list that is there at the service. */
    listId: z.string().min(1).max(500).optional(),
  })
  .refine(({ list, listId }) => list === undefined || listId === undefined, {
    path: ['listId'],
    error: 'Name the list, or give its ID: not both.',
  })

const distinct = <T extends { readonly name: string }>(item: z.ZodType<T>) =>
  z.array(item).superRefine((items, context) => {
    const seen = new Set<string>()
    for (const [index, { name: own }] of items.entries()) {
      if (seen.has(own))
        context.addIssue({ code: 'custom', path: [index, 'name'], message: 'This name is there twice.' })
      seen.add(own)
    }
  })

/** A part that is absent is left alone; an empty list says that there is none. */
export const sundFile = z.strictObject({
  /** The folder in which the files of the sources lie, as seen from this file. */
  sourcesFolder: z.string().min(1).max(4000).optional(),
  sources: distinct(sourceTable).optional(),
  unification: unification.optional(),
  segments: distinct(fileSegment).optional(),
  connections: distinct(fileConnection).optional(),
  exports: distinct(fileExport).optional(),
})

export type FileSegment = z.infer<typeof fileSegment>
export type FileConnection = z.infer<typeof fileConnection>
export type FileExport = z.infer<typeof fileExport>
export type SundFile = z.infer<typeof sundFile>
