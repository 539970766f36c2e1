import { expect, test } from 'vitest'
import { virtualClock } from '../delivery/fixtures/virtual-clock.ts'
import { openRates } from '../delivery/rates.ts'
import { destinationOf } from '../destinations/index.ts'
import { rateAccountOf } from './rate-account.ts'

const sendgrid = destinationOf('sendgrid')
const microsoft = destinationOf('microsoft-advertising')
const nowhere = { settings: {}, found: {} }
const customer = (customerId: string, accountId: string) => ({ settings: { customerId, accountId }, found: {} })

test('two connections with one key share the account, in whatever order the credentials stand', () => {
  const one = rateAccountOf(sendgrid, nowhere, { apiKey: 'SG.1234567', other: 'x' })
  expect(rateAccountOf(sendgrid, nowhere, { other: 'x', apiKey: 'SG.1234567' })).toBe(one)
  expect(rateAccountOf(sendgrid, nowhere, { apiKey: 'SG.7654321', other: 'x' })).not.toBe(one)
  expect(one).not.toContain('SG.1234567')
})

test('what settings tell of the account counts more than the credentials', () => {
  const one = rateAccountOf(microsoft, customer('1', '10'), { clientId: 'a' })
  expect(rateAccountOf(microsoft, customer('1', '11'), { clientId: 'b' })).toBe(one)
  expect(rateAccountOf(microsoft, customer('2', '10'), { clientId: 'a' })).not.toBe(one)
  expect(rateAccountOf(microsoft, nowhere, { clientId: 'a' })).not.toBe(
    rateAccountOf(microsoft, nowhere, { clientId: 'b' }),
  )
})

test('two destinations never share one', () => {
  expect(rateAccountOf(microsoft, nowhere, { key: 'a' })).not.toBe(rateAccountOf(sendgrid, nowhere, { key: 'a' }))
})

test('connections of one account have one rate together', async () => {
  const clock = virtualClock()
  const rates = openRates(clock)
  const never = new AbortController().signal
  const rate = { calls: 10, perMs: 1000 }
  const accounts = [1, 2].map(() => rateAccountOf(sendgrid, nowhere, { apiKey: 'SG.1234567' }))
  await Promise.all(accounts.flatMap((key) => Array.from({ length: 10 }, () => rates.take(key, rate, never))))
  expect(clock.elapsed()).toBeGreaterThanOrEqual(1000)
})
