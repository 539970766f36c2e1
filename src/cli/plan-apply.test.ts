/** An installation as a file: what a plan says, that applying twice changes nothing, and which files are refused. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { vendorSetUps } from '../../demo/at-vendor.ts'
import { exports, segments, sources, unification } from '../../demo/definitions.ts'
import { sundFile } from '../domain/sund-file.ts'
import { createClient } from './client.gen.ts'
import { planOf } from './file/plan.ts'
import { projectRoot, runMain, type Served, sampleEnvironment, startServed } from './fixtures/served.ts'
import { openTransport } from './http.ts'
import { readShaped } from './input-file.ts'

const samplePath = join(projectRoot, 'docs', 'sund.yaml')
let served: Served
let sample: string

beforeAll(async () => {
  served = await startServed()
  await mkdir(join(served.base, 'sample'))
  await served.sampleLists()
  sample = await readFile(samplePath, 'utf8')
})

afterAll(async () => {
  await served.close()
})

/** The sample with something else in it, as a file. */
const changed = async (change: (text: string) => string): Promise<string> => {
  const text = change(sample)
  if (text === sample) throw new Error('The change changes nothing.')
  return await served.file('changed.yaml', text)
}

const plan = async (file: string, ...more: readonly string[]) => await served.json('plan', file, ...more)

describe('the sample file', () => {
  it('says what the demo sets up', async () => {
    const file = sundFile.parse(parse(await readFile(samplePath, 'utf8')))
    expect({ sources: file.sources, unification: file.unification, segments: file.segments }).toEqual({
      sources,
      unification,
      segments,
    })
    const destinations = new Map(file.connections?.map(({ name, destination }) => [name, destination]))
    expect(
      file.exports?.map(({ connection, ...same }) => ({ ...same, destination: destinations.get(connection) })),
    ).toEqual(exports.map((one) => ({ ...one, settings: vendorSetUps[one.destination].exportSettings })))
  })

  it('is applied once, and then there is nothing to change', async () => {
    const file = await served.file('sund.yaml', sample)
    const first = await served.say(['apply', file])
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' })
    expect(await plan(file)).toEqual({ changes: [], extras: [] })
    expect(await served.json('apply', file)).toEqual({ applied: [], extras: [] })
    expect((await served.say(['plan', file, '--check'])).code).toBe(0)
  })
})

it('takes transforms in a data matching, which then differ no more', async () => {
  const file = await changed((text) => text.replace('city: City', 'city: { case: title, of: { trim: City } }'))
  expect(await plan(file)).toMatchObject({
    changes: [{ differences: [{ path: 'matching.fields.city', before: 'City', after: { of: { trim: 'City' } } }] }],
  })
  expect((await served.say(['apply', file])).code).toBe(0)
  expect(await plan(file)).toEqual({ changes: [], extras: [] })
  expect((await served.say(['apply', await served.file('sund.yaml', sample)])).code).toBe(0)
})

