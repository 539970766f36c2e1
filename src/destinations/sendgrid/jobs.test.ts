import { describe, expect, it } from 'vitest'
import { Malformed } from '../../destination-kit/malformed.ts'
import { type Answer, endOfBatch, play } from '../../destination-kit/play.ts'
import { openReading } from '../../destination-kit/reading.ts'
import { judge } from './answers.ts'
import { ErrorsFile } from './errors-file.ts'
import { look } from './jobs.ts'

const at = { settings: { region: 'us' }, found: {}, list: { id: 'list-1', name: 'Newsletter' } }
const kept = (sent: number) => JSON.stringify({ id: 'job/1', sent })
const job = (status: string, results: Record<string, unknown> | null = {}): Answer => ({
  json: { id: 'job/1', status, job_type: 'upsert_contacts', results, started_at: '2026-07-15T16:19:27Z' },
})
const run = (sent: number, answers: readonly Answer[]) => play(() => look(kept(sent), at), answers, judge)
const end = (sent: number, ...answers: Answer[]) => endOfBatch(run(sent, answers))
const url = 'https://files.example/errors?key=1'
const applied = { kind: 'applied' }

describe('a look at a job', () => {
  it('asks for the job by its id', () => {
    expect(run(1, [job('completed')]).requests).toEqual([
      { method: 'GET', path: '/v3/marketing/contacts/imports/job%2F1', rate: 'lists', expect: [404] },
    ])
  })

  it.each([
    ['pending', job('pending')],
    ['pending with counts', job('pending', { requested_count: 3, created_count: 3 })],
    ['a status that is not known', job('paused')],
    ['a job that is not known yet', { status: 404, json: { errors: [{ message: 'job not found' }] } }],
  ])('keeps waiting for %s', (_what, answer) => {
    const ending = end(3, answer)
    expect(ending).toMatchObject({ kind: 'pending', job: kept(3) })
  })

  it.each([
    ['nothing counted', {}],
    ['no results', null],
    ['everybody counted', { requested_count: 3, created_count: 1, updated_count: 2 }],
    ['unchanged people counted neither way', { requested_count: 3, created_count: 1 }],
    ['null counts', { requested_count: null, errored_count: null, errors_url: null }],
  ])('completed: everybody is applied with %s', (_what, results) => {
    expect(end(3, job('completed', results))).toEqual({
      kind: 'each',
      otherwise: applied,
      by: 'identifier',
      except: new Map(),
    })
  })

  it.each([
    ['another number asked for', { requested_count: 2 }],
    ['more done than sent', { created_count: 2, updated_count: 2 }],
  ])('completed: nobody is applied with %s', (_what, results) => {
    expect(end(3, job('completed', results))).toMatchObject({ otherwise: { kind: 'unknown' } })
  })

  it('rejects those whom the errors file names, when they are all', () => {
    const results = { requested_count: 3, created_count: 1, errored_count: 2, errors_url: url }
    const file: Answer = { text: 'email,error\nA@x.example,Ada is bad\nb@x.example,\n' }
    const played = run(3, [job('errored', results), file])
    expect(played.requests[1]).toEqual({
      method: 'GET',
      path: url,
      host: 'foreign',
      expect: [400, 401, 403, 404, 410],
    })
    expect(endOfBatch(played)).toEqual({
      kind: 'each',
      otherwise: applied,
      by: 'identifier',
      except: new Map([
        ['a@x.example', { kind: 'rejected', code: 'import_error', reason: 'Ada is bad' }],
        ['b@x.example', { kind: 'rejected', code: 'import_error', reason: 'SendGrid gave no reason.' }],
      ]),
    })
  })

  describe('of five people of whom two have an address that is none', () => {
    const twoNamed: Answer = { text: 'email,error\na..a@x.example,invalid\nb@-x.example,invalid' }
    const named = ['a..a@x.example', 'b@-x.example']

    it.each([
      ['counted as requested and as errored', { requested_count: 5, created_count: 1, errored_count: 2 }],
      ['not requested, and errored', { requested_count: 3, created_count: 1, errored_count: 2 }],
      ['counted nowhere', { requested_count: 3, updated_count: 2 }],
      [
        'of whom one was not requested, everybody else stored',
        { requested_count: 4, created_count: 3, errored_count: 2 },
      ],
      ['of whom one was counted nowhere', { requested_count: 4, errored_count: 1 }],
    ])('rejects exactly those two: %s', (_what, totals) => {
      const results = { ...totals, errors_url: url }
      for (const status of ['errored', 'completed']) {
        const ending = end(5, job(status, results), twoNamed)
        expect(ending).toMatchObject({ kind: 'each', otherwise: applied })
        expect(ending.kind === 'each' && [...ending.except.keys()]).toEqual(named)
      }
    })

    it.each([
      ['more are missing than are named', { requested_count: 2, errored_count: 2 }],
      ['who is missing may be somebody else', { requested_count: 4, created_count: 1, errored_count: 2 }],
      ['more were requested than sent', { requested_count: 6, errored_count: 2 }],
      ['more were stored than sent', { requested_count: 3, created_count: 4 }],
    ])('calls everybody else unknown where %s', (_what, totals) => {
      const ending = end(5, job('errored', { ...totals, errors_url: url }), twoNamed)
      expect(ending).toMatchObject({ kind: 'each', otherwise: { kind: 'unknown' } })
    })
  })

  it('sends the key for an errors file at the API itself, and there alone', () => {
    const results = { errored_count: 1, errors_url: 'https://api.sendgrid.com/v3/errors/1?x=2' }
    const played = run(2, [job('errored', results), { text: 'email\na@x.example' }])
    expect(played.requests[1]).toMatchObject({ path: '/v3/errors/1?x=2', rate: 'lists' })
    expect(played.requests[1]).not.toHaveProperty('host')
  })

  it.each([
    ['fewer names than errors', { errored_count: 2 }, { text: 'email,error\na@x.example,bad' }, 1],
    ['more names than errors', { errored_count: 1 }, { text: 'email\na@x.example\nb@x.example' }, 2],
    ['no count of errors', {}, { text: 'email,error\na@x.example,bad' }, 1],
    ['totals that do not add up', { errored_count: 1, requested_count: 9 }, { text: 'email\na@x.example' }, 1],
    ['a nameless error', { errored_count: 1 }, { text: '{"email":"a@x.example"}\n{"line":7,"error":"bad"}' }, 1],
    ['a file that cannot be read', { errored_count: 1 }, { text: '<Error><Code>Expired</Code></Error>' }, 0],
    ['a file that is gone', { errored_count: 1 }, { status: 403, text: '<Error/>' }, 0],
  ])('leaves everybody else unknown with %s', (_what, results, file, named) => {
    const ending = end(3, job('errored', { ...results, errors_url: url }), file)
    expect(ending).toMatchObject({ kind: 'each', otherwise: { kind: 'unknown' } })
    expect(ending.kind === 'each' && ending.except.size).toBe(named)
  })

  it.each([
    ['no URL', undefined],
    ['a URL that is none', 'not a url'],
    ['null', null],
  ])('leaves everybody unknown when the errors file has %s', (_what, errorsUrl) => {
    expect(end(3, job('errored', { errored_count: 1, errors_url: errorsUrl }))).toMatchObject({
      otherwise: { kind: 'unknown' },
    })
  })

  it('does not believe a completed job that counts errors', () => {
    expect(end(3, job('completed', { errored_count: 1 }))).toMatchObject({ otherwise: { kind: 'unknown' } })
  })

  it.each([
    ['failed', { errored_count: 3 }],
    ['failed', null],
    ['errored', { errored_count: 3 }],
  ])('%s with all errors rejects everybody', (status, results) => {
    expect(end(3, job(status, results))).toMatchObject({ otherwise: { kind: 'rejected', code: 'failed' } })
  })

  it('gives each of a failed job the vendor’s words where there are any', () => {
    const ending = end(2, job('failed', { errors_url: url }), { text: 'email,error\na@x.example,too odd' })
    expect(ending).toMatchObject({
      otherwise: { kind: 'rejected', code: 'failed' },
      except: new Map([['a@x.example', { kind: 'rejected', code: 'import_error', reason: 'too odd' }]]),
    })
  })

  it('does not reject people of whom a failed job stored some', () => {
    expect(end(3, job('failed', { created_count: 1 }))).toMatchObject({ otherwise: { kind: 'unknown' } })
  })

  it.each([
    [
      'the errors file',
      [job('failed', { errors_url: url }), { text: 'email,error\na@x,you have hit your contact limit' }],
    ],
    ['the job', [{ json: { status: 'failed', message: 'you have hit your Contact Limit' } }]],
  ])('stops when %s tells of the plan’s limit', (_where, answers) => {
    expect(run(3, answers).ending).toMatchObject({ kind: 'stopped', stop: { why: 'quota' } })
  })

  it.each([
    ['a login page', { text: '<html>' }],
    ['no status', { json: { id: 'job/1' } }],
  ])('stops when the job is %s', (_what, answer) => {
    expect(run(3, [answer]).ending).toMatchObject({ kind: 'stopped', stop: { why: 'unreadable' } })
  })

  it('stops when the kept job is not ours', () => {
    expect(play(() => look('job-1', at), []).ending).toMatchObject({ stop: { why: 'unreadable' } })
  })
})

