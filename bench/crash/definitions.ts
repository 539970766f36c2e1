/** The crash bench's exports: everybody with an address, to one list at each vendor; in the order in which they are killed at. */
import type { DemoExport } from '../../demo/definitions.ts'
import type { Rule } from '../../src/domain/rule.ts'

export const SEGMENT = 'Everybody'

export const segments: readonly { readonly name: string; readonly rule: Rule }[] = [
  { name: SEGMENT, rule: { field: 'Email', op: 'is present' } },
]

/** Quick vendors first: those that take few requests for everybody. */
export const exports: readonly DemoExport[] = [
  {
    name: 'Microsoft Advertising',
    destination: 'microsoft-advertising',
    segments: [SEGMENT],
    matching: { identifier: 'Email', fields: {} },
  },
  {
    name: 'Iterable',
    destination: 'iterable',
    segments: [SEGMENT],
    matching: { identifier: 'Email', fields: { firstName: 'FirstName', city: 'City' } },
  },
  {
    // The connection names the list.
    name: 'Dotdigital',
    destination: 'dotdigital',
    segments: [SEGMENT],
    matching: { identifier: 'Email', fields: { FIRSTNAME: 'FirstName', LASTNAME: 'LastName' } },
  },
  {
    name: 'Campaign Monitor',
    destination: 'campaign-monitor',
    segments: [SEGMENT],
    list: SEGMENT,
    matching: { identifier: 'Email', fields: { Name: 'FirstName', '[City]': 'City' } },
  },
  {
    name: 'SendGrid',
    destination: 'sendgrid',
    segments: [SEGMENT],
    list: SEGMENT,
    matching: { identifier: 'Email', fields: { first_name: 'FirstName', last_name: 'LastName', city: 'City' } },
  },
]

/** Records in one call, so that a run has many. */
export const MAX_RECORDS = 1000
