/** docs/tutorial.md, followed word by word: what it has people write is written, and what it says they see is seen. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openAsPerson, projectRoot, type Served, startServed } from './fixtures/served.ts'

let served: Served
const before = process.cwd()

beforeAll(async () => {
  served = await startServed()
  await mkdir(join(served.base, 'customers'))
  process.chdir(served.base)
})

afterAll(async () => {
  process.chdir(before)
  await served.close()
})

interface Block {
  readonly language: string
  readonly text: string
}

const blocksOf = (markdown: string): Block[] =>
  [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }))

/** The words of a line of the shell; quotes hold words together. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

it('leads from a CSV to a list', async () => {
  const environment: Record<string, string> = {}
  let file = ''
  let seen = ''
  const ran: string[] = []

  const shell = async (line: string): Promise<void> => {
    const variable = /^export (\w+)=(\S+)$/.exec(line)
    if (variable !== null) environment[variable[1] ?? ''] = variable[2] ?? ''
    if (line.startsWith('curl ')) await served.sendgridList('Oslo newsletter')
    const [command, ...words] = wordsOf(line)
    // The server and the simulators run already, on ports that are free here.
    if (command !== 'sund' || words[0] === 'serve' || words[0] === 'sandbox') return
    const said = await served.say(words, { environment, onError: openAsPerson })
    expect({ line, code: said.code }).toEqual({ line, code: 0 })
    seen += said.stdout
    ran.push(words.slice(0, 2).join(' '))
  }

  for (const { language, text } of blocksOf(await readFile(join(projectRoot, 'docs', 'tutorial.md'), 'utf8'))) {
    switch (language) {
      case 'csv':
        await writeFile(join('customers', 'people.csv'), text)
        break
      case 'yaml':
        if (file === '') file = text
        else if (text.includes('destination:')) file = file.replace('\nexports:\n', `${text}\nexports:\n`)
        else file += text
        await writeFile('sund.yaml', file)
        break
      case 'sh':
        seen = ''
        for (const line of text.replaceAll('\\\n', '').split('\n')) await shell(line)
        break
      default:
        expect(seen).toContain(text)
    }
  }
  expect(ran).toEqual(expect.arrayContaining(['apply', 'refresh start', 'connections sign-in', 'exports run']))
  const [list] = served.sandbox.lists('sendgrid')
  expect(served.sandbox.members('sendgrid', list?.id ?? '')).toEqual(['kari@example.com', 'nina@example.com'])
  expect(served.sandbox.forbidden()).toEqual([])
})
