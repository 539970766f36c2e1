import { describe, expect, test } from 'vitest'
import { grouped } from './grouped.ts'

/** A store whose writes end when they are let go. */
const rig = (refused: ReadonlySet<string> = new Set(), isOnes = true) => {
  const writes: string[][] = []
  const ends: (() => void)[] = []
  const write = async (items: readonly string[]): Promise<void> => {
    await new Promise<void>((resolve) => ends.push(resolve))
    const bad = items.find((item) => refused.has(item))
    if (bad !== undefined) throw new Error(`${bad} is refused`)
    writes.push([...items])
  }
  const add = grouped<string>(
    (item) => write([item]),
    (items) => write(items),
    () => isOnes,
  )
  const letGo = async (): Promise<void> => {
    for (let idle = 0; idle < 20; idle++) {
      const end = ends.shift()
      if (end !== undefined) idle = 0
      end?.()
      await Promise.resolve()
    }
  }
  return { writes, add, letGo }
}

describe('grouped writes', () => {
  test('what comes while one is written is written together, in order', async () => {
    const { writes, add, letGo } = rig()
    const all = Promise.all(['a', 'b', 'c'].map(add))
    await letGo()
    await all
    expect(writes).toEqual([['a'], ['b', 'c']])
  })

  test('one that is refused takes no other with it, and is told so', async () => {
    const { writes, add, letGo } = rig(new Set(['c']))
    const all = Promise.allSettled(['a', 'b', 'c', 'd'].map(add))
    await letGo()
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect(writes).toEqual([['a'], ['b'], ['d']])
  })

  test('a failure that is nobody’s own is told to all of them, and nothing is written again', async () => {
    const { writes, add, letGo } = rig(new Set(['c']), false)
    const all = Promise.allSettled(['a', 'b', 'c', 'd'].map(add))
    await letGo()
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected'])
    expect(writes).toEqual([['a']])
  })

  test('goes on after everything was refused', async () => {
    const { writes, add, letGo } = rig(new Set(['a']))
    const first = add('a').catch((error: Error) => error.message)
    await letGo()
    expect(await first).toBe('a is refused')
    const second = add('b')
    await letGo()
    await second
    expect(writes).toEqual([['b']])
  })
})
