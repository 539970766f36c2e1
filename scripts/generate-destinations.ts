/** Makes docs/destinations/ from the definitions: what each service asks, takes and allows, and what becomes of its refusals. */
import type { Limit, MatchField } from '../src/destination-kit/fields.ts'
import type { AnyDestination, Operation } from '../src/destination-kit/kit.ts'
import { errorsOf, sharedErrors } from './generate-refusals.ts'
import { type Cells, grouped, lasting, table } from './markdown.ts'

type Route = Operation<string, string>
// ── what it asks and takes ──────────────────────────────────────────────────────────────────────────
const choices = (oneOf: readonly string[] | undefined): string =>
  oneOf === undefined ? '' : ` One of ${oneOf.map((one) => `\`${one}\``).join(', ')}.`

const credentials = ({ credentials: asked, oauth }: AnyDestination): string => {
  const rows = Object.entries(asked).map(([name, { label, help = '', oneOf }]) => [
    `\`${name}\``,
    label,
    `${help}${choices(oneOf)}`,
  ])
  const signIn =
    oauth === undefined
      ? []
      : [
          `People sign in at the service${oauth.unless === undefined ? '' : `, unless \`${oauth.unless}\` is given`}. Asked for: \`${oauth.scope}\`.`,
        ]
  return [table(['credential', 'label', 'where it is found'], rows), ...signIn].join('\n\n')
}

