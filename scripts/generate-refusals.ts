/** Says in words what becomes of a service's answers: those that its definition knows, and those that it leaves to all. */
import { HttpReply } from '../src/delivery/reply.ts'
import { meaningOf } from '../src/delivery/verdict.ts'
import { type AnyDestination, Stop } from '../src/destination-kit/kit.ts'
import type { KnownRefusal } from '../src/destination-kit/refusals.ts'
import { type Cells, lasting, table } from './markdown.ts'

const causes: Readonly<Record<Stop['why'], string>> = {
  auth: 'the credentials',
  permission: 'a right that is missing',
  'list-missing': 'the list is missing',
  quota: 'what the plan allows is used up',
  terms: 'terms that are not accepted',
  'bad-request': 'the call is refused',
  unreadable: 'the answer cannot be read',
}

const AT = new Date('2026-11-21T12:00:00Z')
const CERTAINLY_NOT = 'It is known that it was not carried out'
const PERHAPS = 'It may have been carried out, so its people stay unknown until an answer tells'

/** In words, what the engine makes of an answer to this destination. `outcome`: what a conversation makes of one that it reads itself. */
const becomes = (destination: AnyDestination, known: KnownRefusal): string => {
  const text = known.body === undefined ? '' : JSON.stringify(known.body)
  const reply = new HttpReply({ status: known.status, headers: known.headers ?? {}, text }, [])
  const expect = known.outcome === undefined ? [] : [known.status]
  const meaning = meaningOf(
    destination,
    { method: 'POST', path: '/', expect },
    reply,
    destination.oauth !== undefined,
    AT,
  )
  if (meaning instanceof Stop)
    return `The run ends as Failed (${causes[meaning.why]}): ${meaning.message.replace(/: \(empty\)$/, '.')}`
  switch (meaning.kind) {
    case 'pass':
      if (known.outcome === undefined) throw new Error(`${destination.id}: nothing says what becomes of ${known.code}.`)
      return known.outcome
    case 'refresh':
      return 'A new access token is fetched, once; then the call is sent again.'
    case 'wait':
      return meaning.afterMs === undefined
        ? 'Waiting, not failing: sent again after growing pauses.'
        : `Waiting, not failing: sent again after ${lasting(meaning.afterMs / 1000)}.`
    case 'fail':
      return `Sent again after growing pauses, for up to 5 minutes. ${meaning.lost ? PERHAPS : CERTAINLY_NOT}.`
    case 'split':
      return 'The call is halved, down to the record that is to blame.'
  }
}

const refusalRow = (destination: AnyDestination, known: KnownRefusal): Cells => [
  String(known.status),
  known.code === undefined ? '' : `\`${known.code}\``,
  known.means ?? '',
  becomes(destination, known),
  known.kind ?? 'documented',
]

/** The section of a service. Throws Error for a refusal of which nothing says what becomes of it. */
export const errorsOf = (destination: AnyDestination): string => {
  const { refusals } = destination
  if (refusals === undefined) return 'Only the [shared statuses](README.md#errors).'
  const { answers, records, source, checked } = refusals
  return [
    `The service’s own list: <${source}> (checked ${checked}). What is not here is read by its status alone, as at [every service](README.md#errors).`,
    '### Of whole calls',
    table(
      ['HTTP', 'code or words', 'means', 'what becomes of it', 'known'],
      answers.map((known) => refusalRow(destination, known)),
    ),
    '### Of single records',
    'The others of the call are taken. A record that is refused is counted, kept with the service’s words, and tried again when its values change, or once a day; one that is refused for good is not tried again by itself.',
    table(
      ['code', 'means', 'for good'],
      records.map(({ code, means, final }) => [`\`${code}\``, means, final === true ? 'yes' : '']),
    ),
  ].join('\n\n')
}

const shared: readonly KnownRefusal[] = [
  ...[302, 400, 401, 403, 404, 408, 409, 413, 422, 425, 429].map((status) => ({ status })),
  { status: 429, headers: { 'retry-after': '20' }, code: 'Retry-After: 20' },
  ...[500, 501, 502].map((status) => ({ status })),
  { status: 503 },
  { status: 503, headers: { 'retry-after': '20' }, code: 'Retry-After: 20' },
  { status: 504 },
  { status: 200, headers: { 'content-type': 'text/html' }, body: 'a page', code: 'a page in HTML' },
]

/** What answers come to where a service has no code of its own. */
export const sharedErrors = (destinations: readonly AnyDestination[]): string => {
  const plain = (signsIn: boolean): AnyDestination[] =>
    destinations
      .filter(({ oauth }) => (oauth !== undefined) === signsIn)
      .slice(0, 1)
      .map((one) => ({ ...one, name: 'The service', judge: () => undefined }))
  return table(
    ['HTTP', 'with', 'what becomes of it'],
    [
      ...plain(false).flatMap((one) =>
        shared.map((known) => [String(known.status), known.code ?? '', becomes(one, known)]),
      ),
      ...plain(true).map((one) => ['401', 'where people sign in', becomes(one, { status: 401 })]),
    ],
  )
}
