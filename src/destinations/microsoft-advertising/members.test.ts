import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Answer, bodyText, endOf, play, playBatch, rowsOf } from '../../destination-kit/play.ts'
import { microsoftAdvertising } from '../microsoft-advertising.ts'
import { judge } from './answers.ts'

const [add] = microsoftAdvertising.add
const [remove] = microsoftAdvertising.remove
if (add === undefined || add.bulk || remove === undefined || remove.bulk) {
  throw new Error('Microsoft Advertising has routes both ways')
}

const settings = { customerId: '11', accountId: '22', terms: 'yes' }
const at = { settings, found: {}, list: { id: '998877665544332211', name: 'VIP' } }
const hashOf = (address: string) => createHash('sha256').update(address).digest('hex')
const rows = (count: number) =>
  rowsOf(
    add,
    Array.from({ length: count }, (_, index) => ({
      ref: String(index + 1),
      identifier: hashOf(`p${index}`),
      fields: {},
    })),
    at,
  )
const run = (count: number, answer: Answer) => play(() => add.talk(rows(count), at), [answer], judge)
const partial = (...errors: unknown[]): Answer => ({ json: { PartialErrors: errors } })
const error = (code: number, name: string, index?: number, message = '') => ({
  Code: code,
  ErrorCode: name,
  Message: message,
  Details: null,
  FieldPath: null,
  Index: index,
  Type: 'BatchError',
})

describe('adding and removing', () => {
  it.each([
    ['Add', add],
    ['Remove', remove],
  ])('%s sends the hashes for one audience', (action, operation) => {
    const played = play(() => operation.talk(rows(2), at), [partial()], judge)
    expect(played.requests).toMatchObject([
      { method: 'POST', path: '/CampaignManagement/v13/CustomerListUserData/Apply', host: 'campaign' },
    ])
    expect(played.requests.map((request) => JSON.parse(bodyText(request)))).toEqual([
      {
        CustomerListUserData: {
          AcceptCustomerMatchTerm: true,
          ActionType: action,
          AudienceId: '998877665544332211',
          CustomerListItemSubType: 'Email',
          CustomerListItems: [hashOf('p0'), hashOf('p1')],
        },
      },
    ])
  })

  it('adds nobody before the terms are accepted', () => {
    const played = play(() => add.talk(rows(1), { ...at, settings: { ...settings, terms: 'no' } }), [], judge)
    expect(played.requests).toEqual([])
    expect(played.ending).toMatchObject({ kind: 'stopped', stop: { why: 'terms' } })
  })

  it('removes also when the terms are not accepted, without claiming that they are', () => {
    const played = play(() => remove.talk(rows(1), { ...at, settings: { ...settings, terms: 'no' } }), [partial()])
    expect(played.requests.map(bodyText).join()).not.toContain('AcceptCustomerMatchTerm')
  })

  it.each(['ada@x.example', hashOf('p0').toUpperCase(), '', `${hashOf('p0')}0`])(
    'never sends “%s”, which is no hash',
    (identifier) => {
      const astray = rowsOf(add, [{ ref: '1', identifier, fields: {} }], at)
      const played = play(() => add.talk(astray, at), [], judge)
      expect(played.requests).toEqual([])
      expect(played.ending).toMatchObject({ stop: { why: 'bad-request' } })
    },
  )
})

