import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Stop } from '../../src/destination-kit/kit.ts'
import { type Answer, bodyText, endOf, play, playBatch, rowsOf } from '../../src/destination-kit/play.ts'
import { pigeonPost } from './pigeon-post.ts'

const [add] = pigeonPost.add
const [remove] = pigeonPost.remove
if (add === undefined || add.bulk || remove === undefined || remove.bulk) throw new Error('a route each')

const at = { settings: {}, found: {}, list: { id: 'f/1', name: 'Doves' } }
const people = ['ada', 'bob', 'eve'].map((name, index) => ({
  ref: String(index + 1),
  identifier: `${name}@x.example`,
  fields: { name: name === 'eve' ? null : name },
}))
const landed = (taken: number, ...refused: object[]): Answer => ({ json: { state: 'landed', taken, refused } })
const later: Answer = { status: 202, json: { job: 'j1' } }

describe('joining', () => {
  it('sends who they are and what is matched, and clears what they do not have', () => {
    const rows = rowsOf(add, people, at)
    const [request] = play(() => add.talk(rows, at), [later], pigeonPost.judge).requests
    expect(request).toMatchObject({ method: 'POST', path: '/v1/flocks/f%2F1/birds' })
    expect(JSON.parse(bodyText(request ?? { method: 'GET', path: '' }))).toEqual({
      birds: [
        { ref: '1', email: 'ada@x.example', name: 'ada' },
        { ref: '2', email: 'bob@x.example', name: 'bob' },
        { ref: '3', email: 'eve@x.example', name: null },
      ],
    })
  })

  it.each<[string, Answer[], readonly string[]]>([
    ['once it landed', [{ json: { state: 'flying' } }, landed(3)], ['applied', 'applied', 'applied']],
    [
      'with a refusal of one',
      [landed(2, { ref: '2', code: 'OPTED_OUT', message: 'bob@x.example opted out' })],
      ['applied', 'rejected', 'applied'],
    ],
    ['with numbers that do not add up', [landed(2)], ['unknown', 'unknown', 'unknown']],
    ['when the job is lost', [{ json: { state: 'lost' } }], ['unknown', 'unknown', 'unknown']],
  ])('tells what became of everybody %s', (_when, looks, kinds) => {
    const answers = [later, ...looks]
    const fates = playBatch(add, rowsOf(add, people, at), at, () => answers.shift() ?? {}, pigeonPost.judge)
    expect([...fates.values()].map(({ kind }) => kind)).toEqual(kinds)
    expect(JSON.stringify([...fates.values()])).not.toContain('bob@')
  })

  it('finds the one whom Pigeon Post does not take by halving', () => {
    const sent = z.object({ birds: z.array(z.object({ email: z.string() })) })
    let count = 0
    const fates = playBatch(
      add,
      rowsOf(add, people, at).slice(0, 2),
      at,
      (request) => {
        if (request.method === 'GET') return landed(count)
        const { birds } = sent.parse(JSON.parse(bodyText(request)))
        count = birds.length
        return count > 1 ? { status: 400, json: { code: 'BAD_BIRD', message: 'no' } } : later
      },
      pigeonPost.judge,
    )
    expect([...fates.values()]).toEqual([{ kind: 'applied' }, { kind: 'applied' }])
  })
})

describe('leaving', () => {
  it.each<[string, object, readonly object[]]>([
    ['all there', { removed: 3, notThere: [] }, [{ kind: 'applied' }, { kind: 'applied' }, { kind: 'applied' }]],
    [
      'one gone before',
      { removed: 2, notThere: ['ada@x.example'] },
      [{ kind: 'applied', absent: true }, { kind: 'applied' }, { kind: 'applied' }],
    ],
  ])('%s', (_what, json, expected) => {
    const fates = playBatch(remove, rowsOf(remove, people, at), at, () => ({ json }), pigeonPost.judge)
    expect([...fates.values()]).toEqual(expected)
  })
})

it('stops where the contract is used up, and says so', () => {
  const full: Answer = { status: 400, json: { code: 'CONTRACT_FULL', message: '500 of 500' } }
  const { ending } = play(() => add.talk(rowsOf(add, people, at), at), [full], pigeonPost.judge)
  expect(ending).toEqual({ kind: 'stopped', stop: expect.any(Stop) })
})

it('knows a flock that is gone from one that is there', () => {
  expect(endOf(play(() => pigeonPost.list('f1', at), [{ status: 404 }]))).toBeUndefined()
  const there = { json: { id: 'f1', name: 'Doves', birds: 7 } }
  expect(endOf(play(() => pigeonPost.list('f1', at), [there]))).toEqual({ id: 'f1', name: 'Doves', size: 7 })
})

it('is what the page about adding a destination shows', async () => {
  const read = async (path: string): Promise<string> => await readFile(join(import.meta.dirname, path), 'utf8')
  const page = await read('../../docs/adding-a-destination.md')
  const code = (await read('pigeon-post.ts')).replaceAll('../../src/', '../')
  expect(page).toContain(`\`\`\`ts\n${code}\`\`\`\n`)
})
