/** Makes the reference of errors from the table that they are in. */
import { errorEntries } from '../src/errors.ts'

const HEAD = `# Errors

Every error that Sund shows, by its code: in problem documents of the API as \`code\`, with \`what\` as \`detail\` and \`what to do\` as
\`hint\`. Made from \`src/errors.ts\` by \`scripts/generate.ts\`. In the texts, \`{name}\` stands for a detail. Each is there in Norwegian too.

| code | HTTP | what | what to do |
|---|---|---|---|
`

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

/** The text of docs/errors.md. */
export const errorReference = (): string =>
  HEAD +
  Object.entries(errorEntries)
    .map(([code, { status, what, next }]) => `| \`${code}\` | ${status} | ${cell(what.en)} | ${cell(next.en)} |\n`)
    .join('')