describe('a plan', () => {
  it('names what differs, with before and after, and changes nothing', async () => {
    const file = await changed((text) => text.replace('value: California', 'value: Nevada'))
    const { changes } = Object(await plan(file))
    expect(changes).toEqual([
      {
        action: 'update',
        kind: 'segment',
        name: 'Californians',
        differences: [{ path: 'rule.value', before: 'California', after: 'Nevada' }],
      },
    ])
    const said = await served.say(['plan', file, '--check'])
    expect(said).toMatchObject({ code: 7, stderr: '' })
    expect(said.stdout).toContain('~ segment “Californians”\n    rule.value: California → Nevada\n')
    expect(await plan(join(served.base, 'sund.yaml'))).toEqual({ changes: [], extras: [] })
  })

  it.each<[string, (text: string) => string, object]>([
    [
      'a source',
      (text) => text.replace('file: Contact.csv', 'file: Contacts.csv'),
      { kind: 'source', name: 'Contact' },
    ],
    [
      'a column that is read no more',
      (text) => text.replace('      - { name: Income, type: number }\n', ''),
      { differences: [{ path: 'columns["Income"]', before: { name: 'Income', type: 'number' } }] },
    ],
    ['the unification', (text) => text.replace('by: exact', 'by: email'), { kind: 'unification' }],
    [
      'data matching',
      (text) => text.replace('city: City', 'city: State'),
      { kind: 'export', name: 'SendGrid newsletter' },
    ],
    ['the folder', (text) => text.replace('sourcesFolder: sample', 'sourcesFolder: .'), { kind: 'settings' }],
    [
      'a limit',
      (text) => text.replace('destination: sendgrid\n', 'destination: sendgrid\n    peopleLimit: 5000\n'),
      { differences: [{ path: 'peopleLimit', before: null, after: 5000 }] },
    ],
  ])('sees a change of %s', async (_what, change, expected) => {
    expect(Object(await plan(await changed(change))).changes).toEqual([expect.objectContaining(expected)])
  })

  it('leaves alone what the file does not name, unless it is told to prune', async () => {
    const file = await changed((text) => text.replace(/exports:[\s\S]*$/, 'exports: []\n'))
    const extras = [
      { kind: 'export', name: 'Campaign Monitor subscribers' },
      { kind: 'export', name: 'Dotdigital address book' },
      { kind: 'export', name: 'Iterable lists' },
      { kind: 'export', name: 'Microsoft Advertising audiences' },
      { kind: 'export', name: 'SendGrid newsletter' },
    ]
    expect(await plan(file)).toEqual({ changes: [], extras: expect.arrayContaining(extras) })
    const pruned = Object(await plan(file, '--prune')).changes
    expect(pruned).toHaveLength(extras.length)
    expect(pruned).toEqual(
      expect.arrayContaining(extras.map((one) => expect.objectContaining({ ...one, action: 'remove' }))),
    )
  })

  it('never touches a part that the file leaves out', async () => {
    const file = await served.file('part.yaml', stringify({ segments }))
    expect(await plan(file, '--prune')).toEqual({ changes: [], extras: [] })
  })

  it('follows the credentials of the environment without showing them', async () => {
    const file = join(served.base, 'sund.yaml')
    const environment = { SENDGRID_API_KEY: 'SG.another-key-than-before' }
    const planned = await served.say(['plan', file], { environment })
    expect(planned.stdout).toContain('~ connection “SendGrid sandbox”\n    credentials: (kept) → (other ones)\n')
    expect(planned.stdout + planned.stderr).not.toContain('another-key')
    expect((await served.say(['plan', file, '--json'])).stdout).not.toContain(sampleEnvironment.SENDGRID_API_KEY)
  })
})

describe('apply', () => {
  it('with --prune removes what the file does not name, and builds it again from the whole file', async () => {
    const less = await changed((text) =>
      text
        .replace(/ {2}- name: SendGrid newsletter[\s\S]*?(?= {2}- name: Iterable lists)/, '')
        .replace(/ {2}- name: SendGrid sandbox[\s\S]*?(?= {2}- name: Iterable sandbox)/, ''),
    )
    expect(Object(await served.json('apply', less, '--prune')).applied).toMatchObject([
      { action: 'remove', kind: 'export', name: 'SendGrid newsletter' },
      { action: 'remove', kind: 'connection', name: 'SendGrid sandbox' },
    ])
    const file = join(served.base, 'sund.yaml')
    expect(Object(await served.json('apply', file)).applied).toHaveLength(2)
    expect(await plan(file)).toEqual({ changes: [], extras: [] })
  })

  it('is refused where somebody else has changed the thing since the plan', async () => {
    const file = await changed((text) => text.replace('value: California', 'value: Nevada'))
    const io = {
      ...{ out: () => undefined, err: () => undefined, input: async () => '', sleep: async () => undefined },
      ...{ columns: undefined, environment: sampleEnvironment },
    }
    const token = async () => (await readFile(join(served.home, 'token'), 'utf8')).trim()
    const client = createClient(openTransport({ server: new URL(served.url), token }))
    const session = { client, io, isJson: true }
    const { steps } = await planOf(session, await readShaped(io, file, sundFile), { prune: false, people: 'leave' })
    const other = { name: 'Californians', rule: { field: 'State', op: 'is', value: 'Oregon' } }
    await served.json('segments', 'set', 'Californians', await served.file('other.json', JSON.stringify(other)))
    await expect(steps[0]?.carryOut()).rejects.toMatchObject({ problem: { code: 'request.stale' } })
    await served.json('apply', join(served.base, 'sund.yaml'))
  })

  it('tells what was carried out before a step was refused', async () => {
    const file = await served.file(
      'refused.yaml',
      stringify({
        segments: [{ name: 'Fine', rule: { field: 'State', op: 'is', value: 'Texas' } }],
        exports: [
          {
            name: 'Refused',
            connection: 'SendGrid sandbox',
            segments: ['Fine'],
            matching: { identifier: 'Email', fields: {} },
            list: 'No such list',
          },
        ],
      }),
    )
    const said = await served.say(['apply', file, '--json'])
    expect(said.code).toBe(4)
    expect(JSON.parse(said.stdout)).toMatchObject({
      error: { code: 'cli.list_missing' },
      applied: [{ action: 'create', kind: 'segment', name: 'Fine' }],
    })
    expect(said.stderr).toContain('Carried out before it failed:\n  + segment “Fine”\n')
    await served.json('segments', 'remove', 'Fine')
  })
})

