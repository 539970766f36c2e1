/** The definition of Dotdigital: what its answers mean, its account and region, its address books and data fields. */
import { describe, expect, it } from 'vitest'
import { type Answer, endOf, play, replyOf } from '../destination-kit/play.ts'
import { judge } from './dotdigital/answers.ts'
import { dotdigital } from './dotdigital.ts'

const settings = { addressBookId: '7' }
const place = { settings, found: { accountId: '1', endpoint: 'https://r2-api.dotdigital.com' } }
const v2 = (status: number, message: string): Answer => ({ status, json: { message } })
const v3 = (status: number, errorCode: string, description = 'no'): Answer => ({
  status,
  json: { errorCode, description },
})
const bookGone = v2(404, 'Error: ERROR_ADDRESSBOOK_NOT_FOUND')

describe('what an answer means', () => {
  it.each([
    ['auth', v2(401, 'Authorization has been denied for this request.')],
    ['auth', { status: 401, text: '' }],
    ['auth', v2(400, 'No. ERROR_APIUSER_INVALID')],
    ['auth', v2(400, 'No. ERROR_INVALID_LOGIN')],
    ['auth', v2(400, 'No. ERROR_MANAGED_USER_INVALID')],
    ['auth', v2(403, 'No. ERROR_ACCOUNT_INVALID')],
    ['permission', { status: 403, text: '<h2>403 - Forbidden: Access is denied.</h2>' }],
    ['permission', v2(400, 'No. ERROR_ADDRESSBOOK_NOTWRITABLE')],
    ['permission', v2(400, 'No. ERROR_FEATURENOTACTIVE')],
    ['permission', v2(400, 'No. ERROR_CANNOT_PERFORM_OPERATION_ON_ACCOUNT')],
    ['quota', v2(400, 'No. ERROR_CONTACT_TOOMANY')],
  ])('stops with %s', (why, answer) => {
    expect(judge(replyOf(answer))).toMatchObject({ why })
  })

  it.each([
    ['a 400 that is the hourly limit, by its code', v2(400, 'Too much. ERROR_APIUSAGE_EXCEEDED'), 60],
    [
      'a 400 that is the hourly limit, by its words',
      v2(400, 'Your account has generated excess API activity and is being temporarily capped'),
      60,
    ],
    ['the same words without an envelope', { status: 400, text: 'excess API activity' }, 60],
    ['a 429 that is too many imports', v3(429, 'contacts:tooManyActiveImports'), 15],
    ['too many imports in the words of v2', v2(400, 'No. ERROR_IMPORT_TOOMANYACTIVEIMPORTS'), 15],
    ['too many removals', v3(429, 'contacts:tooManyBulkDeleteJobs'), 15],
    ['an address book in use', v2(400, 'Later. ERROR_ADDRESSBOOK_IN_USE'), undefined],
    ['a service that is away', v2(503, 'Later. ERROR_SYSTEM_SERVICETEMPORARILYUNAVAILABLE'), undefined],
  ])('comes again after %s', (_what, answer, after) => {
    expect(judge(replyOf(answer))).toEqual(after === undefined ? { kind: 'retry' } : { kind: 'retry', after })
  })

  const noon = Date.UTC(2026, 10, 21, 12) / 1000
  const date = 'Sat, 21 Nov 2026 12:00:00 GMT'
  it.each([
    ['an epoch, against the answer’s date', { 'X-RateLimit-Reset': String(noon + 30), Date: date }, 30],
    ['an epoch far away', { 'X-RateLimit-Reset': String(noon + 9999), Date: date }, 90],
    ['an epoch that has passed', { 'X-RateLimit-Reset': String(noon - 1), Date: date }, undefined],
    ['an epoch without a date', { 'X-RateLimit-Reset': String(noon) }, undefined],
    ['seconds left', { 'X-RateLimit-Reset': '42' }, 42],
    ['no time left', { 'X-RateLimit-Reset': '0' }, undefined],
    ['a negative time', { 'X-RateLimit-Reset': '-5' }, undefined],
    ['nonsense', { 'X-RateLimit-Reset': 'soon' }, undefined],
    ['nothing', {}, undefined],
  ])('waits after 429 with %s', (_what, headers, after) => {
    expect(judge(replyOf({ status: 429, headers }))).toEqual(
      after === undefined ? { kind: 'retry' } : { kind: 'retry', after },
    )
  })

  it.each([
    ['success', { status: 200, json: { message: 'ERROR_INVALID_LOGIN' } }],
    ['a failing server', { status: 500, text: 'oops' }],
    ['a call that is too large', { status: 413, text: '' }],
    ['a refusal that talks read', v3(400, 'contacts:badRequest')],
    ['an address book that is not there', bookGone],
  ])('leaves %s to the talk or the shared mapping', (_what, answer) => {
    expect(judge(replyOf(answer))).toBeUndefined()
  })

  it('shows no address in its words', () => {
    expect(judge(replyOf(v2(400, 'ada@x.example is wrong ERROR_INVALID_LOGIN')))).toMatchObject({
      message: expect.not.stringContaining('ada'),
    })
  })
})

