/** The Microsoft Advertising simulator over HTTP: headers, rate, user, audiences, customer lists. */
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, type Reply, startBench } from '../test-bench.ts'
import { signIn } from './test-sign-in.ts'

const app = exampleCredentials['microsoft-advertising']
const campaign = '/CampaignManagement/v13'
const applyPath = `${campaign}/CustomerListUserData/Apply`
const hash = (value: string): string => createHash('sha256').update(value).digest('hex')
const hashes = (count: number): string[] => Array.from({ length: count }, (_, index) => hash(`p${index}@example.com`))

let bench: Bench
let headers: Record<string, string>

const begin = async (options: Parameters<typeof startBench>[0] = {}): Promise<void> => {
  bench = await startBench(options)
  const { access_token } = await signIn(bench)
  headers = {
    Authorization: `Bearer ${access_token}`,
    DeveloperToken: app.developerToken,
    CustomerId: app.customerId,
    CustomerAccountId: app.accountId,
  }
}

const ask = (method: string, path: string, json: unknown, more: Record<string, string> = headers): Promise<Reply> =>
  bench.ask('microsoft-advertising', method, path, { headers: more, json })
const audience = (more: object = {}) => ({
  Type: 'CustomerList',
  Name: 'VIP',
  Scope: 'Account',
  ParentId: app.accountId,
  MembershipDuration: -1,
  ...more,
})
const create = (...audiences: unknown[]): Promise<Reply> =>
  ask('POST', `${campaign}/Audiences`, { Audiences: audiences })
const makeAudience = async (more: object = {}): Promise<string> => {
  const made: { AudienceIds: string[] } = JSON.parse((await create(audience(more))).text)
  return made.AudienceIds[0] ?? ''
}
const apply = (audienceId: unknown, items: unknown, more: object = {}): Promise<Reply> =>
  ask('POST', applyPath, {
    CustomerListUserData: {
      AcceptCustomerMatchTerm: true,
      ActionType: 'Add',
      AudienceId: audienceId,
      CustomerListItemSubType: 'Email',
      CustomerListItems: items,
      ...more,
    },
  })
const members = (id: string): string[] => bench.sandbox().members('microsoft-advertising', id)

beforeEach(() => begin())
afterEach(() => bench.end())

describe('access', () => {
  const without = (name: string) => Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name))
  const query = (more: Record<string, string>): Promise<Reply> =>
    ask('POST', `${campaign}/Audiences/QueryByIds`, { Type: 'CustomerList' }, more)

  it.each(['Authorization', 'DeveloperToken', 'CustomerId', 'CustomerAccountId'])('asks for %s', async (name) => {
    expect(await query(without(name))).toMatchObject({
      status: 400,
      json: {
        Errors: [{ Code: 116, ErrorCode: 'RequestMissingHeaders', Detail: null }],
        TrackingId: expect.any(String),
        Type: 'AdApiFaultDetail',
      },
    })
  })

  it.each([
    ['an unknown token', { Authorization: 'Bearer EwBother' }, 401, 105],
    ['a token without Bearer', { Authorization: 'EwBother' }, 401, 105],
    ['another developer token', { DeveloperToken: 'OTHER' }, 401, 105],
    ['another customer', { CustomerId: '1' }, 403, 106],
    ['another account', { CustomerAccountId: '1' }, 403, 106],
  ])('refuses %s', async (_what, more, status, code) => {
    expect(await query({ ...headers, ...more })).toMatchObject({ status, json: { Errors: [{ Code: code }] } })
  })

  it('refuses a token after its hour', async () => {
    bench.pass(3599)
    expect((await query(headers)).status).toBe(200)
    bench.pass(1)
    expect(await query(headers)).toMatchObject({
      status: 401,
      json: { Errors: [{ Code: 109, ErrorCode: 'AuthenticationTokenExpired' }] },
    })
  })

  it('takes as many calls in any minute as it is set to, and refuses one more with 117', async () => {
    await bench.end()
    await begin({ settings: { 'microsoft-advertising': { callsPerMinute: 2 } } })
    expect((await query(headers)).status).toBe(200)
    bench.pass(30)
    expect((await query(headers)).status).toBe(200)
    expect(await query(headers)).toMatchObject({ status: 429, json: { Errors: [{ Code: 117 }] } })
    bench.pass(30)
    expect((await query(headers)).status).toBe(200)
    expect((await query(headers)).status).toBe(429)
  })

  it('tells the user, with token and developer token alone', async () => {
    const few = without('CustomerId')
    const path = '/CustomerManagement/v13/User/Query'
    expect(await ask('POST', path, { UserId: null }, few)).toMatchObject({
      status: 200,
      json: {
        User: { CustomerId: app.customerId, ContactInfo: { Phone1: null }, TimeStamp: null },
        CustomerRoles: [{ CustomerId: app.customerId }],
      },
    })
    expect((await ask('POST', path, { UserId: '1' }, few)).status).toBe(403)
  })
})

