import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { met, type Operation, type Row, Stop, send, type Talk } from './kit.ts'
import { bodyText, endOf, play, playBatch, replyOf } from './play.ts'
import { applied, each, jsonRows, pending, rejected, split } from './words.ts'

const body = z.object({ n: z.number() })

function* twice(): Talk<number> {
  const first = yield* send({ method: 'GET', path: '/a' })
  const second = yield* send({ method: 'GET', path: '/b', expect: [404] })
  return first.json(body).n + second.status
}

describe('play', () => {
  it('gives the requests and the end', () => {
    const played = play(twice, [{ json: { n: 1 } }, { status: 404 }])
    expect(played.requests.map((request) => request.path)).toEqual(['/a', '/b'])
    expect(endOf(played)).toBe(405)
  })

  it('gives the members that a talk met', () => {
    const reading = function* (): Talk<string> {
      yield* met([{ identifier: 'a' }])
      yield* met([{ identifier: 'b', remoteId: '7' }])
      return 'done'
    }
    expect(play(reading, []).members).toEqual([{ identifier: 'a' }, { identifier: 'b', remoteId: '7' }])
  })

  it('gives a Stop as an ending', () => {
    const played = play(twice, [{ text: 'not json' }, {}])
    expect(played.ending).toMatchObject({ kind: 'stopped', stop: { why: 'unreadable' } })
    expect(() => endOf(played)).toThrow(Stop)
  })

  it('works out answers from requests', () => {
    const played = play(twice, (request, number) => ({ json: { n: request.path === '/a' ? 10 + number : 0 } }))
    expect(endOf(played)).toBe(210)
  })

  it('notices an ask without yield*', () => {
    const forgetful = function* (): Talk<string> {
      send({ method: 'DELETE', path: '/lost' })
      yield* send({ method: 'GET', path: '/sent' })
      return 'done'
    }
    expect(() => play(forgetful, [{}])).toThrow('without yield*')
  })

  it('refuses to show a talk what the engine would keep from it', () => {
    expect(() => play(twice, [{ status: 404 }])).toThrow('never sees it')
  })

  it.each([
    ['too few', [{ json: { n: 1 } }]],
    ['too many', [{ json: { n: 1 } }, {}, {}]],
  ])('notices %s answers', (_which, answers) => {
    expect(() => play(twice, answers)).toThrow(/answer/)
  })

  it('ends with the verdict where the engine would act on it', () => {
    const played = play(twice, [{ status: 429 }], () => ({ kind: 'retry', after: 5 }))
    expect(played.ending).toEqual({ kind: 'judged', verdict: { kind: 'retry', after: 5 } })
    expect(() => endOf(played)).toThrow('judged')
  })

  it('lets a verdict of `pass` show a status that is not expected', () => {
    const talk = function* (): Talk<number> {
      return (yield* send({ method: 'GET', path: '/' })).status
    }
    expect(endOf(play(talk, [{ status: 500 }], () => ({ kind: 'pass' })))).toBe(500)
  })

  it('passes on what is neither a Stop nor expected', () => {
    const broken = function* (): Talk<number> {
      yield* send({ method: 'GET', path: '/' })
      throw new TypeError('a slip')
    }
    expect(() => play(broken, [{}])).toThrow(TypeError)
  })
})

describe('bodyText', () => {
  const row = (ref: string): Row => ({ ref, identifier: ref, fields: {}, text: `{"r":"${ref}"}` })
  it.each([
    [undefined, ''],
    [{ json: { a: 1 } }, '{"a":1}'],
    [{ form: { a: 'x y', b: '&' } }, 'a=x+y&b=%26'],
    [jsonRows('{"rows":[', [row('1'), row('2')], ']}'), '{"rows":[{"r":"1"},{"r":"2"}]}'],
  ])('writes %j', (given, text) => {
    expect(bodyText({ method: 'POST', path: '/', ...(given === undefined ? {} : { body: given }) })).toBe(text)
  })
})

describe('replyOf', () => {
  it('finds headers by any case', () => {
    expect(replyOf({ headers: { 'X-Left': '3' } }).header('x-left')).toBe('3')
  })
  it('refuses another shape', () => {
    expect(() => replyOf({ json: { n: 'one' } }).json(body)).toThrow(Stop)
  })
})

describe('playBatch', () => {
  const limit = { value: 10, source: 'https://example.com', checked: '2026-11-21', kind: 'assumed' } as const
  const at = { settings: {}, found: {}, list: { id: 'l', name: 'L' } }
  const rows = ['1', '2', '3', '4', '5'].map((ref) => ({ ref, identifier: `p${ref}`, fields: {}, text: `"${ref}"` }))

  const operation: Operation<never, never> = {
    max: limit,
    parallel: 1,
    settles: limit,
    requests: () => 1,
    row: () => '',
    *talk(batch) {
      const reply = yield* send({ method: 'POST', path: '/', body: jsonRows('[', batch, ']'), expect: [400] })
      if (reply.status === 400) return batch.length > 1 ? split('poisoned') : each(rejected('400', 'poison'))
      return pending('job', { after: 1, known: new Map([[batch[0]?.ref ?? '', applied]]), by: 'ref' })
    },
    *confirm(job) {
      const reply = yield* send({ method: 'GET', path: `/${job}` })
      return reply.text === 'done' ? each(applied) : pending(job, { after: 1 })
    },
  }

  it('halves until the poisoned record is alone, and follows jobs', () => {
    let looks = 0
    const fates = playBatch(operation, rows, at, (request) => {
      if (request.method === 'POST') return { status: bodyText(request).includes('"4"') ? 400 : 200 }
      return { text: looks++ % 2 === 0 ? 'working' : 'done' }
    })
    expect([...fates].map(([ref, fate]) => [ref, fate.kind])).toEqual([
      ['1', 'applied'],
      ['2', 'applied'],
      ['3', 'applied'],
      ['4', 'rejected'],
      ['5', 'applied'],
    ])
  })

  it('leaves a job that never ends unknown, save for what was known', () => {
    const fates = playBatch(operation, rows.slice(0, 2), at, () => ({ text: 'working' }))
    expect([...fates.values()].map((fate) => fate.kind)).toEqual(['applied', 'unknown'])
  })

  it('notices an ending that names a stranger', () => {
    const naming: Operation<never, never> = {
      ...operation,
      confirm: function* () {
        yield* send({ method: 'GET', path: '/' })
        return each(applied, new Map([['stranger', applied]]))
      },
      talk: operation.talk,
    }
    expect(() => playBatch(naming, rows, at, () => ({}))).toThrow('not of the batch')
  })
})
