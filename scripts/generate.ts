/** `generate`: writes the files that are made from the code. With `--check` writes none, and says which are stale. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describeApi } from '../src/api/describe.ts'
import { destinations } from '../src/destinations/index.ts'
import { gotchasOf, isFresh } from './freshness.ts'
import { cliReference } from './generate-cli.ts'
import { clientOf } from './generate-client.ts'
import { destinationIndex, destinationPage } from './generate-destinations.ts'
import { errorReference } from './generate-errors.ts'

const root = join(import.meta.dirname, '..')

/** As the formatter would leave it, so that writing and formatting agree. */
const formatted = (path: string, text: string): string => {
  if (path.endsWith('.md')) return text
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const args = [biome, 'format', `--stdin-file-path=${path}`, '--config-path', root]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { input: text, encoding: 'utf8', cwd: root })
  if (status !== 0) throw new Error(`The generated ${path} cannot be formatted: ${stderr.slice(0, 1000)}`)
  return stdout
}

const { document } = await describeApi()
const generated = [
  { path: 'docs/openapi.json', text: `${JSON.stringify(document, undefined, 2)}\n` },
  { path: 'docs/errors.md', text: errorReference() },
  { path: 'src/cli/client.gen.ts', text: clientOf(document) },
  { path: 'docs/cli.md', text: cliReference() },
  { path: 'docs/destinations/README.md', text: destinationIndex(destinations) },
  ...destinations.map((destination) => ({
    path: `docs/destinations/${destination.id}.md`,
    text: destinationPage(destination, gotchasOf(destination.id)),
  })),
]

const isCheck = process.argv.includes('--check')
for (const { path, text } of generated) {
  const file = join(root, path)
  const wanted = path.endsWith('.md') ? text : formatted(path, text)
  if (isFresh(file, wanted)) continue
  if (isCheck) {
    process.stdout.write(`stale  ${path}\n`)
    process.exitCode = 1
    continue
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, wanted)
  process.stdout.write(`wrote  ${path}\n`)
}
if (process.exitCode === 1) process.stderr.write('Write them anew with: node scripts/start.mjs scripts/generate.ts\n')
