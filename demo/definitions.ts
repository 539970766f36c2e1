/** What the demo sets up: sources, unification, segments and exports over the sample tables. */
import type { SandboxVendor } from '../sandbox/sandbox.ts'
import type { Matching } from '../src/domain/matching.ts'
import type { Rule } from '../src/domain/rule.ts'
import type { SourceTable } from '../src/domain/source.ts'
import type { Unification } from '../src/domain/unification.ts'

type Column = SourceTable['columns'][number]

const text = (...names: string[]): Column[] => names.map((name) => ({ name, type: 'text' }))
const email: Column = { name: 'EMail', type: 'text', semantic: 'email' }
const monthFirst = (name: string): Column => ({ name, type: 'date', dateForms: ['month-first', 'iso'] })
const iso = (name: string): Column => ({ name, type: 'date', dateForms: ['iso', 'month-first'] })
const number = (name: string): Column => ({ name, type: 'number' })
const boolean = (name: string): Column => ({ name, type: 'boolean' })

const table = (name: string, file: string, key: string, columns: Column[]): SourceTable => ({
  name,
  file,
  delimiter: ',',
  key,
  columns,
})

export const sources: readonly SourceTable[] = [
  table('Contact', 'Contact.csv', 'ContactId', [
    ...text('ContactId', 'FirstName', 'LastName', 'FullName', 'Gender', 'Telephone', 'PostCode', 'StreetAddress'),
    ...text('City', 'State', 'Country', 'Loyalty Tier', 'Occupation', 'CustomerSatisfaction'),
    email,
    monthFirst('DateOfBirth'),
    monthFirst('CreatedOn'),
    boolean('Email Subscriber'),
    number('Income'),
  ]),
  table('Loyalty', 'Customer-Loyalty.csv', 'LoyaltyId', [
    ...text('LoyaltyId', 'ContactId', 'FirstName', 'LastName', 'FullName', 'Gender', 'Telephone'),
    email,
    iso('DateOfBirth'),
    iso('CreatedOn'),
    number('RewardPoints'),
    boolean('CreditCard'),
  ]),
  table('OnlinePurchases', 'OnlinePurchases.csv', 'PurchaseId', [
    ...text('ContactId', 'PurchaseId', 'ProductId', 'ActivityTypeDisplay', 'Subject'),
    monthFirst('PurchasedOn'),
    number('TotalPrice'),
  ]),
  table('POSPurchases', 'POSPurchases.csv', 'PurchaseId', [
    ...text('LoyaltyId', 'PurchaseId', 'ProductId', 'ActivityTypeDisplay', 'Subject'),
    iso('PurchasedOn'),
    number('TotalPrice'),
    number('RewardPointsAdded'),
  ]),
  table('WebsiteReviews', 'WebsiteReviews.csv', 'ReviewId', [
    ...text('ReviewId', 'UserId', 'ReviewText', 'ActivityTypeDisplay'),
    monthFirst('ReviewDate'),
    number('ReviewRating'),
  ]),
]

type Field = Unification['fields'][number]

/** A field that both tables know, the contact's value first. */
const both = (name: string, type: Field['type'], column = name): Field => ({
  name,
  type,
  from: [
    { table: 'Contact', column },
    { table: 'Loyalty', column },
  ],
})
const ofContact = (name: string, type: Field['type'], column = name): Field => ({
  name,
  type,
  from: [{ table: 'Contact', column }],
})

export const unification: Unification = {
  tables: [
    { table: 'Contact', key: 'ContactId' },
    { table: 'Loyalty', key: 'LoyaltyId' },
  ],
  match: [
    {
      by: 'exact',
      columns: [
        { table: 'Contact', column: 'ContactId' },
        { table: 'Loyalty', column: 'ContactId' },
      ],
    },
    {
      by: 'email',
      columns: [
        { table: 'Contact', column: 'EMail' },
        { table: 'Loyalty', column: 'EMail' },
      ],
    },
  ],
  fields: [
    { ...both('Email', 'text', 'EMail'), identifier: 'email' },
    both('FirstName', 'text'),
    both('LastName', 'text'),
    both('FullName', 'text'),
    both('Gender', 'text'),
    both('DateOfBirth', 'date'),
    both('Telephone', 'text'),
    ofContact('PostCode', 'text'),
    ofContact('StreetAddress', 'text'),
    ofContact('City', 'text'),
    ofContact('State', 'text'),
    ofContact('Country', 'text'),
    ofContact('Loyalty Tier', 'text'),
    ofContact('Email Subscriber', 'boolean'),
    ofContact('Income', 'number'),
    { name: 'RewardPoints', type: 'number', from: [{ table: 'Loyalty', column: 'RewardPoints' }] },
  ],
}

export const segments: readonly { readonly name: string; readonly rule: Rule }[] = [
  {
    name: 'High tier subscribers',
    rule: {
      all: [
        { field: 'Loyalty Tier', op: 'is', value: 'high' },
        { field: 'Email Subscriber', op: 'is', value: true },
      ],
    },
  },
  { name: 'Californians', rule: { field: 'State', op: 'is', value: 'California' } },
  {
    name: 'Born in the eighties',
    rule: { field: 'DateOfBirth', op: 'between', values: ['1980-01-01', '1989-12-31'] },
  },
]

const byEmail: Matching = { identifier: 'Email', fields: {} }

export interface DemoExport {
  readonly name: string
  readonly destination: SandboxVendor
  readonly segments: readonly string[]
  readonly matching: Matching
  /**
   * One list that exists at the vendor, by name; absent where each segment gets a list of its own, or the connection
   * names the list.
   */
  readonly list?: string
}

export const exports: readonly DemoExport[] = [
  {
    name: 'Campaign Monitor subscribers',
    destination: 'campaign-monitor',
    segments: ['High tier subscribers'],
    list: 'High tier subscribers',
    matching: { ...byEmail, fields: { Name: 'FullName', '[City]': 'City', '[RewardPoints]': 'RewardPoints' } },
  },
  {
    name: 'Dotdigital address book',
    destination: 'dotdigital',
    segments: ['Born in the eighties'],
    matching: {
      ...byEmail,
      fields: {
        FIRSTNAME: 'FirstName',
        LASTNAME: 'LastName',
        FULLNAME: 'FullName',
        GENDER: 'Gender',
        POSTCODE: 'PostCode',
      },
    },
  },
  {
    name: 'SendGrid newsletter',
    destination: 'sendgrid',
    segments: ['High tier subscribers', 'Californians'],
    list: 'Newsletter',
    matching: {
      ...byEmail,
      fields: {
        first_name: 'FirstName',
        last_name: 'LastName',
        country: 'Country',
        state_province_region: 'State',
        city: 'City',
        postal_code: 'PostCode',
      },
    },
  },
  {
    name: 'Iterable lists',
    destination: 'iterable',
    segments: ['High tier subscribers', 'Californians', 'Born in the eighties'],
    matching: byEmail,
  },
  {
    name: 'Microsoft Advertising audiences',
    destination: 'microsoft-advertising',
    segments: ['High tier subscribers', 'Californians', 'Born in the eighties'],
    matching: byEmail,
  },
]