describe('a wrong file', () => {
  it.each<[string, string, string]>([
    ['no YAML', 'segments:\n  - name: [a\n', '1'],
    ['a name twice', 'a: 1\na: 2\n', '2:1'],
    ['an unknown part', 'segmets: []\n', '1:1 segmets'],
    [
      'an unknown key deep inside',
      'segments:\n  - name: A\n    rull: 1\n    rule: { field: a, op: is, value: 1 }\n',
      '3:5 segments[0].rull',
    ],
    ['a wrong type', 'sourcesFolder: 7\n', '1:1 sourcesFolder'],
    ['something missing', 'segments:\n  - name: A\n', '2:5 segments[0].rule'],
    [
      'a rule that is wrong in one place',
      'segments:\n  - name: A\n    rule:\n      all:\n        - { field: a, op: is, value: "" }\n',
      '5:31 segments[0].rule.all[0].value',
    ],
    [
      'the same segment twice',
      'segments:\n  - &a { name: A, rule: { field: a, op: is, value: 1 } }\n  - *a\n',
      'segments[1].name',
    ],
    [
      'a secret',
      'connections:\n  - name: A\n    destination: sendgrid\n    credentials:\n      apiKey: SG.hidden\n',
      '5:7 connections[0].credentials.apiKey',
    ],
    [
      'half a reference',
      `connections:\n  - name: A\n    destination: sendgrid\n    credentials:\n      apiKey: x\${SENDGRID_API_KEY}hidden\n`,
      '5:7 connections[0].credentials.apiKey',
    ],
    [
      'an unset variable',
      `connections:\n  - name: A\n    destination: sendgrid\n    credentials:\n      apiKey: \${NOT_SET}\n`,
      '5:7 connections[0].credentials.apiKey',
    ],
    [
      'a segment that is nowhere',
      'exports:\n  - name: A\n    connection: SendGrid sandbox\n    segments: [Nobody]\n    matching: { identifier: Email, fields: {} }\n',
      '4:16 exports[0].segments[0]',
    ],
    [
      'list and listId',
      'exports:\n  - name: A\n    connection: B\n    segments: [C]\n    matching: { identifier: Email, fields: {} }\n    list: D\n    listId: "1"\n',
      '7:5 exports[0].listId',
    ],
  ])('is refused with its place: %s', async (_what, text, place) => {
    const file = await served.file('wrong.yaml', text)
    const said = await served.say(['apply', file])
    expect(said).toMatchObject({ code: 2, stdout: '' })
    expect(said.stderr).toContain(`\n  ${file}:`)
    expect(said.stderr).toContain(place)
    expect(said.stderr).toMatch(/\nCode: file\.invalid\n$/)
    expect(said.stderr).not.toContain('hidden')
  })
})

describe('as a process', () => {
  const environment = () => ({ ...sampleEnvironment, SUND_SERVER: served.url, SUND_HOME: served.home })

  it('exits with 3 where a refresh fails', async () => {
    // There are no files in the folder of the sources.
    const said = await runMain(['refresh', 'start', '--wait', '--json'], environment())
    expect(said).toMatchObject({ code: 3, stderr: '' })
    expect(JSON.parse(said.stdout)).toMatchObject({ status: 'Failed', reason: expect.stringMatching(/\S/) })
  })

  it.each<[string, number, readonly string[], Readonly<Record<string, string>>]>([
    ['done', 0, ['segments', 'list'], {}],
    ['usage: no such verb', 2, ['segments', 'fly'], {}],
    ['usage: a word missing', 2, ['segments', 'show'], {}],
    ['usage: no verb', 2, ['segments'], {}],
    ['usage: a file that is not there', 2, ['apply', '/no/such/file.yaml'], {}],
    ['usage: a token over plain http', 2, ['segments', 'list'], { SUND_SERVER: 'http://sund.example' }],
    ['not found', 4, ['segments', 'show', 'Nobody'], {}],
    ['conflict', 5, ['segments', 'remove', 'Californians'], {}],
    ['not reachable', 6, ['segments', 'list'], { SUND_SERVER: 'http://127.0.0.1:9' }],
    ['no token', 6, ['segments', 'list'], { SUND_HOME: '/no/such/home' }],
    ['another token', 6, ['segments', 'list'], { SUND_TOKEN: 'not-it' }],
  ])('exits: %s', async (_what, code, words, more) => {
    const plainly = await runMain(words, { ...environment(), ...more })
    expect(plainly.code).toBe(code)
    expect(plainly.stdout === '').toBe(code !== 0)
    expect(plainly.stderr === '').toBe(code === 0)
    const asJson = await runMain([...words, '--json'], { ...environment(), ...more })
    expect(asJson.code).toBe(code)
    expect(Object.hasOwn(Object(JSON.parse(asJson.stdout)), 'error')).toBe(code !== 0)
  })
})
