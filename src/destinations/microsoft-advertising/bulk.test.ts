import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readCsv } from '../../destination-kit/csv.ts'
import {
  type Answer,
  bodyTextOf,
  crowdOf,
  endOf,
  endOfBatch,
  play,
  replyOf,
  rowsOf,
} from '../../destination-kit/play.ts'
import { microsoftAdvertising } from '../microsoft-advertising.ts'
import { judge } from './answers.ts'

const add = microsoftAdvertising.add[1]
const remove = microsoftAdvertising.remove[1]
if (!add?.bulk || !remove?.bulk || add.confirm === undefined) {
  throw new Error('Microsoft Advertising has bulk routes both ways')
}
const { confirm } = add

const settings = { customerId: '11', accountId: '22', terms: 'yes' }
const at = { settings, found: {}, list: { id: '998877665544332211', name: 'VIP' } }
const noTerms = { ...at, settings: { ...settings, terms: 'no' } }
const hashOf = (address: string) => createHash('sha256').update(address).digest('hex')
const people = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ref: String(index + 7), identifier: hashOf(`p${index}`), fields: {} }))
const rows = rowsOf(add, people(2), at)
const run = (answers: readonly Answer[], kept?: string) => play(() => add.talk(crowdOf(rows), at, kept), answers, judge)

const url = 'https://bulk.api.bingads.microsoft.com/Bulk/v13/upload?id=7'
const address = (id: string): Answer => ({ json: { RequestId: id, UploadUrl: url } })
const received: Answer = { json: { TrackingId: 't', RequestId: 'r-1' } }
const refused = (code: number, name = 'Name'): Answer => ({
  status: 400,
  json: { TrackingId: 't', RequestId: 'r-1', Code: code, ErrorCode: name, Message: 'words' },
})
const state = (status: string, more: Record<string, unknown> = {}): Answer => ({
  json: { PercentComplete: 50, RequestStatus: status, ResultFileUrl: null, Errors: [], ...more },
})
const job = (id: string, missed = 0) => JSON.stringify({ id, missed })

describe('an upload', () => {
  it('asks for an address, keeps its id, and uploads once', () => {
    const played = run([address('r-1'), received])
    expect(played.requests.map(({ method, path, host, reads, once }) => [method, path, host, reads, once])).toEqual([
      ['POST', '/Bulk/v13/BulkUploadUrl/Query', 'bulk', true, undefined],
      ['POST', url, 'upload', undefined, true],
    ])
    expect(played.requests[0]?.body).toEqual({ json: { AccountId: '22', ResponseMode: 'ErrorsOnly' } })
    expect(played.kept).toEqual([job('r-1')])
    expect(endOf(played)).toMatchObject({ kind: 'pending', job: job('r-1') })
  })

  it.each([
    ['Add', add, at, 'True'],
    ['Remove', remove, at, 'True'],
    ['Remove', remove, noTerms, ''],
  ] as const)('writes a zip with one file of one list: %s', (action, route, place, terms) => {
    const [, request] = play(() => route.talk(crowdOf(rows), place), [address('r-1'), received], judge).requests
    if (request === undefined) throw new Error('nothing was uploaded')
    expect(request.body).toMatchObject({
      type: 'application/zip',
      pack: { zip: 'customer-list.csv' },
      part: { name: 'file', file: 'customer-list.zip' },
      rows: { crowd: true, count: 2 },
    })
    const text = bodyTextOf(request, rows)
    expect(text).toBe(
      '\uFEFFType,Id,Parent Id,Client Id,Name,Action Type,Accept Customer Match Term,Sub Type,Text\r\n' +
        'Format Version,,,,6.0,,,,\r\n' +
        `Customer List,998877665544332211,,,,${action},${terms},,\r\n` +
        `Customer List Item,,998877665544332211,7,,,,Email,${hashOf('p0')}\r\n` +
        `Customer List Item,,998877665544332211,8,,,,Email,${hashOf('p1')}\r\n`,
    )
    expect(readCsv(text)?.map((row) => row['client id'])).toEqual(['', '', '7', '8'])
  })

  it('adds nobody before the terms are accepted, and asks nothing', () => {
    const played = play(() => add.talk(crowdOf(rows), noTerms), [], judge)
    expect(played.ending).toMatchObject({ stop: { why: 'terms' } })
  })

  it('never writes an address that is not hashed', () => {
    const ada = { ref: '1', identifier: 'ada@x.example', fields: {} }
    expect(() => rowsOf(add, [ada], at)).toThrow('not hashed')
  })

  it.each(['-10', '1,2', 'VIP', ''])('never writes %j as a list: a negative one would be made anew', (id) => {
    expect(() => rowsOf(add, people(1), { ...at, list: { id, name: '' } })).toThrow('not the ID')
  })

  it('asks for another address when one has expired, and keeps that', () => {
    const played = run([address('r-1'), refused(3226), address('r-2'), refused(3220), address('r-3'), received])
    expect(played.kept).toEqual([job('r-1'), job('r-2'), job('r-3')])
    expect(endOf(played)).toMatchObject({ kind: 'pending', job: job('r-3') })
  })

  it('gives up when no address is good', () => {
    const answers = ['a', 'b', 'c'].flatMap((id) => [address(id), refused(3226)])
    expect(run(answers).ending).toMatchObject({ stop: { why: 'bad-request' } })
  })

  it('follows the upload whose address was used already: only we know it', () => {
    expect(endOf(run([address('r-1'), refused(3224)]))).toMatchObject({ kind: 'pending', job: job('r-1') })
  })

  it.each([
    [3221, { why: 'bad-request' }],
    [3222, { why: 'bad-request' }],
    [3223, { why: 'bad-request' }],
    [8003, { why: 'terms' }],
    [4999, { why: 'bad-request' }],
  ])('stops when it is refused with %i', (code, stop) => {
    expect(run([address('r-1'), refused(code)]).ending).toMatchObject({ kind: 'stopped', stop })
  })

  it.each([
    [3225, { kind: 'split' }],
    [3227, { kind: 'retry', after: 60 }],
    [4204, { kind: 'retry', after: 900 }],
    [109, { kind: 'refresh' }],
  ])('is judged by its code when it is refused with %i', (code, verdict) => {
    expect(run([address('r-1'), refused(code)]).ending).toMatchObject({ kind: 'judged', verdict })
  })

  it('does not take a page for a receipt', () => {
    expect(run([address('r-1'), { text: '<html>' }]).ending).toMatchObject({ stop: { why: 'unreadable' } })
  })
})

