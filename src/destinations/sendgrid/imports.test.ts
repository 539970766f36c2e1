import { describe, expect, it } from 'vitest'
import { readCsv } from '../../destination-kit/csv.ts'
import type { Person } from '../../destination-kit/kit.ts'
import { type Answer, bodyTextOf, crowdOf, endOf, play, rowsOf } from '../../destination-kit/play.ts'
import { sendgrid } from '../sendgrid.ts'
import { judge } from './answers.ts'
import { importLine } from './imports.ts'

const add = sendgrid.add[1]
if (!add?.bulk) throw new Error('SendGrid has a bulk route to add')
const at = { settings: { region: 'us' }, found: {}, list: { id: 'list-1', name: 'Newsletter' } }
const person = (ref: string, identifier: string, fields: Person['fields'] = {}): Person => ({ ref, identifier, fields })
const ada = person('1', 'ada@x.example', { first_name: 'Ada, "the first"', city: null })
const bob = person('2', 'bob@x.example', { first_name: '=1+1', city: 'Bodø' })
const rows = rowsOf(add, [ada, bob], at)
const run = (answers: readonly Answer[], kept?: string) => play(() => add.talk(crowdOf(rows), at, kept), answers, judge)

// The ids are other than the usual ones: they are read, never known.
const ids: Answer = {
  json: {
    reserved_fields: ['city', 'email', 'first_name', 'postal_code'].map((name, index) => ({
      id: `_field${index}_T`,
      name,
      field_type: 'Text',
    })),
  },
}
const uri = 'https://store.example/uploads/7?signature=abc%2Fdef'
const header = (name: string, value: string) => ({ header: name, value })
const made = (job = 'job-1', ...headers: ReturnType<typeof header>[]): Answer => ({
  json: { job_id: job, upload_uri: uri, upload_headers: headers },
})
const encryption = header('x-amz-server-side-encryption', 'aws:kms')
const uploaded: Answer = { status: 200, text: '' }
const job = (status: string, results: Record<string, unknown> = {}): Answer => ({ json: { status, results } })
const kept = (id: string) => JSON.stringify({ id, sent: 2 })
const refusal = (...errors: { field?: string; message: string }[]): Answer => ({ status: 400, json: { errors } })

describe('a line of the file', () => {
  it.each([
    [ada, 'ada@x.example,"Ada, ""the first""",,,,,'],
    [bob, 'bob@x.example,=1+1,,,,Bodø,'],
    [person('3', 'c@x.example'), 'c@x.example,,,,,,'],
    [
      person('4', 'd@x.example', { last_name: 'two\nlines', e2_N: '1.5', postal_code: ' 01', e1_D: '1986-05-08' }),
      'd@x.example,,"two\nlines",,,," 01",05/08/1986,1.5',
    ],
  ])('has every column, and those of matched custom fields in one order', (somebody, line) => {
    expect(importLine(somebody, { kinds: { e2_N: 'number', e1_D: 'date' } })).toBe(line)
  })
})

