/** Connections over HTTP: proved, signed in, asked for their lists; what is secret goes in and never comes out. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { vendorSetUps } from '../../demo/at-vendor.ts'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { type ApiRig, openApiRig, Problem } from './fixtures/api-rig.ts'

let api: ApiRig
beforeAll(async () => {
  api = await openApiRig()
})
afterAll(async () => {
  expect(api.rig.sandbox.forbidden()).toEqual([])
  await api.close()
})

const { clientId, clientSecret, developerToken, customerId, accountId } = exampleCredentials['microsoft-advertising']
const keysOf = {
  'campaign-monitor': { apiKey: exampleCredentials['campaign-monitor'].apiKey, clientId: '', clientSecret: '' },
  dotdigital: exampleCredentials.dotdigital,
}
const { apiKey, apiKeyWithoutMarketing } = exampleCredentials.sendgrid

const codeOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked
  } catch (error) {
    if (error instanceof Problem && error.body instanceof Object && 'code' in error.body) return String(error.body.code)
    throw error
  }
  return 'answered'
}

const make = async (name: string, destination: string, credentials: Readonly<Record<string, string>>) =>
  (await api.client.createConnection({ body: { name, destination, credentials } })).body

it('proves a key, lists what there is to choose, and says in its own words what the service refuses', async () => {
  const list = await api.rig.sendgridList('To choose')
  const { id } = await make('Good key', 'sendgrid', { apiKey })
  expect((await api.client.getConnection({ path: { id } })).body).toMatchObject({ found: null, signedIn: false })
  expect((await api.client.checkConnection({ path: { id } })).body.found).toEqual({})
  const { body: lists } = await api.client.listVendorLists({ path: { id } })
  expect(lists.items).toContainEqual({ id: list, name: 'To choose', size: 0, notice: null })
  expect(await codeOf(api.client.startSignIn({ path: { id } }))).toBe('connection.no_sign_in')

  const weak = await make('Weak key', 'sendgrid', { apiKey: apiKeyWithoutMarketing })
  expect(await codeOf(api.client.checkConnection({ path: { id: weak.id } }))).toBe('run.destination_refused')
  expect(await codeOf(api.client.listVendorLists({ path: { id: weak.id } }))).toBe('run.destination_refused')
})

it.each(['campaign-monitor', 'dotdigital'] as const)(
  'lists what there is at %s before anybody has proved the connection',
  async (destination) => {
    const settings = (await vendorSetUps[destination].connectionSettings?.(api.rig.server.ports)) ?? {}
    const credentials = keysOf[destination]
    const body = { name: `New at ${destination}`, destination, credentials, settings }
    const { id } = (await api.client.createConnection({ body })).body
    expect((await api.client.listVendorLists({ path: { id } })).body.items).toEqual(expect.any(Array))
    expect((await api.client.listVendorFields({ path: { id } })).body.items.length).toBeGreaterThan(0)
  },
)

/** As a browser goes to the page of the simulated service, which sends it on to where Sund waits. */
const visit = async (page: string, more = ''): Promise<void> => {
  await (await fetch(`${page}${more}`)).text()
}

/** The state of a sign-in once it waits no more. */
const signedIn = async (id: string) => {
  for (;;) {
    const { body } = await api.client.getSignIn({ path: { id } })
    if (body.status !== 'waiting') return body
    await new Promise((done) => setTimeout(done, 20))
  }
}

it('signs in on the page of the service, whose answer comes to this machine', async () => {
  const { id } = await make('Ads', 'microsoft-advertising', { clientId, clientSecret, developerToken })
  const path = { id }
  expect((await api.client.getSignIn({ path })).body).toEqual({ status: 'none' })
  expect(await codeOf(api.client.checkConnection({ path }))).toBe('connection.not_signed_in')

  const { status, body: waiting } = await api.client.startSignIn({ path })
  expect([status, waiting.status]).toEqual([202, 'waiting'])
  // At the endpoint of the destination, as everything else of it.
  expect(waiting.url?.startsWith(api.rig.sandbox.urls['microsoft-advertising'])).toBe(true)
  expect((await api.client.startSignIn({ path })).body).toEqual(waiting)
  await visit(waiting.url ?? '', '&login_hint=deny')
  expect(await signedIn(id)).toMatchObject({ status: 'failed', code: 'connection.consent_denied' })

  const { body: again } = await api.client.startSignIn({ path })
  expect(again.url).not.toBe(waiting.url)
  await visit(again.url ?? '')
  expect(await signedIn(id)).toEqual({ status: 'signed-in' })
  expect((await api.client.getConnection({ path })).body).toMatchObject({ signedIn: true, found: {} })

  const setting = [`customerId:${customerId}`, `accountId:${accountId}`]
  expect((await api.client.listVendorLists({ path, query: { setting } })).body).toEqual({ items: [] })
  expect(await codeOf(api.client.listVendorLists({ path }))).toBe('request.unusable')

  const { etag = '' } = await api.client.getConnection({ path })
  const credentials = { clientId, clientSecret: 'changed', developerToken }
  const changed = await api.client.changeConnection({ path, headers: { 'if-match': etag }, body: { credentials } })
  expect(changed.body).toMatchObject({ signedIn: false, found: null })
  expect((await api.client.getSignIn({ path })).body).toEqual({ status: 'none' })
})

it('never answers with a credential, and keeps none in its own words of refusals', async () => {
  const canary = 'SG.canary-7f3a9c'
  const { id } = await make('Canary', 'sendgrid', { apiKey: canary })
  const path = { id }
  const { etag = '' } = await api.client.getConnection({ path })
  const answers = await Promise.all([
    api.call('GET', `/connections/${id}`),
    api.call('GET', '/connections'),
    api.call('POST', `/connections/${id}/check`),
    api.call('GET', `/connections/${id}/lists`),
    api.call('PATCH', `/connections/${id}`, {
      headers: { 'if-match': etag },
      body: { credentials: { apiKey: `${canary}2` } },
    }),
    api.call('PATCH', `/connections/${id}`, { headers: { 'if-match': etag }, body: { credentials: { key: canary } } }),
    api.call('POST', '/connections', {
      body: { name: 'Canary', destination: 'sendgrid', credentials: { apiKey: canary } },
    }),
    api.call('POST', '/connections', {
      headers: { 'idempotency-key': 'canary' },
      body: { name: 'Canary 2', destination: 'sendgrid', credentials: { apiKey: { canary } }, [canary]: 1 },
    }),
    api.call('POST', '/connections', { body: `{"credentials":"${canary}` }),
  ])
  // The last but one echoes the name of a key, which is no credential.
  const told = answers.map(({ text }) => text)
  expect(told.filter((text) => text.includes('canary')).length).toBe(1)
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 502, 502, 200, 422, 409, 400, 400])
})

it('shows what each destination asks and allows, every number with its source', async () => {
  const { body } = await api.client.listDestinations()
  expect(body.items.map(({ id }) => id)).toEqual(expect.arrayContaining(['microsoft-advertising', 'sendgrid']))
  const { body: sendgrid } = await api.client.getDestination({ path: { slug: 'sendgrid' } })
  expect(body.items).toContainEqual(sendgrid)
  expect(sendgrid).toMatchObject({
    signIn: false,
    makesLists: false,
    credentials: [{ name: 'apiKey' }],
    people: { value: 100_000, over: 'connection', kind: 'documented' },
  })
  expect(await codeOf(api.client.getDestination({ path: { slug: 'pigeon' } }))).toBe('destination.unknown')
})
