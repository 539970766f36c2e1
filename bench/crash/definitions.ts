/** The crash bench's exports: everybody with an address, to one list at each vendor. */
import type { DemoExport } from '../../demo/definitions.ts'
import type { Rule } from '../../src/domain/rule.ts'

export const SEGMENT = 'Everybody'

export const segments: readonly { readonly name: string; readonly rule: Rule }[] = [
  { name: SEGMENT, rule: { field: 'Email', op: 'is present' } },
]

export const exports: readonly DemoExport[] = [
  {
    name: 'SendGrid',
    destination: 'sendgrid',
    segments: [SEGMENT],
    list: SEGMENT,
    matching: { identifier: 'Email', fields: { first_name: 'FirstName', last_name: 'LastName', city: 'City' } },
  },
  {
    name: 'Microsoft Advertising',
    destination: 'microsoft-advertising',
    segments: [SEGMENT],
    matching: { identifier: 'Email', fields: {} },
  },
]

/** Records in one call, so that a run has many. */
export const MAX_RECORDS = 1000
