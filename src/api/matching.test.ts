/** Data matching over HTTP: what a service has is asked before an export is saved, and a real person is shown before and after. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ApiRig, openApiRig, type Reply } from './fixtures/api-rig.ts'

let api: ApiRig
let custom: string
let parts: { readonly connectionId: string; readonly segmentIds: string[]; readonly listId: string }
beforeAll(async () => {
  api = await openApiRig()
  const { rig } = api
  await rig.people([
    { id: '1', email: 'Ada@Example.com', name: ' ADA ' },
    { id: '2', email: 'bob@example.com', name: 'x'.repeat(51) },
    { id: '3', email: 'no address' },
  ])
  await rig.refreshed()
  const made = await rig.atSendGrid('POST', '/v3/marketing/field_definitions', { name: 'points', field_type: 'Number' })
  custom = z.object({ id: z.string() }).parse(made).id
  const segmentIds = [await rig.segment('Everybody')]
  const listId = await rig.sendgridList('Matching')
  const { connectionId } = await rig.sendgridExport('Other', {
    segmentIds,
    list: await rig.sendgridList('Another'),
    matching: { identifier: 'Email', fields: { city: { constant: 'Elsewhere' }, first_name: 'FirstName' } },
  })
  parts = { connectionId, segmentIds, listId }
  await rig.refreshed()
})
afterAll(async () => await api.close())

const body = (name: string, fields: object) => ({ name, ...parts, matching: { identifier: 'Email', fields } })
const save = async (name: string, fields: object): Promise<Reply> =>
  await api.call('POST', '/exports', { body: body(name, fields) })
const idOf = (reply: Reply): string => z.object({ id: z.string() }).parse(reply.body).id
const problems = z.object({ errors: z.array(z.object({ pointer: z.string(), detail: z.string() })) })

describe('saving', () => {
  it.each<[string, object, string, RegExp]>([
    [
      'a field that the account does not have',
      { e99_T: 'City' },
      '/matching/fields/e99_T',
      /First name \(first_name\).*points/,
    ],
    ['a profile field that is not there', { city: { trim: 'Town' } }, '/matching/fields/city', /profile field/],
  ])('refuses %s beside it', async (name, fields, pointer, detail) => {
    const reply = await save(name, fields)
    expect(reply.status).toBe(422)
    expect(problems.parse(reply.body).errors).toEqual([
      expect.objectContaining({ pointer, detail: expect.stringMatching(detail) }),
    ])
  })

  it.each<[string, object]>([
    ['a transform that we do not know', { city: { reverse: 'City' } }],
    ['a transform without what it is of', { city: { case: 'upper' } }],
    ['names that differ in case only', { city: 'City', City: 'City' }],
    ['a constant with a NUL', { city: { constant: 'a\0' } }],
    ['a tree that is too deep', { city: { trim: { trim: { trim: { trim: { trim: { trim: 'City' } } } } } } }],
  ])('refuses the form of %s', async (name, fields) => {
    expect((await save(name, fields)).status).toBe(400)
  })

  it('takes transforms and fields of the account, and gives them back as they are', async () => {
    const fields = {
      [custom]: { firstOf: ['City', { constant: '1' }] },
      city: { clear: true },
      country: { country: 'name', of: 'City' },
    }
    const reply = await save('Taken', fields)
    expect(reply).toMatchObject({ status: 201, body: { matching: { identifier: 'Email', fields } } })
    expect((await api.call('GET', `/exports/${idOf(reply)}`)).body).toMatchObject({ matching: { fields } })
  })

  it('lists what can be matched', async () => {
    const { items } = z
      .object({ items: z.array(z.looseObject({ name: z.string() })) })
      .parse((await api.call('GET', `/connections/${parts.connectionId}/fields`)).body)
    expect(items).toContainEqual(expect.objectContaining({ name: 'city', kind: 'text', own: false, required: false }))
    expect(items.at(-1)).toMatchObject({ name: custom, label: 'points', kind: 'number', own: true })
  })

  it('warns of another export that fills a field of the same people with something else', async () => {
    const made = await save('Rival', { city: 'City', first_name: 'FirstName' })
    const { body: found } = await api.call('GET', `/exports/${idOf(made)}/warnings`)
    expect(found).toMatchObject({
      items: expect.arrayContaining([{ pointer: '/matching/fields/city', detail: expect.stringContaining('“Other”') }]),
    })
    expect(JSON.stringify(found)).not.toContain('first_name')
  })
})

describe('the preview', () => {
  const preview = async (given: object, query = '') => {
    const { items } = z
      .object({ items: z.array(z.object({ id: z.string(), name: z.string() })) })
      .parse((await api.call('GET', '/exports')).body)
    const id = items.find(({ name }) => name === 'Other')?.id ?? ''
    return await api.call('POST', `/exports/${id}/preview${query}`, { body: given })
  }
  const matching = { identifier: 'Email', fields: { first_name: { case: 'title', of: { trim: 'FirstName' } } } }
  const first = { name: 'first_name', label: 'First name' }

  it('shows one person before and after, masked unless asked for', async () => {
    const customerId = await customerOf('ada@example.com')
    expect(await preview({ customerId, matching }, '?reveal=true')).toMatchObject({
      status: 200,
      body: {
        customerId,
        identifier: { before: [{ field: 'Email', value: 'Ada@Example.com' }], after: 'ada@example.com' },
        fields: [{ ...first, before: [{ field: 'FirstName', value: ' ADA ' }], after: 'Ada' }],
      },
    })
    expect((await preview({ customerId, matching })).body).toMatchObject({
      identifier: { before: [{ value: 'Ad***@Ex***' }], after: 'ad***@ex***' },
    })
  })

  it('says why a value is refused', async () => {
    const customerId = await customerOf('bob@example.com')
    expect((await preview({ customerId })).body).toMatchObject({
      fields: expect.arrayContaining([expect.objectContaining({ ...first, refused: 'too-long' })]),
    })
  })

  it('takes anybody who can be sent where nobody is named', async () => {
    const { status, body: shown } = await preview({})
    expect(status).toBe(200)
    expect(shown).toMatchObject({ identifier: { after: expect.stringContaining('@') } })
  })

  it('knows nobody by a customer ID that is not there', async () => {
    expect(await preview({ customerId: 'nobody' })).toMatchObject({ status: 404, body: { code: 'profile.missing' } })
  })

  it('refuses a data matching that could not be saved', async () => {
    const tried = { identifier: 'Email', fields: { e99_T: 'City' } }
    expect((await preview({ matching: tried })).status).toBe(422)
  })
})

const customerOf = async (email: string): Promise<string> => {
  const { body: found } = await api.call('POST', '/profiles/search', { body: { email } })
  const [one] = z.object({ items: z.array(z.object({ customerId: z.string() })) }).parse(found).items
  return one?.customerId ?? ''
}
