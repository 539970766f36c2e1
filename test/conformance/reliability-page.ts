/** The page that says which test shows which case at which destination. */
import type { AnyDestination } from '../../src/destination-kit/kit.ts'
import { type Case, type CaseId, caseIds, type Subject } from './case.ts'
import { casesOf } from './suites.ts'

/** What goes wrong, and what comes of it. */
const meanings: Readonly<Record<CaseId, string>> = {
  D1: 'A 429 with seconds, a date, nothing, a negative or an absurd time: waited for as told, within bounds',
  D2: 'Ten minutes of 429: few requests, and then everybody arrives',
  D3: 'A third of all requests end in 500, 502, 503 or 504: nobody is lost',
  D4: 'Out of reach: waited for, then given up. A certificate that is wrong: given up at once',
  D5: 'A request is not received, or carried out and its answer lost or half: the list comes out exact',
  D6: 'The connection ends in the headers, in the body or a byte before the end: as D5',
  D7: 'An answer never comes, or a byte at a time: every time limit ends it',
  D8: 'An answer of 200 that is an error, a page, nothing, far too large or a bomb: no success, bounded memory',
  D9: 'Some of a call are refused alone: exactly those are rejected',
  D10: 'One record spoils a whole call: found in O(log n) calls, the others arrive',
  D11: 'A job was accepted and the process died: followed, never uploaded again',
  D12: 'A job was accepted and never ends: unknown after its time, never success',
  D13: 'Credentials end in the middle: one renewal, then a stop with nobody refused',
  D14: 'The list is gone: failed with that reason, nothing made in its place',
  D15: 'The vendor writes addresses in its own way: nobody comes and goes',
  D16: 'A removal finds nobody: done. It is refused: told, still there, tried again',
  D17: 'Requests arrive twice: nothing changes',
  D18: 'Headers lie about the rate: no spin, no standstill',
  D19: 'Somebody who said no is in the segment: stays so',
  D20: 'The dangerous switches: never sent',
  X3: 'Odd addresses: exact, invalid or refused by name',
  X4: 'A value longer than its field: refused with the name of the field, never cut',
  X5: 'A record larger than a call may be; calls cut by bytes',
  X12: 'Hashes of addresses equal those that others make',
  X15: 'An edited segment: leavers leave, joiners join, as was planned',
  X16: 'Nothing changed: no request',
  X17: 'An address that changed: the old one leaves, the new one joins',
  X18: 'No value is never sent as a word for none',
}

/** A test beside the suite. */
export interface Elsewhere {
  readonly id: CaseId
  readonly file: string
  /** How its title begins, as it stands in the file. */
  readonly title: string
  readonly shows: string
}

export const elsewhere: readonly Elsewhere[] = [
  {
    id: 'D4',
    file: 'src/outbound/door.test.ts',
    title: 'D4 with the certificate error %s, which no waiting mends',
    shows: 'certificates: the door is the same for all, and a simulator on loopback has none',
  },
  {
    id: 'D19',
    file: 'test/end-to-end/who-said-no.test.ts',
    title: 'D19 who said no stays so; who leaves keeps all else; who returns is back',
    shows: 'at every destination, on a whole server: what a vendor keeps of a “no” differs too much for one test',
  },
]

/** Of these the test elsewhere is all there is, and it is of every destination. */
const onlyElsewhere: ReadonlySet<CaseId> = new Set(['D19'])

export type Shown =
  | { readonly by: 'suite'; readonly cases: readonly Case[] }
  | { readonly by: 'elsewhere' }
  | { readonly by: 'nothing'; readonly why: string }

/** How the case is shown at the destination; undefined where nobody has said. */
export const shown = (subject: Subject, id: CaseId): Shown | undefined => {
  if (onlyElsewhere.has(id)) return { by: 'elsewhere' }
  const cases = casesOf(subject).filter((one) => one.id === id)
  const run = cases.filter(({ cannot }) => cannot === undefined)
  if (run.length > 0) return { by: 'suite', cases: run }
  const why = cases[0]?.cannot
  return why === undefined ? undefined : { by: 'nothing', why }
}

export const suiteFile = ({ id }: AnyDestination): string => `test/conformance/${id}.test.ts`

const linkTo = (text: string, file: string): string => `[${text}](../${file})`

const cell = (subject: Subject, id: CaseId): string => {
  const how = shown(subject, id)
  if (how === undefined) return '**missing**'
  if (how.by === 'elsewhere') return linkTo('test', elsewhere.find((one) => one.id === id)?.file ?? '')
  return how.by === 'suite' ? linkTo(`${how.cases.length}`, suiteFile(subject.definition)) : '–'
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const reasons = (subjects: readonly Subject[]): string[] =>
  caseIds.flatMap((id) =>
    subjects.flatMap((subject) => {
      const how = shown(subject, id)
      return how?.by === 'nothing' ? [`- **${id}**, ${subject.definition.name}: ${how.why}.`] : []
    }),
  )

/** In Markdown. */
export const reliabilityPage = (subjects: readonly Subject[]): string =>
  `${[
    '# What every destination is put through',
    '',
    'A destination sends real people to a service that can fail in every way. These cases are run at each of them, against its',
    'simulator, by the [conformance suite](adding-a-destination.md#the-conformance-suite); the title of a test begins with the id of its case. A number is',
    'how many tests show it there. This page is written by `test/conformance/reliability.test.ts`, which fails where a case is shown nowhere',
    'and has no reason; `npx vitest run test/conformance/reliability -u` writes it anew.',
    '',
    row(['id', 'what goes wrong, and what comes of it', ...subjects.map(({ definition }) => definition.name)]),
    row(['---', '---', ...subjects.map(() => '---')]),
    ...caseIds.map((id) => row([id, meanings[id], ...subjects.map((subject) => cell(subject, id))])),
    '',
    '## Where it cannot be',
    '',
    ...reasons(subjects),
    '',
    '## Shown beside the suite',
    '',
    ...elsewhere.map(({ id, file, title, shows }) => `- **${id}**, ${linkTo(title, file)}: ${shows}.`),
    '',
    '## What nobody shows',
    '',
    '- A vendor that says of every record that it is stored, and stores it not (more of D12): nothing looks at a list again after a run that',
    '  ended well, so such a drift is not noticed. Microsoft Advertising tells no members at all.',
    '- That a run tells until when it waits (more of D1): it waits, and its progress stands still meanwhile.',
    '',
  ].join('\n')}`