describe('audiences', () => {
  it('makes an audience whose id is a string, and shows it', async () => {
    const id = await makeAudience()
    expect(id).toMatch(/^\d+$/)
    const shown = { ...audience(), Id: id }
    const all = await ask('POST', `${campaign}/Audiences/QueryByIds`, { AudienceIds: null, Type: 'CustomerList' })
    expect(all).toMatchObject({ status: 200, json: { Audiences: [shown], PartialErrors: [] } })
    const some = await ask('POST', `${campaign}/Audiences/QueryByIds`, { AudienceIds: [id, '1'], Type: 'CustomerList' })
    expect(some.json).toMatchObject({ Audiences: [shown, null], PartialErrors: [{ Code: 4835, Index: 1 }] })
  })

  it('keeps the good of a call and names the bad by place', async () => {
    const reply = await create(audience({ Name: 'one' }), audience({ Name: 'One' }), null, audience({ Name: 'two' }))
    expect(reply).toMatchObject({
      status: 200,
      json: {
        AudienceIds: [expect.any(String), null, null, expect.any(String)],
        PartialErrors: [
          { Code: 4853, ErrorCode: 'DuplicateAudienceName', Index: 1, Type: 'BatchError' },
          { Code: 4845, Index: 2 },
        ],
      },
    })
    expect(
      bench
        .sandbox()
        .lists('microsoft-advertising')
        .map(({ name }) => name),
    ).toEqual(['one', 'two'])
  })

  it.each([
    ['a name of 128', { Name: 'x'.repeat(128) }, undefined],
    ['a name of 129', { Name: 'x'.repeat(129) }, 4838],
    ['no name', { Name: null }, 4838],
    ['a description of 1025', { Description: 'x'.repeat(1025) }, 4841],
    ['390 days', { MembershipDuration: 390 }, undefined],
    ['391 days', { MembershipDuration: 391 }, 4842],
    ['0 days', { MembershipDuration: 0 }, 4842],
    ['-2 days', { MembershipDuration: -2 }, 4842],
    ['no scope', { Scope: undefined }, 4849],
    ['no parent', { ParentId: undefined }, 4848],
    ['the parent of another scope', { Scope: 'Customer' }, 4843],
    ['the customer as parent', { Scope: 'Customer', ParentId: app.customerId }, undefined],
    ['an id', { Id: '5' }, 4847],
    ['another type', { Type: 'RemarketingList' }, 4859],
  ])('judges %s', async (_what, more, code) => {
    const failed = code === undefined ? [] : [expect.objectContaining({ Code: code, Index: 0 })]
    expect((await create(audience(more))).json).toMatchObject({ PartialErrors: failed })
  })

  it('takes 100 in a call and refuses 101 and none', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => audience({ Name: `list ${index}` }))
    expect(await create(...many(101))).toMatchObject({
      status: 400,
      json: { OperationErrors: [{ Code: 4850 }], Type: 'ApiFaultDetail' },
    })
    expect(await create()).toMatchObject({ status: 400, json: { OperationErrors: [{ Code: 4844 }] } })
    expect((await create(...many(100))).json).toMatchObject({ PartialErrors: [] })
  })

  it('renames, and deletes with what is in it', async () => {
    const id = await makeAudience()
    const renamed = await ask('PUT', `${campaign}/Audiences`, {
      Audiences: [{ Id: id, Name: 'New', Type: 'CustomerList' }],
    })
    expect(renamed.json).toEqual({ PartialErrors: [] })
    expect(bench.sandbox().lists('microsoft-advertising')).toEqual([{ id, name: 'New', members: 0 }])
    expect((await ask('DELETE', `${campaign}/Audiences`, { AudienceIds: [id] })).json).toEqual({ PartialErrors: [] })
    expect(bench.sandbox().lists('microsoft-advertising')).toEqual([])
    expect((await apply(id, hashes(1))).status).toBe(400)
  })
})

