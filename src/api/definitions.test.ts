/** Definitions over HTTP: made, read, replaced on the version that was read, and removed; each once, however often it is sent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { crowd, peopleSource, peopleUnification } from '../../test/end-to-end/rig.ts'
import { type ApiRig, openApiRig, type Reply } from './fixtures/api-rig.ts'

let api: ApiRig
beforeAll(async () => {
  api = await openApiRig()
})
afterAll(async () => await api.close())

const idOf = ({ body }: Reply): string => z.object({ id: z.string() }).parse(body).id
const itemsOf = ({ body }: Reply) =>
  z.object({ items: z.array(z.object({ id: z.string() })), total: z.number() }).parse(body)
const codeOf = ({ status, body }: Reply) => ({ status, code: z.object({ code: z.string() }).parse(body).code })

const rule = { field: 'City', op: 'is', value: 'Oslo' }

/** What an export is made of, beside it. */
const parts = async (): Promise<{ connectionId: string; segmentIds: string[] }> => {
  const connection = await api.call('POST', '/connections', {
    body: { name: `Parts ${Math.random()}`, destination: 'sendgrid', credentials: { apiKey: 'SG.x' } },
  })
  const segment = await api.call('POST', '/segments', { body: { name: `Parts ${Math.random()}`, rule } })
  return { connectionId: idOf(connection), segmentIds: [idOf(segment)] }
}

interface Kind {
  readonly path: string
  readonly write: 'PUT' | 'PATCH'
  readonly first: () => Promise<object>
  readonly change: (first: object) => object
}

const kinds: readonly Kind[] = [
  {
    path: '/sources',
    write: 'PUT',
    first: async () => ({ ...peopleSource, name: 'Guests', file: 'Guests.csv' }),
    change: (first) => ({ ...first, file: 'Visitors.csv' }),
  },
  {
    path: '/segments',
    write: 'PUT',
    first: async () => ({ name: 'In Oslo', rule }),
    change: (first) => ({ ...first, name: 'In the capital' }),
  },
  {
    path: '/connections',
    write: 'PATCH',
    first: async () => ({ name: 'Mail', destination: 'sendgrid', credentials: { apiKey: 'SG.first' } }),
    change: () => ({ name: 'Post', peopleLimit: 10 }),
  },
  {
    path: '/exports',
    write: 'PUT',
    first: async () => ({
      name: 'Weekly',
      ...(await parts()),
      matching: { identifier: 'Email', fields: { first_name: 'FirstName' } },
      listId: 'L1',
    }),
    change: (first) => ({ ...first, name: 'Daily' }),
  },
]

