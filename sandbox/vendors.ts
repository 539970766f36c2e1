/** The only list of the simulated vendors. */
import type { VendorDefinition } from './frame/vendor.ts'
import { type MicrosoftAdvertisingSettings, microsoftAdvertising } from './microsoft-advertising/simulator.ts'
import { type SendGridSettings, sendGrid } from './sendgrid/simulator.ts'

export const sandboxVendors = ['microsoft-advertising', 'sendgrid'] as const
export type SandboxVendor = (typeof sandboxVendors)[number]

export interface VendorSettings {
  readonly 'microsoft-advertising'?: MicrosoftAdvertisingSettings
  readonly sendgrid?: SendGridSettings
}

export const vendorDefinitions = (settings: VendorSettings): Record<SandboxVendor, VendorDefinition> => ({
  'microsoft-advertising': microsoftAdvertising(settings['microsoft-advertising'] ?? {}),
  sendgrid: sendGrid(settings.sendgrid ?? {}),
})

/** Builds a value for every vendor. */
export const forEachVendor = <T>(of: (vendor: SandboxVendor) => T): Record<SandboxVendor, T> => ({
  'microsoft-advertising': of('microsoft-advertising'),
  sendgrid: of('sendgrid'),
})
