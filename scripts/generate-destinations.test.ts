/** The pages of destinations are those of the definitions as they stand; any change of a definition makes its page stale. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type AnyDestination, Stop } from '../src/destination-kit/kit.ts'
import { destinationOf, destinations } from '../src/destinations/index.ts'
import { gotchasOf, isFresh } from './freshness.ts'
import { destinationIndex, destinationPage } from './generate-destinations.ts'

const root = join(import.meta.dirname, '..')
const fileOf = (slug: string): string => join(root, 'docs/destinations', `${slug}.md`)
const isPageFresh = (destination: AnyDestination, gotchas = gotchasOf(destination.id)): boolean =>
  isFresh(fileOf(destination.id), destinationPage(destination, gotchas))

const sendgrid = destinationOf('sendgrid')
const [firstAdd, ...otherAdds] = sendgrid.add
const [firstField, ...otherFields] = sendgrid.fields
if (firstAdd === undefined || firstField === undefined) throw new Error('SendGrid has neither route nor field.')

describe.each(destinations)('the page of $id', (destination) => {
  it('is fresh', () => expect(isPageFresh(destination)).toBe(true))

  it('names every credential, setting and field, and where each limit is from', () => {
    const page = readFileSync(fileOf(destination.id), 'utf8')
    const names = [destination.credentials, destination.settings, destination.rates].flatMap((one) => Object.keys(one))
    for (const name of [...names, ...destination.fields.map(({ name }) => name)]) expect(page).toContain(`\`${name}\``)
    for (const { max, settles } of [...destination.add, ...destination.remove]) {
      expect(page).toContain(`](${max.source})`)
      expect(page).toContain(`](${settles.source})`)
    }
  })
})

describe('a changed definition makes its page stale', () => {
  const changes: readonly (readonly [string, AnyDestination])[] = [
    ['a limit', { ...sendgrid, add: [{ ...firstAdd, max: { ...firstAdd.max, value: 29_999 } }, ...otherAdds] }],
    [
      'how it is known',
      { ...sendgrid, add: [{ ...firstAdd, max: { ...firstAdd.max, kind: 'assumed' } }, ...otherAdds] },
    ],
    [
      'its source',
      { ...sendgrid, add: [{ ...firstAdd, max: { ...firstAdd.max, source: 'https://example.com' } }, ...otherAdds] },
    ],
    ['a route less', { ...sendgrid, add: [firstAdd] }],
    ['a field', { ...sendgrid, fields: [{ ...firstField, required: true }, ...otherFields] }],
    ['a rate', { ...sendgrid, rates: { ...sendgrid.rates, more: { calls: firstAdd.max, per: 60 } } }],
    ['a credential', { ...sendgrid, credentials: { ...sendgrid.credentials, more: { label: 'More' } } }],
    ['what an answer comes to', { ...sendgrid, judge: () => new Stop('quota', 'Something else.') }],
  ]
  it.each(changes)('%s', (_what, changed) => expect(isPageFresh(changed)).toBe(false))

  it('the hand-written part', () => expect(isPageFresh(sendgrid, '- Something else.')).toBe(false))

  it('one more in the list of all', () => {
    const file = join(root, 'docs/destinations/README.md')
    expect(isFresh(file, destinationIndex(destinations))).toBe(true)
    expect(isFresh(file, destinationIndex([...destinations, { ...sendgrid, id: 'pigeon', name: 'Pigeon' }]))).toBe(
      false,
    )
  })
})

it('refuses to leave open what becomes of an answer', () => {
  const refusals = { source: 'https://example.com', checked: '2026-11-21', answers: [{ status: 499 }], records: [] }
  const silent: AnyDestination = { ...sendgrid, refusals, judge: () => ({ kind: 'pass' }) }
  expect(() => destinationPage(silent, '')).toThrow('nothing says what becomes of')
})