describe('the answer', () => {
  it.each([
    ['an empty object', { json: {} }],
    ['no partial errors', { json: { PartialErrors: [] } }],
    ['null', { json: { PartialErrors: null } }],
    ['gaps only', { json: { PartialErrors: [null, null] } }],
  ])('of %s means that everybody is applied', (_what, answer) => {
    expect(endOf(run(2, answer))).toEqual({
      kind: 'each',
      otherwise: { kind: 'applied' },
      by: 'ref',
      except: new Map(),
    })
  })

  it('is none that names neither errors nor nothing', () => {
    expect(run(2, { json: { Pause: 'maintenance' } }).ending).toMatchObject({ stop: { why: 'unreadable' } })
  })

  it('rejects whom it names by index, without what was sent', () => {
    const refused = error(8004, 'EmailMustBeHashed', 1, `'${hashOf('p1')}' of ada@x.example must be hashed`)
    expect(endOf(run(3, partial(null, refused)))).toEqual({
      kind: 'each',
      otherwise: { kind: 'applied' },
      by: 'ref',
      except: new Map([
        ['2', { kind: 'rejected', code: 'EmailMustBeHashed', reason: "'…' of … must be hashed (8004)" }],
      ]),
    })
  })

  it.each([
    ['no index', error(4999, 'Odd')],
    ['an index beyond the call', error(4999, 'Odd', 9)],
    ['an index below', error(4999, 'Odd', -1)],
  ])('leaves everybody else unknown for an error with %s', (_what, odd) => {
    const end = endOf(run(2, partial(odd, error(8004, 'EmailMustBeHashed', 0))))
    expect(end).toMatchObject({ otherwise: { kind: 'unknown' } })
    expect(end.kind === 'each' && end.except.get('1')).toMatchObject({ kind: 'rejected' })
  })

  it('leaves a record unknown about which there was an internal error', () => {
    const end = endOf(run(2, partial(error(0, 'InternalError', 1))))
    expect(end).toMatchObject({ otherwise: { kind: 'applied' } })
    expect(end.kind === 'each' && end.except.get('2')).toMatchObject({ kind: 'unknown' })
  })

  it.each([
    [8000, 'list-missing'],
    [4835, 'list-missing'],
    [8003, 'terms'],
    [3913, 'terms'],
    [8001, 'bad-request'],
    [8002, 'bad-request'],
    [106, 'permission'],
    [108, 'auth'],
    [122, 'auth'],
  ])('stops for code %i, also as a partial error', (code, why) => {
    expect(run(2, partial(error(code, 'Name', 0))).ending).toMatchObject({ kind: 'stopped', stop: { why } })
    const fault: Answer = { status: 400, json: { OperationErrors: [error(code, 'Name')], BatchErrors: [] } }
    expect(run(2, fault).ending).toMatchObject({ kind: 'stopped', stop: { why } })
  })

  it.each([
    [109, { kind: 'refresh' }],
    [105, { kind: 'refresh' }],
    [117, { kind: 'retry', after: 60 }],
    [4204, { kind: 'retry', after: 900 }],
    [6999, { kind: 'split', reason: 'Microsoft Advertising takes fewer items in one call.' }],
  ])('of code %i is acted on before it is read', (code, verdict) => {
    expect(run(2, partial(error(code, 'Name', 0))).ending).toEqual({ kind: 'judged', verdict })
  })

  it('halves a refused call for reasons that may be of one record, and rejects a single one', () => {
    const fault: Answer = {
      status: 400,
      json: { BatchErrors: [error(8006, 'EitherEmailOrCRMIDShouldBeProvided', 0, 'none')] },
    }
    expect(endOf(run(2, fault))).toMatchObject({ kind: 'split' })
    expect(endOf(run(1, fault))).toMatchObject({
      except: new Map(),
      otherwise: { kind: 'rejected', code: 'EitherEmailOrCRMIDShouldBeProvided' },
    })
  })

  it.each([
    ['a page', { text: '<html>log in</html>' }],
    ['nothing', { text: '' }],
    ['a list', { json: [] }],
    ['another shape', { json: { outcome: ['fine'], version: 7 } }],
    ['null', { json: null }],
    ['partial errors of another shape', { json: { PartialErrors: 'none' } }],
    ['an error without a code', { json: { PartialErrors: [{ Message: 'odd' }] } }],
    ['a refusal without a reason', { status: 400, text: '' }],
  ])('of %s is not success', (_what, answer) => {
    expect(run(2, answer).ending).toMatchObject({ kind: 'stopped', stop: { why: 'unreadable' } })
  })
})

const applied = z.object({ CustomerListUserData: z.object({ CustomerListItems: z.array(z.string()) }) })

describe('whatever is refused', () => {
  it('gives everybody exactly one fate, and the right one', () => {
    const faults = fc.array(fc.boolean(), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(faults, fc.boolean(), (bad, asWhole) => {
        const batch = rows(bad.length)
        const refused = new Set(batch.filter((_, index) => bad[index]).map((row) => row.identifier))
        const vendor = (text: string): Answer => {
          const items = applied.parse(JSON.parse(text)).CustomerListUserData.CustomerListItems
          const errors = items.flatMap((item, index) => (refused.has(item) ? [error(8006, 'Missing', index)] : []))
          if (errors.length === 0) return partial()
          return asWhole ? { status: 400, json: { BatchErrors: errors } } : partial(...errors)
        }
        const fates = playBatch(add, batch, at, (request) => vendor(bodyText(request)), judge)
        expect(batch.map((row) => fates.get(row.ref)?.kind)).toEqual(
          batch.map((row) => (refused.has(row.identifier) ? 'rejected' : 'applied')),
        )
        expect(fates.size).toBe(batch.length)
      }),
    )
  })
})
