/** The statistics of a list: every count that the vendor tells, of the day that is meant. */
import { afterEach, expect, it } from 'vitest'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, startBench } from '../test-bench.ts'

let bench: Bench
afterEach(async () => await bench.end())

const { apiKey, clientOfAccount } = exampleCredentials['campaign-monitor']
const headers = { authorization: `Basic ${btoa(`${apiKey}:x`)}` }
const ask = async (method: string, path: string, json?: unknown) =>
  (await bench.ask('campaign-monitor', method, path, { headers, ...(json === undefined ? {} : { json }) })).json

const PERIODS = ['Today', 'Yesterday', 'ThisWeek', 'ThisMonth', 'ThisYear']

it('tells who came and who went, in all and of late', async () => {
  bench = await startBench()
  const list = await ask('POST', `/api/v3.3/lists/${clientOfAccount}.json`, { Title: 'Counted' })
  const Subscribers = ['a@example.com', 'b@example.com', 'c@example.com'].map((EmailAddress) => ({
    EmailAddress,
    ConsentToTrack: 'Unchanged',
  }))
  await ask('POST', `/api/v3.3/subscribers/${list}/import.json`, { Subscribers })
  // The bench begins on a Monday.
  bench.pass(86_400)
  await ask('DELETE', `/api/v3.3/subscribers/${list}.json?email=a@example.com`)
  const stats = await ask('GET', `/api/v3.3/lists/${list}/stats.json`)
  expect(stats).toMatchObject({ TotalActiveSubscribers: 2, TotalDeleted: 1, TotalUnsubscribes: 0, TotalBounces: 0 })
  const told = (prefix: string) =>
    PERIODS.map((period) => new Map(Object.entries(stats ?? {})).get(`${prefix}${period}`))
  expect(told('NewActiveSubscribers')).toEqual([0, 2, 2, 2, 2])
  expect(told('Deleted')).toEqual([1, 0, 1, 1, 1])
  expect(told('Unsubscribes')).toEqual([0, 0, 0, 0, 0])
  expect(told('Bounces')).toEqual([0, 0, 0, 0, 0])
})