const account = (endpoint: unknown): Answer => ({
  json: {
    id: 251,
    properties: [
      { name: 'Name', value: 'Demo' },
      { name: 'ApiEndpoint', value: endpoint },
    ],
  },
})
const fields: Answer = { json: [{ name: 'FIRSTNAME', type: 'String' }] }
const book: Answer = { json: { id: 7, name: 'News', visibility: 'Private', contacts: 3 } }

describe('check', () => {
  const check = (...answers: Answer[]) => play(() => dotdigital.check(settings), answers, judge)

  it('looks for no address book where the connection names none', () => {
    const given = [account('https://r2-api.dotdigital.com'), fields]
    const played = play(() => dotdigital.check({ addressBookId: '' }), given, judge)
    expect(played.requests.map(({ path }) => path)).toEqual([
      '/v2/account-info',
      'https://r2-api.dotdigital.com/v2/data-fields',
    ])
    expect(endOf(played)).toEqual({ found: { accountId: '251', endpoint: 'https://r2-api.dotdigital.com' } })
  })

  it.each(['0', 'News'])('takes no address book %j, and says so before any export goes by it', (addressBookId) => {
    const given = [account('https://r2-api.dotdigital.com'), fields]
    expect(play(() => dotdigital.check({ addressBookId }), given, judge).ending).toMatchObject({
      stop: { why: 'list-missing' },
    })
  })

  it('finds account and region, and proves the right there to data fields and to the default address book', () => {
    const played = check(account('https://R2-api.dotdigital.com/'), fields, book)
    expect(played.requests).toMatchObject([
      { path: '/v2/account-info', host: 'anyRegion' },
      { path: 'https://r2-api.dotdigital.com/v2/data-fields' },
      { path: 'https://r2-api.dotdigital.com/v2/address-books/7' },
    ])
    expect(endOf(played)).toEqual({ found: { accountId: '251', endpoint: 'https://r2-api.dotdigital.com' } })
  })

  it.each([
    ['another host', 'https://r2-api.dotdigital.com.evil.example/'],
    ['another scheme', 'http://r2-api.dotdigital.com/'],
    ['a path', 'https://r2-api.dotdigital.com/x/'],
    ['a port', 'https://r2-api.dotdigital.com:8443/'],
    ['a user', 'https://x@r2-api.dotdigital.com/'],
    ['nothing', ''],
    ['a number', 2],
  ])('follows no region that is %s', (_what, endpoint) => {
    const played = check(account(endpoint))
    expect(played.ending).toMatchObject({ stop: { why: 'unreadable' } })
    expect(played.requests).toHaveLength(1)
  })

  it.each([
    ['list-missing', [account('https://r1-api.dotmailer.com'), fields, bookGone]],
    ['auth', [{ status: 401, text: '' }]],
    ['permission', [account('https://r1-api.dotdigital.com'), { status: 403, text: '' }]],
    ['unreadable', [{ text: '<html>' }]],
    ['unreadable', [account('https://r1-api.dotdigital.com'), { json: {} }]],
  ])('stops with %s', (why, answers) => {
    expect(check(...answers).ending).toMatchObject({ stop: { why } })
  })
})

