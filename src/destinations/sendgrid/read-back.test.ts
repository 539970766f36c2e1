import { describe, expect, it } from 'vitest'
import { type Answer, endOf, play } from '../../destination-kit/play.ts'
import { sendgrid } from '../sendgrid.ts'
import { judge } from './answers.ts'

const { members } = sendgrid
const confirm = members?.confirm
if (members === undefined || confirm === undefined) throw new Error('SendGrid tells who is on a list, by a job')
const at = { settings: { region: 'us' }, found: {}, list: { id: 'list-1', name: 'Newsletter' } }
const look = (...answers: readonly Answer[]) => play(() => confirm('job-1', at), answers, judge)

const file = 'https://storage.example/export.csv.gz?signature=s'
const state = (more: object): Answer => ({
  json: { id: 'job-1', status: 'ready', urls: [file], contact_count: 2, ...more },
})
const table = (...rows: readonly string[]): Answer => ({
  text: ['EMAIL,FIRST_NAME,CONTACT_ID', ...rows, ''].join('\n'),
})
const ada = 'Ada@x.example,Ada,id-a'
const bob = 'bob@x.example,,id-b'
const gone: Answer = { status: 404, json: { errors: [{ message: 'not found' }] } }

describe('reading who is on a list', () => {
  it('asks for an export of this list alone, and waits for it', () => {
    const played = play(() => members.talk(at), [{ status: 202, json: { id: 'job-1' } }], judge)
    expect(played.requests).toEqual([
      {
        method: 'POST',
        path: '/v3/marketing/contacts/exports',
        rate: 'lists',
        body: { json: { list_ids: ['list-1'], file_type: 'csv', max_file_size: 500 } },
        expect: [404],
        reads: true,
      },
    ])
    expect(endOf(played)).toMatchObject({ kind: 'pending', job: 'job-1' })
  })

  it.each([
    ['an export of no list', () => members.talk({ ...at, list: { id: '../x', name: 'X' } }), [], 'list-missing'],
    ['a list that is gone', () => members.talk(at), [gone], 'list-missing'],
    ['an export whose id could reach elsewhere', () => members.talk(at), [{ json: { id: 'a/b' } }], 'unreadable'],
  ] as const)('stops at %s', (_what, talk, answers, why) => {
    expect(play(talk, answers, judge).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it.each([
    ['pending', state({ status: 'pending', urls: undefined })],
    ['in a status that we do not know', state({ status: 'resting' })],
    ['not known yet', gone],
  ])('waits while the export is %s', (_what, answer) => {
    expect(endOf(look(answer))).toMatchObject({ kind: 'pending', job: 'job-1' })
  })

  it('reads every file without our key, and gives SendGrid’s own count', () => {
    const second = 'https://storage.example/2.csv.gz'
    const answers = [state({ urls: [file, second], contact_count: 4 }), table(ada, ',By phone,id-p'), table(bob, bob)]
    const played = look(...answers)
    expect(played.requests).toMatchObject([
      { path: '/v3/marketing/contacts/exports/job-1' },
      { path: file, host: 'foreign' },
      { path: second, host: 'foreign' },
    ])
    expect(played.marks).toEqual(
      new Map([
        ['Ada@x.example', { kind: 'applied', remoteId: 'id-a' }],
        ['bob@x.example', { kind: 'applied', remoteId: 'id-b' }],
      ]),
    )
    expect(endOf(played)).toEqual({ kind: 'everybody', count: 4, nameless: 1 })
  })

  it('keeps somebody whose contact id could reach elsewhere, without it', () => {
    const played = look(state({ contact_count: 1 }), table('ada@x.example,Ada,"id-a,id-b"'))
    expect(played.marks).toEqual(new Map([['ada@x.example', { kind: 'applied' }]]))
  })

  it('reads an empty list', () => {
    expect(endOf(look(state({ contact_count: 0 }), table()))).toEqual({ kind: 'everybody', count: 0, nameless: 0 })
  })

  it.each<[string, readonly Answer[], RegExp]>([
    [
      'a failed export, without the addresses in its words',
      [state({ status: 'failure', message: 'a@x.example bad' })],
      /… bad/,
    ],
    ['no count', [state({ contact_count: undefined })], /does not say how many/],
    ['a file that has expired', [state({}), { status: 403, text: '<Error/>' }], /HTTP 403/],
    ['a file that is gone', [state({}), { status: 404, text: '<Error/>' }], /HTTP 404/],
    ['a file that is no table', [state({}), { text: '' }], /damaged or cut/],
    ['a file that ends in a quote', [state({}), table('"ada@x.example')], /damaged or cut/],
    ['a table without addresses', [state({}), { text: 'CONTACT_ID\nid-a\n' }], /lacks the addresses/],
    ['a table without contact ids', [state({}), { text: 'EMAIL\nada@x.example\n' }], /lacks the addresses or the IDs/],
    ['a line that is cut', [state({}), table('ada@x.example')], /lacks the addresses or the IDs/],
  ])('stops at %s', (_what, answers, words) => {
    expect(look(...answers).ending).toMatchObject({
      kind: 'stopped',
      stop: { why: 'unreadable', message: expect.stringMatching(words) },
    })
  })
})
