/** The fault script: seeded, and drawn from each request alone. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import { type FaultSubject, faultKinds, faultSchema, openFaults } from './faults.ts'

const open = (share: number, seed: number) => openFaults(openDatabase(':memory:', faultSchema), { share, seed })
const subject = (number: number): FaultSubject => ({
  host: 'api',
  method: 'PUT',
  target: `/contacts?page=${number % 7}`,
  body: `{"n":${number}}`,
})
/** What each attempt at each request met. */
const drawn = (seed: number, order: readonly number[], share = 0.3): Map<string, string> => {
  const script = open(share, seed)
  const attempts = new Map<number, number>()
  return new Map(
    order.map((number) => {
      const attempt = (attempts.get(number) ?? 0) + 1
      attempts.set(number, attempt)
      return [`${number} attempt ${attempt}`, JSON.stringify(script.draw(subject(number)) ?? null)]
    }),
  )
}
const sorted = (met: ReadonlyMap<string, string>) => [...met].sort()
const numbers = Array.from({ length: 300 }, (_, index) => index % 100)

test('the same requests meet the same faults, in whatever order they come', () => {
  const met = sorted(drawn(1, numbers))
  fc.assert(
    fc.property(fc.shuffledSubarray(numbers, { minLength: numbers.length }), (order) => {
      expect(sorted(drawn(1, order))).toEqual(met)
    }),
    { numRuns: 20 },
  )
  expect(sorted(drawn(2, numbers))).not.toEqual(met)
})

test.each([
  ['method', { method: 'POST' }],
  ['target', { target: '/elsewhere' }],
  ['body', { body: 'another' }],
  ['host', { host: 'storage' }],
] as const)('another %s is another request', (_what, other) => {
  const [one, two] = [open(0.5, 1), open(0.5, 1)]
  const faults = (script: ReturnType<typeof open>, asked: FaultSubject) =>
    Array.from({ length: 40 }, () => script.draw(asked)?.form ?? -1)
  expect(faults(one, { ...subject(1), ...other })).not.toEqual(faults(two, subject(1)))
})

test('the share is kept, every kind comes, and a request that failed gets through like any other', () => {
  const script = open(0.2, 5)
  const kinds = new Set<string>()
  let [failed, again, failedAgain] = [0, 0, 0]
  const asked = 5000
  for (let number = 0; number < asked; number++) {
    const fault = script.draw(subject(number))
    if (fault === undefined) continue
    failed++
    kinds.add(fault.kind)
    again++
    if (script.draw(subject(number)) !== undefined) failedAgain++
  }
  expect(failed / asked).toBeGreaterThan(0.17)
  expect(failed / asked).toBeLessThan(0.23)
  expect(failedAgain / again).toBeGreaterThan(0.14)
  expect(failedAgain / again).toBeLessThan(0.26)
  expect(kinds).toEqual(new Set(faultKinds))
})
