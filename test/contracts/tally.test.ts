/** What counts as passed and as failed: deviations, those that are listed, and what was never met. */
import { expect, it } from 'vitest'
import type { Contract } from './contract.ts'
import { exchangedOf } from './fixtures/exchanged.ts'
import type { Listed } from './listed.ts'
import { Tally } from './tally.ts'

const contract: Contract = {
  origins: [],
  check: ({ path }) => ({
    operation: 'GET /x',
    deviations: path.endsWith('good')
      ? []
      : [
          { operation: 'GET /x', side: 'request', what: 'body.a is missing' },
          { operation: 'GET /x', side: 'answer 200', what: 'body.b is missing' },
        ],
  }),
}
const because = { reason: 'It is so.', source: 'https://docs.example.com' }
const tallied = (listed: readonly Listed[], paths: readonly string[], headers = {}, asked: readonly string[] = []) => {
  const tally = new Tally('vendor', contract, listed, asked)
  for (const path of paths) tally.take(exchangedOf('GET', path, { headers }))
  return tally.result()
}

it('counts requests and answers, and each deviation once however often it occurs', () => {
  expect(tallied([], ['/good', '/good'])).toMatchObject({ passed: 4, failed: 0 })
  expect(tallied([], ['/good', '/bad', '/bad'])).toMatchObject({ passed: 2, failed: 2 })
})

it('judges of what somebody else asked only the answer, and is not content with that', () => {
  const { passed, failed, lines } = tallied([], ['/bad'], { 'user-agent': 'browser' })
  expect({ passed, failed }).toEqual({ passed: 0, failed: 2 })
  expect(lines.join()).not.toContain('body.a')
  expect(lines).toContain('  FAILED: no request was validated')
})

it('takes what is listed, and tells why', () => {
  const listed = [{ line: 'GET /x | * | body.* is missing', ...because }]
  const { passed, failed, lines } = tallied(listed, ['/bad'])
  expect({ passed, failed }).toEqual({ passed: 2, failed: 0 })
  expect(lines.join('\n')).toContain('It is so. https://docs.example.com')
})

it('fails where what is listed occurs no more, or an operation was not met', () => {
  const listed = [{ line: 'GET /x | request | body.c is missing', ...because }]
  const { failed, lines } = tallied(listed, ['/good'], {}, ['GET /x', 'GET /y'])
  expect(failed).toBe(2)
  expect(lines).toEqual(
    expect.arrayContaining([
      '  FAILED: listed, but occurs no more: GET /x | request | body.c is missing',
      '  FAILED: no request was validated of GET /y',
    ]),
  )
})

it('finds an origin that is not declared', () => {
  const tally = new Tally('vendor', { ...contract, origins: ['https://a.example.com'] }, [])
  tally.take(exchangedOf('GET', '/good', {}))
  tally.reach(['https://a.example.com', 'https://b.example.com'])
  const { failed, lines } = tally.result()
  expect(failed).toBe(1)
  expect(lines.at(-1)).toContain('hosts | request | https://b.example.com is not declared')
})