describe('the errors file', () => {
  const read = (text: string) => {
    const file = new ErrorsFile()
    const reading = openReading(file.reader)
    const marks = [...reading.push(text), ...reading.end()]
    return {
      named: marks.map(([who, fate]) => [who, fate.kind === 'rejected' && fate.reason]),
      nameless: file.nameless,
    }
  }
  const bad = { named: [['a@x.example', 'bad']], nameless: 0 }
  it.each([
    ['CSV', 'first_name,email,error\nAda,A@x.example,bad', bad],
    ['CSV with other names', 'Email Address,Reason\na@x.example,bad', bad],
    ['lines of JSON', '{"email":"a@x.example","error":"bad"}\n', bad],
    ['a JSON array', '[{"email":"a@x.example","message":"bad"}]', bad],
    ['a contact inside', '{"contact":{"email":"a@x.example"},"error":"bad"}', bad],
    ['an identifier', '{"identifier":"a@x.example","error_message":"bad"}', bad],
    ['no address', '{"row":1,"error":"bad"}', { named: [], nameless: 1 }],
    ['something that is no object', '[3]', { named: [], nameless: 1 }],
    ['a table without addresses', 'row,error\n1,bad', { named: [], nameless: 1 }],
    ['only a header', 'email,error\n', { named: [], nameless: 0 }],
    [
      'personal values in the reason',
      'email,first_name,error\na@x.example,Ada,Ada <a@x.example> bad',
      { named: [['a@x.example', '… <…> bad']], nameless: 0 },
    ],
  ])('is understood with %s', (_what, text, understood) => {
    expect(read(text)).toEqual(understood)
  })

  it('is malformed when it is empty', () => {
    expect(() => read('')).toThrow(Malformed)
  })

  it('that is a page names nobody', () => {
    expect(read('<html>\n<body>')).toEqual({ named: [], nameless: 1 })
  })
})
