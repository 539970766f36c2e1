import { expect, it } from 'vitest'
import { campaignMonitor } from '../destinations/campaign-monitor.ts'
import { microsoftAdvertising } from '../destinations/microsoft-advertising.ts'
import { sendgrid } from '../destinations/sendgrid.ts'
import { signInOf } from './ways.ts'

it.each([
  ['takes only a key', sendgrid, { apiKey: 'SG.x' }, false],
  ['knows only a sign-in', microsoftAdvertising, { clientId: 'x', apiKey: 'x' }, true],
  ['takes either, with a key', campaignMonitor, { apiKey: 'x', clientId: 'x', clientSecret: 'x' }, false],
  ['takes either, with an empty key', campaignMonitor, { apiKey: '', clientId: 'x', clientSecret: 'x' }, true],
  ['takes either, without a key', campaignMonitor, { clientId: 'x' }, true],
])('a connection to a service that %s', (_which, destination, credentials, signsIn) => {
  expect(signInOf(destination, credentials)).toBe(signsIn ? destination.oauth : undefined)
})