const settings = (destination: AnyDestination, of: 'connection' | 'export'): string => {
  const rows = Object.entries(destination.settings)
    .filter(([, setting]) => setting.of === of)
    .map(([name, { label, help = '', oneOf, default: usual }]) => [
      `\`${name}\``,
      label,
      usual === undefined ? 'yes' : `no (${usual === '' ? 'empty' : `\`${usual}\``})`,
      `${help}${choices(oneOf)}`,
    ])
  return rows.length === 0 ? 'No settings.' : table(['setting', 'label', 'required', 'what it is'], rows)
}

const listOf = ({ listWord, ensureList, defaultList }: AnyDestination): string => {
  if (ensureList !== undefined)
    return `An ${listWord} is found or made for each segment, named as the segment.`.replace(/^An (?=[^aeiou])/, 'A ')
  const usual =
    defaultList === undefined ? '' : `; without, it is the one that the connection names (\`${defaultList}\`)`
  return `An export names one ${listWord} that is there${usual}. None is ever made.`
}

const after = { cleared: 'cleared', kept: 'what it was before', empty: 'an empty text' } as const

const fieldRow = ({ name, label, kind = 'text', max, required }: MatchField): Cells => [
  `\`${name}\``,
  label,
  kind,
  required === true ? 'required' : 'optional',
  max === undefined ? '' : `${grouped(max.value)} characters`,
]

const matching = (destination: AnyDestination): string => {
  const { identifier, fields, accountFields, ensureFields, fieldsPerList, blanks } = destination
  const hashed =
    identifier.hash === undefined
      ? ''
      : `, sent as the ${identifier.hash.replace('sha', 'SHA-')} of the trimmed address in lower case`
  const rows: Cells[] = [
    ['', identifier.label, `address${hashed}`, 'required: names the person', ''],
    ...fields.map(fieldRow),
  ]
  const own =
    accountFields === undefined
      ? ensureFields === undefined
        ? 'Nothing else can be matched.'
        : 'Beyond these, a field of any name can be matched.'
      : `Beyond these, ${fieldsPerList === true ? 'the fields of the list' : 'the account’s own fields'} can be matched: \`sund connections fields\` lists them.`
  const missing =
    accountFields === undefined
      ? ''
      : ensureFields === undefined
        ? ' One that is there no more stops the run.'
        : ' One that is missing is made before the first call.'
  const empty =
    blanks === undefined
      ? []
      : [
          `Sent for somebody without a value, a field is ${after[blanks.none]} afterwards; sent as an empty text, ${after[blanks.empty]}. One that is not matched is never sent.`,
        ]
  return [table(['field', 'label', 'takes', '', 'at most'], rows), `${own}${missing}`, ...empty].join('\n\n')
}

// ── what it does ────────────────────────────────────────────────────────────────────────────────────
const routeName = (side: 'add' | 'remove', { over, for: whom }: Route): string =>
  [side === 'add' ? 'add and update' : 'remove', over === undefined ? '' : `over ${grouped(over)} people`, whom ?? '']
    .filter((part) => part !== '')
    .join(', ')

const routesOf = ({ add, remove }: AnyDestination) => [
  ...add.map((route) => ({ name: routeName('add', route), writes: true, route })),
  ...remove.map((route) => ({ name: routeName('remove', route), writes: false, route })),
]

const operations = (destination: AnyDestination): string => {
  const { listWord, members, ensureList, ensureFields, add, remove } = destination
  const can: readonly (readonly [string, boolean, string])[] = [
    ['put people on', add.length > 0, 'who is there already is updated'],
    ['take people off', remove.length > 0, `off this ${listWord} alone`],
    ['say what became of each', true, 'applied, rejected or unknown'],
    [
      `read who is on it before the first run`,
      members !== undefined,
      members === undefined
        ? 'an administrator decides: `sund lists decide`'
        : 'nobody who was there before is ever taken off',
    ],
    [`make the ${listWord}`, ensureList !== undefined, ''],
    ['make fields that are missing', ensureFields !== undefined, ''],
    [
      'follow jobs',
      add.some(({ confirm }) => confirm !== undefined),
      add.some(({ confirm }) => confirm !== undefined)
        ? 'in another process too, after a crash'
        : 'its calls are done when they are answered',
    ],
    [
      'send files of any size',
      add.some(({ bulk }) => bulk === true),
      add.some(({ bulk }) => bulk === true) ? 'written and read piece by piece' : '',
    ],
    [
      'bring back whom Sund took off',
      true,
      add.some((route) => route.for === 'returners') ? 'by a route of their own' : 'like anybody else',
    ],
  ]
  return table(
    ['', '', ''],
    can.map(([what, yes, how]) => [what, yes ? 'yes' : 'no', how]),
  )
}

/** Of a call that is full, with nobody among its people whose id at the vendor is not known. */
const requestsOf = ({ max, requests }: Operation<string, string>): number => {
  const all = requests(max.value, 0)
  return typeof all === 'number' ? all : Object.values(all).reduce((sum, ofBucket) => sum + ofBucket, 0)
}

const routes = (destination: AnyDestination): string =>
  table(
    ['route', 'people in a call', 'bytes', 'in flight', 'jobs at once', 'requests of a full call', 'clears fields'],
    routesOf(destination).map(({ name, writes, route }) => [
      name,
      grouped(route.max.value),
      route.bytes === undefined ? '' : grouped(route.bytes.value),
      String(route.parallel),
      route.jobs === undefined ? (route.confirm === undefined ? 'no jobs' : 'no limit') : grouped(route.jobs.value),
      grouped(requestsOf(route)),
      writes ? (destination.blanks === undefined || route.clears === false ? 'no' : 'yes') : '',
    ]),
  )

const limitsOf = (destination: AnyDestination): (readonly [string, string, Limit])[] => {
  const { people, rates, members, fields } = destination
  return [
    ...(people === undefined
      ? []
      : [
          [
            `people over an ${people.over}`.replace('an c', 'all exports of a c'),
            grouped(people.value),
            people,
          ] as const,
        ]),
    ...Object.entries(rates).map(
      ([name, { calls, per }]) =>
        [`rate \`${name}\``, `${grouped(calls.value)} in any ${lasting(per).replace(/^1 /, '')}`, calls] as const,
    ),
    ...routesOf(destination).flatMap(({ name, route: { max, bytes, jobs, settles } }) => [
      [`${name}: people in a call`, grouped(max.value), max] as const,
      ...(bytes === undefined ? [] : [[`${name}: bytes in a call`, grouped(bytes.value), bytes] as const]),
      ...(jobs === undefined ? [] : [[`${name}: jobs at once`, grouped(jobs.value), jobs] as const]),
      [`${name}: a late call cannot work any more after`, lasting(settles.value), settles] as const,
    ]),
    ...(members === undefined
      ? []
      : [['reading a list: given up after', lasting(members.settles.value), members.settles] as const]),
    ...fields.flatMap(({ name, max }) =>
      max === undefined ? [] : [[`\`${name}\``, `${grouped(max.value)} characters`, max] as const],
    ),
  ]
}

const limits = (destination: AnyDestination): string =>
  table(
    ['limit', 'is', 'how it is known', 'source', 'checked'],
    limitsOf(destination).map(([what, value, { kind, source, checked }]) => [
      what,
      value,
      kind,
      `[${new URL(source).hostname}](${source})`,
      checked,
    ]),
  )

/** The text of docs/destinations/<slug>.md. `gotchas`: what is written by hand, beside the definition. Throws Error for a refusal of which nothing says what becomes of it. */
export const destinationPage = (destination: AnyDestination, gotchas: string): string =>
  [
    `# ${destination.name}`,
    `Made from \`src/destinations/${destination.id}.ts\` by \`scripts/generate.ts\`: change that, not this file. Only [Good to know](#good-to-know) is written by hand, in \`src/destinations/${destination.id}/gotchas.md\`. Its slug is \`${destination.id}\`, its word for a list is *${destination.listWord}*.`,
    '## Good to know',
    gotchas.trim() || 'Nothing beyond what follows.',
    '## What a connection asks',
    credentials(destination),
    settings(destination, 'connection'),
    '## What an export asks',
    listOf(destination),
    settings(destination, 'export'),
    '## Data matching',
    matching(destination),
    '## What it can do',
    operations(destination),
    '## Routes',
    'A run takes the route with the highest number of people that it is over. A call holds as many people as both limits allow.',
    routes(destination),
    '## Limits and rates',
    '*documented*: the vendor says so. *measured*: read off recorded traffic. *assumed*: nobody says, so it is set with care. Rates are of the vendor account and shared by all that Sund sends to it.',
    limits(destination),
    '## Errors',
    errorsOf(destination),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n')

/** The text of docs/destinations/README.md. */
export const destinationIndex = (destinations: readonly AnyDestination[]): string => {
  const most = (route: Route | undefined): string => (route === undefined ? '' : grouped(route.max.value))
  const largest = (side: readonly Route[]): string => most([...side].sort((a, b) => b.max.value - a.max.value)[0])
  return [
    '# Destinations',
    'The services that Sund keeps lists at. Made from their definitions by `scripts/generate.ts`, as each page is; `npm run check` says when one is stale. Another service: [adding a destination](../adding-a-destination.md). To try them without an account: [the sandbox](../sandbox.md).',
    table(
      [
        'service',
        'slug',
        'its word',
        'lists',
        'people at most',
        'added in a call',
        'taken off in a call',
        'reads who is there',
      ],
      destinations.map((one) => [
        `[${one.name}](${one.id}.md)`,
        `\`${one.id}\``,
        one.listWord,
        one.ensureList === undefined ? 'named' : 'made for each segment',
        one.people === undefined
          ? 'no limit'
          : `${grouped(one.people.value)} over ${one.people.over === 'export' ? 'an export' : 'all exports of a connection'}`,
        largest(one.add),
        largest(one.remove),
        one.members === undefined ? 'no' : 'yes',
      ]),
    ),
    'A contract may allow less: a connection can hold a limit of its own.',
    '## Errors',
    'What every service’s answers come to where it has no code of its own for it. An answer that is not understood is never taken for success.',
    sharedErrors(destinations),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n')
}