describe('customer lists', () => {
  it('adds, adds again without effect, and removes', async () => {
    const id = await makeAudience()
    const other = await makeAudience({ Name: 'Other' })
    const [a = '', b = ''] = hashes(2)
    expect((await apply(id, [a, b])).json).toEqual({ PartialErrors: [] })
    expect((await apply(id, [a, a])).json).toEqual({ PartialErrors: [] })
    await apply(other, [a])
    expect(members(id)).toEqual([a, b].sort())
    expect((await apply(id, [a], { ActionType: 'Remove' })).json).toEqual({ PartialErrors: [] })
    expect((await apply(id, [a], { ActionType: 'Remove' })).json).toEqual({ PartialErrors: [] })
    expect(members(id)).toEqual([b])
    expect(members(other)).toEqual([a])
  })

  it('takes 1000 items and refuses 1001', async () => {
    const id = await makeAudience()
    expect(await apply(id, hashes(1001))).toMatchObject({ status: 400, json: { OperationErrors: [{ Code: 6999 }] } })
    expect(members(id)).toEqual([])
    expect((await apply(id, hashes(1000))).status).toBe(200)
    expect(members(id)).toHaveLength(1000)
  })

  it('names what is no hash by place, and takes the rest', async () => {
    const id = await makeAudience()
    const [a = '', b = ''] = hashes(2)
    const reply = await apply(id, ['jane@example.com', a, b.toUpperCase(), b.slice(1), null])
    expect(reply).toMatchObject({
      status: 200,
      json: {
        PartialErrors: [0, 2, 3, 4].map((Index) => ({ Code: 8004, ErrorCode: 'EmailMustBeHashed', Index })),
      },
    })
    expect(members(id)).toEqual([a])
    expect([...bench.sandbox().deliveries('microsoft-advertising')]).toEqual([
      { requestId: expect.any(Number), listId: id, operation: 'add', identifier: a },
    ])
  })

  it.each([
    ['terms not accepted', { AcceptCustomerMatchTerm: false }, 8003],
    ['terms left out', { AcceptCustomerMatchTerm: undefined }, 8003],
    ['terms as text', { AcceptCustomerMatchTerm: 'true' }, 8003],
    ['an unknown action', { ActionType: 'Delete' }, 8001],
    ['phone numbers', { CustomerListItemSubType: 'Phone' }, 8002],
    ['an unknown audience', { AudienceId: '1' }, 8000],
    ['no items', { CustomerListItems: [] }, 8006],
  ])('refuses %s', async (_what, more, code) => {
    const id = await makeAudience()
    expect(await apply(id, hashes(1), more)).toMatchObject({ status: 400, json: { OperationErrors: [{ Code: code }] } })
    expect(members(id)).toEqual([])
  })

  it('refuses an id that is a number', async () => {
    expect(await apply(Number(await makeAudience()), hashes(1))).toMatchObject({
      status: 400,
      json: { OperationErrors: [{ Code: 8000 }] },
    })
  })

  it('lets members drop out at the end of the duration, unless they were added again', async () => {
    const id = await makeAudience({ MembershipDuration: undefined })
    const [a = '', b = ''] = hashes(2)
    await apply(id, [a, b])
    bench.pass(20 * 86_400)
    headers.Authorization = `Bearer ${(await signIn(bench)).access_token}`
    await apply(id, [b])
    bench.pass(10 * 86_400)
    expect(members(id)).toEqual([b])
    expect(bench.sandbox().lists('microsoft-advertising')).toEqual([{ id, name: 'VIP', members: 1 }])
  })
})