describe('an upload that an earlier start had begun', () => {
  it.each(['FileUploaded', 'InProgress', 'Completed', 'CompletedWithErrors', 'Failed', 'Resting'])(
    'is followed when it is %s',
    (status) => {
      const played = run([state(status)], job('r-0'))
      expect(played.requests.map(({ path }) => path)).toEqual(['/Bulk/v13/BulkUploadStatus/Query'])
      expect(played.requests[0]?.body).toEqual({ json: { RequestId: 'r-0' } })
      expect(endOf(played)).toMatchObject({ kind: 'pending', job: job('r-0') })
      expect(played.kept).toEqual([])
    },
  )

  it.each([
    ['never got its file', state('PendingFileUpload')],
    ['is not known', refused(4201)],
  ])('is begun again when it %s', (_what, answer) => {
    const played = run([answer, address('r-1'), received], job('r-0'))
    expect(played.kept).toEqual([job('r-1')])
  })

  it('stops when what was kept is not ours', () => {
    expect(run([], 'r-0').ending).toMatchObject({ stop: { why: 'unreadable' } })
  })
})

describe('a look at an upload', () => {
  const look = (answers: readonly Answer[], missed = 0) => play(() => confirm(job('r-1', missed), at), answers, judge)
  const resultUrl = 'https://results.example/r-1.zip?signature=1'
  const withErrors = state('CompletedWithErrors', { ResultFileUrl: resultUrl })
  const head = 'Type,Status,Id,Parent Id,Client Id,Error,Error Number'
  const file = (...lines: string[]): Answer => ({ text: `\uFEFF${[head, ...lines].join('\r\n')}\r\n` })
  const itemError = (ref: string, name: string, number: number) =>
    `Customer List Item Error,,,998877665544332211,${ref},${name},${number}`
  const applied = { kind: 'applied' }

  it.each(['PendingFileUpload', 'FileUploaded', 'InProgress', 'Resting'])('waits while it is %s', (status) => {
    expect(endOf(look([state(status)]))).toMatchObject({ kind: 'pending', job: job('r-1') })
  })

  it('that is completed: everybody is applied', () => {
    expect(endOf(look([state('Completed')]))).toMatchObject({ kind: 'each', otherwise: applied })
  })

  it('that is completed and names an error: nobody is', () => {
    const odd = state('Completed', { Errors: [{ Code: 4200, ErrorCode: 'Odd', Message: '' }] })
    expect(endOf(look([odd]))).toMatchObject({ otherwise: { kind: 'unknown' } })
  })

  it('with errors rejects those whom the result names by the ref that was sent, and fetches it without credentials', () => {
    const lines = [
      'Format Version,,,,,,',
      itemError('7', 'EmailMustBeHashed', 8004),
      itemError('8', 'InternalError', 0),
    ]
    const played = look([withErrors, file(...lines)])
    expect(played.requests[1]).toMatchObject({ method: 'GET', path: resultUrl, host: 'foreign' })
    expect(endOfBatch(played)).toEqual({
      kind: 'each',
      by: 'ref',
      otherwise: applied,
      except: new Map([
        ['7', { kind: 'rejected', code: 'EmailMustBeHashed', reason: 'EmailMustBeHashed (8004)' }],
        ['8', { kind: 'unknown', reason: 'InternalError (0)' }],
      ]),
    })
  })

  it.each([
    ['no URL', [state('CompletedWithErrors')]],
    ['a result that names nobody', [withErrors, file()]],
    ['an error without a ref', [withErrors, file(itemError('7', 'X', 1), itemError('', 'X', 1))]],
    ['an error of another kind', [withErrors, file(itemError('7', 'X', 1), 'Account Error,,,,,X,1')]],
    ['a page', [withErrors, { text: '<html>' }]],
    ['a damaged table', [withErrors, { text: `${head}\r\n"cut` }]],
  ])('with errors leaves everybody else unknown with %s', (_what, answers) => {
    expect(endOfBatch(look(answers))).toMatchObject({ kind: 'each', otherwise: { kind: 'unknown' } })
  })

  it('asks again when the result is gone, and not for ever', () => {
    const gone: Answer = { status: 403, text: '<Error/>' }
    expect(endOf(look([withErrors, gone]))).toMatchObject({ kind: 'pending', job: job('r-1', 1) })
    expect(endOf(look([withErrors, gone], 4))).toMatchObject({ kind: 'each', otherwise: { kind: 'unknown' } })
  })

  it.each([
    ['InvalidCustomerListId', 8000, 'list-missing'],
    ['InvalidAudienceId', 4835, 'list-missing'],
    ['BulkServiceEntityNotFound', 4202, 'list-missing'],
    ['CustomerListTermsAndConditionsNotAccepted', 8003, 'terms'],
  ])('stops when the list is refused with %s', (name, number, why) => {
    const answer = file(`Customer List Error,,998877665544332211,,,${name},${number}`, itemError('7', name, number))
    expect(look([withErrors, answer]).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it('rejects everybody when the list is refused for another reason', () => {
    const answer = file('Customer List Error,,998877665544332211,,,Odd,9999')
    expect(endOfBatch(look([withErrors, answer]))).toMatchObject({ otherwise: { kind: 'rejected', code: 'Odd' } })
  })

  const failed = (...codes: number[]) =>
    state('Failed', { Errors: codes.map((Code) => ({ Code, ErrorCode: 'Name', Message: 'words', Details: null })) })
  it.each([
    ['without a reason', failed()],
    ['by an internal error', failed(0)],
    ['for a token of its own', failed(109)],
    ['for too many calls', failed(4204)],
  ])('that failed %s leaves everybody unknown', (_what, answer) => {
    expect(endOf(look([answer]))).toMatchObject({ kind: 'each', otherwise: { kind: 'unknown' } })
  })

  it('that failed for a reason that a person can act on stops', () => {
    expect(look([failed(8003)]).ending).toMatchObject({ stop: { why: 'terms' } })
  })

  it('is halved when the file has too many rows, and stops for one of the wrong format', () => {
    expect(endOf(look([state('UploadFileRowCountExceeded')]))).toMatchObject({ kind: 'split' })
    expect(look([state('UploadFileFormatNotSupported')]).ending).toMatchObject({ stop: { why: 'bad-request' } })
  })

  it('leaves everybody unknown when Microsoft Advertising has forgotten it', () => {
    expect(endOf(look([refused(4201)]))).toMatchObject({ kind: 'each', otherwise: { kind: 'unknown' } })
  })

  it.each([109, 117])('is asked again when the call itself is refused with %i', (code) => {
    expect(look([refused(code)]).ending).toMatchObject({ kind: 'judged' })
  })
})

describe('the hosts', () => {
  const secret = { clientId: 'app', clientSecret: 'hush', developerToken: 'dev' }

  it('of uploads get the token in its own header, and no Authorization', () => {
    expect(microsoftAdvertising.hosts.upload?.headers(secret, 'tok', settings)).toEqual({
      AuthenticationToken: 'tok',
      DeveloperToken: 'dev',
      CustomerId: '11',
      AccountId: '22',
      CustomerAccountId: '22',
    })
  })

  it('take the errors of a job for the job’s, not for the call’s', () => {
    expect(judge(replyOf(state('Failed', { Errors: [{ Code: 109 }] })))).toBeUndefined()
  })
})