describe.each(kinds)('$path', ({ path, write, first, change }) => {
  it('is made, read, listed, replaced and removed, on the version that was read', async () => {
    const wanted = await first()
    const made = await api.call('POST', path, { body: wanted })
    expect(made.status).toBe(201)
    const id = idOf(made)
    const place = `${path}/${id}`
    expect(made.headers.get('location')).toBe(`/api/v1${place}`)

    const read = await api.call('GET', place)
    expect(read.status).toBe(200)
    expect(read.body).toEqual(made.body)
    const etag = read.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w-]+"$/)
    expect(made.headers.get('etag')).toBe(etag)
    expect(itemsOf(await api.call('GET', path)).items.map((one) => one.id)).toContain(id)

    expect(codeOf(await api.call('POST', path, { body: wanted })).status).toBe(409)

    const changed = change(wanted)
    const unconditional = await api.call(write, place, { body: changed })
    expect(codeOf(unconditional)).toEqual({ status: 428, code: 'request.no_precondition' })
    const stale = await api.call(write, place, { body: changed, headers: { 'if-match': '"another"' } })
    expect(codeOf(stale)).toEqual({ status: 412, code: 'request.stale' })
    const weak = await api.call(write, place, { body: changed, headers: { 'if-match': `W/${etag}` } })
    expect(weak.status).toBe(412)
    expect((await api.call('GET', place)).body).toEqual(read.body)

    const replaced = await api.call(write, place, { body: changed, headers: { 'if-match': etag } })
    expect(replaced.status).toBe(200)
    expect(replaced.headers.get('etag')).not.toBe(etag)
    expect((await api.call('GET', place)).body).toEqual(replaced.body)
    expect(replaced.body).not.toEqual(read.body)

    expect((await api.call('DELETE', place)).status).toBe(428)
    expect((await api.call('DELETE', place, { headers: { 'if-match': etag } })).status).toBe(412)
    const last = { 'if-match': replaced.headers.get('etag') ?? '' }
    const removed = await api.call('DELETE', place, { headers: last })
    expect([removed.status, removed.text]).toEqual([204, ''])
    expect((await api.call('GET', place)).status).toBe(404)
    expect((await api.call('DELETE', place, { headers: last })).status).toBe(404)
  })

  it('takes one of two changes that are made on the same version', async () => {
    const wanted = await first()
    const made = await api.call('POST', path, { body: wanted })
    const place = `${path}/${idOf(made)}`
    const headers = { 'if-match': made.headers.get('etag') ?? '' }
    const bodies = ['One', 'Other'].map((name) => ({ ...change(wanted), ...(path === '/sources' ? {} : { name }) }))
    const different = bodies.map((body, index) => (path === '/sources' ? { ...body, file: `${index}.csv` } : body))
    const answers = await Promise.all(different.map(async (body) => await api.call(write, place, { body, headers })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
    const winner = answers.find(({ status }) => status === 200)
    const now = await api.call('GET', place)
    expect(now.body).toEqual(winner?.body)
    await api.call('DELETE', place, { headers: { 'if-match': now.headers.get('etag') ?? '' } })
  })

  it('is made once, when it is sent again with its Idempotency-Key', async () => {
    const wanted = await first()
    const headers = { 'idempotency-key': `make${path}` }
    const made = await api.call('POST', path, { body: wanted, headers })
    expect(made.status).toBe(201)
    const reordered = Object.fromEntries(Object.entries(wanted).reverse())
    const again = await api.call('POST', path, { body: reordered, headers })
    expect([again.status, again.text]).toEqual([201, made.text])
    expect(again.headers.get('etag')).toBe(made.headers.get('etag'))
    expect(again.headers.get('location')).toBe(made.headers.get('location'))
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    const other = await api.call('POST', path, { body: { ...wanted, name: 'Something else' }, headers })
    expect(codeOf(other)).toEqual({ status: 422, code: 'idempotency.reused' })
    const etag = made.headers.get('etag') ?? ''
    await api.call('DELETE', `${path}/${idOf(made)}`, { headers: { 'if-match': etag } })
  })
})

it('carries out one of many equal requests that come at once', async () => {
  const body = { name: 'At once', rule }
  const headers = { 'idempotency-key': 'at-once' }
  const answers = await Promise.all(
    Array.from({ length: 8 }, async () => await api.call('POST', '/segments', { body, headers })),
  )
  const made = answers.filter(({ status }) => status === 201)
  expect(new Set(made.map(({ text }) => text)).size).toBe(1)
  const others = answers.filter(({ status }) => status !== 201)
  expect(others.map(codeOf)).toEqual(others.map(() => ({ status: 409, code: 'idempotency.in_flight' })))
  expect(itemsOf(await api.call('GET', '/segments?search=at+once')).total).toBe(1)
})

it('keeps refusals too, and gives a key free again after a failure that was not the caller’s', async () => {
  const headers = { 'idempotency-key': 'refused' }
  const body = { name: 'At once', rule }
  expect(codeOf(await api.call('POST', '/segments', { body, headers })).code).toBe('segment.exists')
  const again = await api.call('POST', '/segments', { body, headers })
  expect([codeOf(again).code, again.headers.get('idempotency-replayed')]).toEqual(['segment.exists', 'true'])

  const connection = { name: 'Refused key', destination: 'sendgrid', credentials: { apiKey: 'SG.wrong' } }
  const made = await api.call('POST', '/connections', { body: connection })
  const check = { 'idempotency-key': 'check' }
  for (let attempt = 0; attempt < 2; attempt++) {
    const refused = await api.call('POST', `/connections/${idOf(made)}/check`, { headers: check })
    expect(codeOf(refused)).toEqual({ status: 502, code: 'run.destination_refused' })
    expect(refused.headers.get('idempotency-replayed')).toBeNull()
  }
})

describe('what cannot be used is named with its place', () => {
  const refused: readonly [string, string, object, readonly string[]][] = [
    [
      'a rule with unknown fields and operators',
      '/segments',
      {
        name: 'Wrong',
        rule: {
          all: [{ field: 'Citty', op: 'is', value: 'x' }, { any: [{ field: 'City', op: 'is older than', value: 1 }] }],
        },
      },
      ['/rule/all/0/field', '/rule/all/1/any/0/op'],
    ],
    [
      'a connection to nowhere',
      '/connections',
      { name: 'Wrong', destination: 'pigeon', credentials: {} },
      ['/destination'],
    ],
    [
      'settings and credentials that the destination does not have',
      '/connections',
      {
        name: 'Wrong',
        destination: 'sendgrid',
        settings: { region: 'mars', colour: 'red' },
        credentials: { password: 'x' },
      },
      ['/settings/colour', '/settings/region', '/credentials/password', '/credentials/apiKey'],
    ],
    [
      'an export of what is not there',
      '/exports',
      {
        name: 'Wrong',
        connectionId: '999999',
        segmentIds: ['999998'],
        matching: { identifier: 'Email', fields: {} },
      },
      ['/segmentIds/0', '/connectionId'],
    ],
  ]

  it.each(refused)('%s', async (_what, path, body, pointers) => {
    const answer = await api.call('POST', path, { body })
    expect(codeOf(answer)).toEqual({ status: 422, code: 'request.unusable' })
    const { errors } = z
      .object({ errors: z.array(z.object({ in: z.literal('body'), pointer: z.string(), detail: z.string().min(10) })) })
      .parse(answer.body)
    expect(errors.map(({ pointer }) => pointer)).toEqual(pointers)
  })

  it('not an export without a list where the connection names one', async () => {
    const connection = await api.call('POST', '/connections', {
      body: {
        name: 'Names a list',
        destination: 'dotdigital',
        settings: { addressBookId: '1' },
        credentials: { user: 'u', password: 'p' },
      },
    })
    const { segmentIds } = await parts()
    const matching = { identifier: 'Email', fields: { FIRSTNAME: 'FirstName' } }
    const body = { name: 'Into the default', connectionId: idOf(connection), segmentIds, matching }
    expect(await api.call('POST', '/exports', { body })).toMatchObject({ status: 201, body: { listId: null } })
  })

  it('an export whose matching names fields that nobody has, without the list that it needs', async () => {
    const body = {
      name: 'Wrong',
      ...(await parts()),
      matching: { identifier: 'City', fields: { shoe_size: 'City', first_name: 'Nickname' } },
    }
    const answer = await api.call('POST', '/exports', { body })
    const { errors } = z.object({ errors: z.array(z.object({ pointer: z.string() })) }).parse(answer.body)
    expect(errors.map(({ pointer }) => pointer)).toEqual([
      '/matching/fields/shoe_size',
      '/matching/identifier',
      '/matching/fields/first_name',
      '/listId',
    ])
  })
})

it('replaces the unification on the version that was read, and defines it first only where there is none', async () => {
  const read = await api.call('GET', '/unification')
  expect(read.body).toEqual(peopleUnification)
  const first = await api.call('PUT', '/unification', { body: peopleUnification, headers: { 'if-none-match': '*' } })
  expect(codeOf(first)).toEqual({ status: 412, code: 'request.stale' })
  expect((await api.call('PUT', '/unification', { body: peopleUnification })).status).toBe(428)
  const fewer = { ...peopleUnification, fields: peopleUnification.fields.slice(0, 2) }
  const headers = { 'if-match': read.headers.get('etag') ?? '' }
  expect((await api.call('PUT', '/unification', { body: fewer, headers })).status).toBe(200)
  expect((await api.call('PUT', '/unification', { body: peopleUnification, headers })).status).toBe(412)
  const now = (await api.call('GET', '/unification')).headers.get('etag') ?? ''
  const back = await api.call('PUT', '/unification', { body: peopleUnification, headers: { 'if-match': now } })
  expect(back.body).toEqual(peopleUnification)
})

it('does not remove a source that the unification names', async () => {
  const { items } = await api.client.listSources({ query: { search: 'people' } }).then(({ body }) => body)
  const id = items[0]?.id ?? ''
  const { etag = '' } = await api.client.getSource({ path: { id } })
  const refused = await api.call('DELETE', `/sources/${id}`, { headers: { 'if-match': etag } })
  expect(codeOf(refused)).toEqual({ status: 409, code: 'source.in_use' })
})

it('takes a folder of sources that is there, and no other', async () => {
  const { body, etag = '' } = await api.client.getSettings()
  expect(body.sourcesFolder).toBe(api.rig.files)
  for (const sourcesFolder of ['relative', `${api.rig.files}/nowhere`, `${api.rig.home}/token`]) {
    const refused = await api.call('PUT', '/settings', { body: { sourcesFolder }, headers: { 'if-match': etag } })
    expect(codeOf(refused)).toEqual({ status: 422, code: 'request.unusable' })
    expect(refused.text).not.toContain(api.rig.files)
  }
  const set = await api.client.replaceSettings({ headers: { 'if-match': etag }, body: { sourcesFolder: api.rig.home } })
  expect(set.body.sourcesFolder).toBe(api.rig.home)
  await api.client.replaceSettings({ headers: { 'if-match': set.etag ?? '' }, body })
})

it('gives lists in pages, in a stable order, searched and sorted', async () => {
  const names = ['b', 'A', 'c', 'D', 'e%', 'e_'].map((name) => `Paged ${name}`)
  for (const name of names) await api.call('POST', '/segments', { body: { name, rule } })
  const page = async (query: string) => {
    const answer = await api.call('GET', `/segments?${query}`)
    const { items, ...rest } = z
      .object({ items: z.array(z.object({ name: z.string() })), page: z.number(), size: z.number(), total: z.number() })
      .parse(answer.body)
    return { names: items.map(({ name }) => name.replace('Paged ', '')), ...rest }
  }
  expect(await page('search=paged&size=4')).toEqual({ names: ['A', 'b', 'c', 'D'], page: 1, size: 4, total: 6 })
  expect(await page('search=paged&size=4&page=2')).toEqual({ names: ['e%', 'e_'], page: 2, size: 4, total: 6 })
  expect(await page('search=paged&size=4&page=3')).toEqual({ names: [], page: 3, size: 4, total: 6 })
  expect((await page('search=paged&sort=-name&size=2')).names).toEqual(['e_', 'e%'])
  expect((await page('search=paged&sort=id')).names).toEqual(['b', 'A', 'c', 'D', 'e%', 'e_'])
  expect((await page('search=e%25')).names).toEqual(['e%'])
  for (const query of ['size=0', 'size=501', 'page=0', 'page=x', 'sort=rule', 'pagesize=1']) {
    expect((await api.call('GET', `/segments?${query}`)).status).toBe(400)
  }
})

it('counts what a rule would take among the current profiles', async () => {
  expect(codeOf(await api.call('POST', '/segments/preview', { body: { rule } }))).toEqual({
    status: 409,
    code: 'profiles.missing',
  })
  await api.rig.people([...crowd(0, 7), ...crowd(7, 10, 'Bergen')])
  await api.rig.refreshed()
  const { body } = await api.client.previewSegment({ body: { rule } })
  expect(body).toMatchObject({ members: 7, profiles: 10 })
})
