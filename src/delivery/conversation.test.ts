import { describe, expect, test } from 'vitest'
import { type Reply, type Request, Stop, send, type Talk } from '../destination-kit/kit.ts'
import { converse } from './conversation.ts'
import { BrokenTalk, LostOnce, VendorDown } from './failures.ts'

const never = new AbortController().signal
const reply = (text: string): Reply => ({
  status: 200,
  text,
  header: () => undefined,
  json: () => {
    throw new Error('not asked for')
  },
})
const answering = (answer: (request: Request) => Promise<Reply>) => ({ ask: answer })
const echo = answering(async ({ path }) => reply(path))
const none: readonly string[] = []
const get = (path: string): Request => ({ method: 'GET', path })

describe('converse', () => {
  test('asks what the talk yields and gives back what it returns', async () => {
    const talk = function* (): Talk<string> {
      const first = yield* send(get('/1'))
      const second = yield* send(get(`${first.text}/2`))
      return second.text
    }
    expect(await converse(talk, echo, never)).toBe('/1/2')
  })

  test('a talk that asks nothing is fine', async () => {
    const talk = function* (): Talk<number> {
      for (const path of none) yield* send(get(path))
      return 7
    }
    expect(await converse(talk, echo, never)).toBe(7)
  })

  test('many talks at once do not take each other for a mistake', async () => {
    const slow = answering(async ({ path }) => {
      await new Promise((done) => setImmediate(done))
      return reply(path)
    })
    const talk = function* (): Talk<number> {
      for (let i = 0; i < 5; i++) yield* send(get(`/${i}`))
      return 5
    }
    expect(await Promise.all(Array.from({ length: 20 }, () => converse(talk, slow, never)))).toEqual(Array(20).fill(5))
  })

  const forgetful: [string, () => Talk<number>][] = [
    [
      'before the end',
      function* () {
        for (const path of none) yield* send(get(path))
        send(get('/forgotten'))
        return 1
      },
    ],
    [
      'between two that were not forgotten',
      function* () {
        yield* send(get('/1'))
        send(get('/forgotten'))
        yield* send(get('/2'))
        return 1
      },
    ],
    [
      'before the talk begins',
      () => {
        send(get('/forgotten'))
        return (function* (): Talk<number> {
          yield* send(get('/1'))
          return 1
        })()
      },
    ],
  ]
  test.each(forgetful)('a forgotten yield* %s is an error', async (_where, talk) => {
    await expect(converse(talk, echo, never)).rejects.toThrow(BrokenTalk)
  })

  test('a talk starts again when an answer that must not be asked for twice was lost', async () => {
    let made = 0
    const losing = answering(async ({ path }) => {
      if (path === '/make' && ++made === 1) throw new LostOnce('cut')
      return reply(path === '/find' && made > 0 ? 'found' : 'none')
    })
    const talk = function* (): Talk<string> {
      const found = yield* send(get('/find'))
      if (found.text === 'found') return 'it was made after all'
      yield* send({ ...get('/make'), once: true })
      return 'made'
    }
    expect(await converse(talk, losing, never)).toBe('it was made after all')
    expect(made).toBe(1)
  })

  test('but not for ever', async () => {
    let asked = 0
    const losing = answering(async () => {
      asked++
      throw new LostOnce('cut')
    })
    const talk = function* (): Talk<void> {
      yield* send(get('/'))
    }
    await expect(converse(talk, losing, never)).rejects.toThrow(VendorDown)
    expect(asked).toBe(8)
  })

  test('a Stop goes through, any other error of a talk is a broken talk whose words are not shown', async () => {
    const stopping = function* (): Talk<void> {
      yield* send(get('/'))
      throw new Stop('quota', 'full')
    }
    await expect(converse(stopping, echo, never)).rejects.toMatchObject({ why: 'quota' })
    const broken = function* (): Talk<unknown> {
      const { text } = yield* send(get('Kari Nordmann'))
      return JSON.parse(text)
    }
    const failure = converse(broken, echo, never)
    await expect(failure).rejects.toThrow(BrokenTalk)
    await expect(failure).rejects.toThrow('SyntaxError')
    await expect(failure).rejects.not.toThrow('Kari')
  })
})