describe('an import', () => {
  it('maps the matched columns by ids that are read, keeps its job, and uploads without the key', () => {
    const played = run([ids, made('job-1', encryption), uploaded])
    expect(played.requests.map(({ method, path, host }) => [method, path, host])).toEqual([
      ['GET', '/v3/marketing/field_definitions', undefined],
      ['PUT', '/v3/marketing/contacts/imports', undefined],
      ['PUT', uri, 'foreign'],
    ])
    expect(played.requests[1]?.body).toEqual({
      json: {
        list_ids: ['list-1'],
        file_type: 'csv',
        field_mappings: ['_field1_T', '_field2_T', null, null, null, '_field0_T', null],
      },
    })
    expect(played.requests[2]?.headers).toEqual({ 'x-amz-server-side-encryption': 'aws:kms' })
    expect(played.kept).toEqual([kept('job-1')])
    expect(endOf(played)).toMatchObject({ kind: 'pending', job: kept('job-1') })
  })

  it('writes a gzip of a table with a header line, byte for byte, and says no content type', () => {
    const [, , upload] = run([ids, made(), uploaded]).requests
    if (upload === undefined) throw new Error('nothing was uploaded')
    expect(upload.body).toMatchObject({ pack: 'gzip', rows: { crowd: true, count: 2 } })
    expect(upload.body).not.toHaveProperty('type')
    expect(upload.headers).toEqual({})
    const text = bodyTextOf(upload, rows)
    expect(text).toBe(
      'email,first_name,last_name,country,state_province_region,city,postal_code\n' +
        'ada@x.example,"Ada, ""the first""",,,,,\nbob@x.example,=1+1,,,,Bodø,\n',
    )
    expect(readCsv(text)?.map(({ first_name }) => first_name)).toEqual(['Ada, "the first"', '=1+1'])
  })

  it('changes nothing before the upload, so only that counts as a write', () => {
    expect(
      run([ids, made(), uploaded]).requests.map(({ method, reads }) => method !== 'GET' && reads !== true),
    ).toEqual([false, false, true])
  })

  it('makes another import when the upload address is refused, and keeps that one', () => {
    const played = run([ids, made('job-1'), { status: 403, text: '<Error/>' }, made('job-2'), uploaded])
    expect(played.kept).toEqual([kept('job-1'), kept('job-2')])
    expect(endOf(played)).toMatchObject({ kind: 'pending', job: kept('job-2') })
  })

  it('gives up when every upload address is refused', () => {
    const gone: Answer = { status: 404, text: '' }
    const played = run([ids, made('a'), gone, made('b'), gone, made('c'), gone])
    expect(played.ending).toMatchObject({ kind: 'stopped', stop: { why: 'bad-request' } })
  })

  it.each([
    ['an unknown list', { status: 404, json: { errors: [] } }, 'list-missing'],
    ['an invalid list', refusal({ field: 'list_ids[0]', message: 'invalid' }), 'list-missing'],
    ['the plan’s limit', refusal({ message: 'you have hit your contact limit' }), 'quota'],
    ['anything else', refusal({ field: 'field_mappings', message: 'invalid mapping' }), 'bad-request'],
  ])('stops for %s', (_what, answer, why) => {
    expect(run([ids, answer]).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it.each([
    ['a field without an id', [{ json: { reserved_fields: [{ name: 'email', id: '_rf2_T' }] } }]],
    ['no upload address', [ids, { json: { job_id: 'job-1' } }]],
    ['a header that would frame the upload', [ids, made('job-1', header('Content-Length', '5'))]],
    ['a header that names another host', [ids, made('job-1', header('host', 'elsewhere.example'))]],
    ['a header with a line break', [ids, made('job-1', header('x-a', 'b\r\nx-c: d'))]],
    ['a header without a name', [ids, made('job-1', header('', 'b'))]],
  ])('stops at an answer with %s, before anything is uploaded', (_what, answers) => {
    const played = run(answers)
    expect(played.ending).toMatchObject({ kind: 'stopped', stop: { why: 'unreadable' } })
    expect(played.requests.some(({ host }) => host === 'foreign')).toBe(false)
  })

  it('asks nothing for what cannot be a list', () => {
    const astray = { ...at, list: { id: '../x', name: '' } }
    expect(play(() => add.talk(crowdOf(rows), astray), []).ending).toMatchObject({ stop: { why: 'list-missing' } })
  })
})

describe('an import that an earlier process had begun', () => {
  it.each([
    ['has ended', job('completed', { created_count: 2 })],
    ['has ended with errors', job('errored', { errored_count: 1 })],
    ['is at work', job('pending', { requested_count: 2 })],
    ['tells of first results', job('pending', { created_count: 1 })],
  ])('is followed when it %s', (_what, status) => {
    const played = run([status], kept('job-0'))
    expect(played.requests.map(({ path }) => path)).toEqual(['/v3/marketing/contacts/imports/job-0'])
    expect(endOf(played)).toMatchObject({ kind: 'pending', job: kept('job-0') })
    expect(played.kept).toEqual([])
  })

  it.each([
    ['says nothing of people', job('pending')],
    ['was given up by SendGrid', job('failed', { errored_count: 2 })],
    ['is not known', { status: 404, json: { errors: [] } }],
  ])('is made again when it %s', (_what, status) => {
    const played = run([status, ids, made('job-1'), uploaded], kept('job-0'))
    expect(played.kept).toEqual([kept('job-1')])
  })

  it('stops when what was kept is not ours', () => {
    expect(run([], 'job-0').ending).toMatchObject({ stop: { why: 'unreadable' } })
  })
})
