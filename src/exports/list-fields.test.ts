import { expect, it } from 'vitest'
import { campaignMonitor } from '../destinations/campaign-monitor.ts'
import { ownFields } from './list-fields.ts'

it('asks for the matched fields that not every list has, as they were matched', () => {
  const points = { name: '[Points]', label: 'Points', kind: 'number' } as const
  const city = { name: '[City]', label: '[City]' }
  expect(ownFields(campaignMonitor.fields, [{ name: 'Name', label: 'Name' }, city, points])).toEqual([city, points])
})
