/** The only list of the simulated vendors. */
import { type CampaignMonitorSettings, campaignMonitor } from './campaign-monitor/simulator.ts'
import { type DotdigitalSettings, dotdigital } from './dotdigital/simulator.ts'
import type { VendorDefinition } from './frame/vendor.ts'
import { type IterableSettings, iterable } from './iterable/simulator.ts'
import { type MicrosoftAdvertisingSettings, microsoftAdvertising } from './microsoft-advertising/simulator.ts'
import { type SendGridSettings, sendGrid } from './sendgrid/simulator.ts'
import { webhook } from './webhook/simulator.ts'

export const sandboxVendors = [
  'campaign-monitor',
  'dotdigital',
  'iterable',
  'microsoft-advertising',
  'sendgrid',
  'webhook',
] as const
export type SandboxVendor = (typeof sandboxVendors)[number]

export interface VendorSettings {
  readonly 'campaign-monitor'?: CampaignMonitorSettings
  readonly dotdigital?: DotdigitalSettings
  readonly iterable?: IterableSettings
  readonly 'microsoft-advertising'?: MicrosoftAdvertisingSettings
  readonly sendgrid?: SendGridSettings
}

export const vendorDefinitions = (settings: VendorSettings): Record<SandboxVendor, VendorDefinition> => ({
  'campaign-monitor': campaignMonitor(settings['campaign-monitor'] ?? {}),
  dotdigital: dotdigital(settings.dotdigital ?? {}),
  iterable: iterable(settings.iterable ?? {}),
  'microsoft-advertising': microsoftAdvertising(settings['microsoft-advertising'] ?? {}),
  sendgrid: sendGrid(settings.sendgrid ?? {}),
  webhook,
})

/** Builds a value for every vendor. */
export const forEachVendor = <T>(of: (vendor: SandboxVendor) => T): Record<SandboxVendor, T> => ({
  'campaign-monitor': of('campaign-monitor'),
  dotdigital: of('dotdigital'),
  iterable: of('iterable'),
  'microsoft-advertising': of('microsoft-advertising'),
  sendgrid: of('sendgrid'),
  webhook: of('webhook'),
})

/** For those who do not mind which ports the vendors are given. */
export const anyPorts: Readonly<Record<SandboxVendor, number>> = forEachVendor(() => 0)