describe('address books', () => {
  const one = { id: 1, name: 'One', contacts: 4 }
  const two = { id: 2, name: 'Two' }

  it('reads pages until one is empty, however short they are', () => {
    const played = play(() => dotdigital.lists(place), [{ json: [one] }, { json: [two] }, { json: [] }], judge)
    expect(played.requests.map(({ query }) => query)).toEqual([
      { select: '1000', skip: '0' },
      { select: '1000', skip: '1' },
      { select: '1000', skip: '2' },
    ])
    expect(endOf(played)).toEqual([
      { id: '1', name: 'One', size: 4 },
      { id: '2', name: 'Two' },
    ])
  })

  it('does not read the same page for ever', () => {
    const played = play(() => dotdigital.lists(place), [{ json: [one] }, { json: [one] }], judge)
    expect(played.ending).toMatchObject({ stop: { why: 'unreadable' } })
  })

  it('finds one by id, and says when there is none', () => {
    expect(endOf(play(() => dotdigital.list('7', place), [book], judge))).toEqual({ id: '7', name: 'News', size: 3 })
    expect(endOf(play(() => dotdigital.list('7', place), [bookGone], judge))).toBeUndefined()
    expect(
      endOf(play(() => dotdigital.list('7', place), [v2(400, 'x ERROR_ADDRESSBOOK_INVALID')], judge)),
    ).toBeUndefined()
  })

  it.each([['../contacts'], ['0'], ['07'], ['2147483648'], ['7 '], ['']])(
    'asks nothing for %j, which is no id',
    (id) => {
      expect(play(() => dotdigital.list(id, place), []).requests).toEqual([])
    },
  )

  it.each([
    ['a 404 that is not Dotdigital’s', { status: 404, text: 'not here' }],
    ['a 404 about something else', v2(404, 'ERROR_CAMPAIGN_NOT_FOUND')],
    ['another shape', { json: { name: 'News' } }],
  ])('does not take %s for a missing address book', (_what, answer) => {
    expect(play(() => dotdigital.list('7', place), [answer], judge).ending).toMatchObject({
      stop: { why: 'unreadable' },
    })
  })
})

describe('data fields', () => {
  it('are those of the account beyond the usual, with their kinds', () => {
    const given = [
      ['firstname', 'String'],
      ['POINTS', 'Numeric'],
      ['VIP', 'Boolean'],
      ['BORN', 'Date'],
      ['Favourite', 'String'],
      ['LASTSUBSCRIBED', 'Date'],
      ['SHAPE', 'Polygon'],
    ].map(([name, type]) => ({ name, type, visibility: 'Private', defaultValue: null }))
    const talk = dotdigital.accountFields
    if (talk === undefined) throw new Error('Dotdigital tells its fields.')
    expect(endOf(play(() => talk(place, undefined), [{ json: given }], judge))).toEqual([
      { name: 'POINTS', label: 'POINTS', kind: 'number' },
      { name: 'VIP', label: 'VIP', kind: 'boolean' },
      { name: 'BORN', label: 'BORN', kind: 'date' },
      { name: 'Favourite', label: 'Favourite', kind: 'text' },
    ])
  })
})

describe('the definition', () => {
  it('asks for no address book: an export may name its own', () => {
    expect(dotdigital.settings.addressBookId.default).toBe('')
    expect(dotdigital.defaultList).toBe('addressBookId')
  })

  it.each([
    ['apiuser-1@apiconnector.com', 'secret', 'YXBpdXNlci0xQGFwaWNvbm5lY3Rvci5jb206c2VjcmV0'],
    ['ø', 'pæ€', 'w7g6cMOm4oKs'],
  ])('signs in %s as Basic, in UTF-8', (user, password, encoded) => {
    for (const host of Object.values(dotdigital.hosts)) {
      expect(host.headers({ user, password }, '', settings)).toMatchObject({ Authorization: `Basic ${encoded}` })
    }
  })

  it.each([
    ['r1-api.dotdigital.com', true],
    ['r3-api.dotmailer.com', true],
    ['r1-api.dotdigital.com.evil.example', false],
    ['evil-r1-api.dotdigital.com', false],
    ['r1-apiXdotdigital.com', false],
  ])('gives the password to %s: %s', (name, given) => {
    expect(new RegExp(`^(?:${dotdigital.hosts.region?.match?.source})$`).test(name)).toBe(given)
  })

  it('goes nowhere before the region is known', () => {
    const unknown = { settings, found: { accountId: '', endpoint: '' } }
    expect(play(() => dotdigital.lists(unknown), []).ending).toMatchObject({ stop: { why: 'auth' } })
  })

  it('leaves room for commas and ends in a full call', () => {
    const [add] = dotdigital.add
    expect((add?.bytes?.value ?? 0) + (add?.max.value ?? 0) + 1000).toBeLessThanOrEqual(50_000_000)
  })
})

describe('the account that rates belong to', () => {
  it.each([
    [
      'known once the connection was checked',
      { accountId: '251001', endpoint: 'https://r1-api.dotdigital.com' },
      '251001',
    ],
    ['not told before', { accountId: '', endpoint: '' }, ''],
  ])('is %s', (_when, found, account) => {
    expect(dotdigital.rateAccount?.({ settings: { addressBookId: '7' }, found })).toBe(account)
  })
})
