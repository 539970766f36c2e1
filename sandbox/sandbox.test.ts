/** The sandbox as a whole: ports, the log, forbidden switches, events, dumps. */
import { readdir, readFile } from 'node:fs/promises'
import { connect, Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exampleCredentials } from './credentials.ts'
import { signIn } from './microsoft-advertising/test-sign-in.ts'
import { type RequestEvent, startSandbox } from './sandbox.ts'
import { type Bench, type Reply, startBench } from './test-bench.ts'
import { anyPorts } from './vendors.ts'

const app = exampleCredentials['microsoft-advertising']
const headers = { authorization: `Bearer ${exampleCredentials.sendgrid.apiKey}` }
const contactsPath = '/v3/marketing/contacts'

let bench: Bench
let events: RequestEvent[]
const ask = (method: string, path: string, json?: unknown): Promise<Reply> =>
  bench.ask('sendgrid', method, path, { headers, ...(json ? { json } : {}) })
const makeList = async (name: string): Promise<string> => {
  const made: { id: string } = JSON.parse((await ask('POST', '/v3/marketing/lists', { name })).text)
  return made.id
}
const askMicrosoft = async (path: string, json: unknown): Promise<Reply> =>
  bench.ask('microsoft-advertising', 'POST', `/CampaignManagement/v13${path}`, {
    json,
    headers: {
      Authorization: `Bearer ${(await signIn(bench)).access_token}`,
      DeveloperToken: app.developerToken,
      CustomerId: app.customerId,
      CustomerAccountId: app.accountId,
    },
  })
const makeAudience = async (name: string): Promise<string> => {
  const audience = { Type: 'CustomerList', Name: name, Scope: 'Account', ParentId: app.accountId }
  const made: { AudienceIds: string[] } = JSON.parse((await askMicrosoft('/Audiences', { Audiences: [audience] })).text)
  return made.AudienceIds[0] ?? ''
}
const applyHash = (id: string, hash: string, action: string): Promise<Reply> =>
  askMicrosoft('/CustomerListUserData/Apply', {
    CustomerListUserData: {
      AcceptCustomerMatchTerm: true,
      ActionType: action,
      AudienceId: id,
      CustomerListItemSubType: 'Email',
      CustomerListItems: [hash],
    },
  })

beforeEach(async () => {
  events = []
  bench = await startBench({ onRequest: (event) => events.push(event) })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await bench.end()
})

describe('starting', () => {
  it('names vendor, port and what to do when a port is taken, and leaves nothing running', async () => {
    const port = Number(new URL(bench.sandbox().urls.sendgrid).port)
    const home = join(bench.home, 'second')
    const start = (sendgrid: number) => startSandbox({ home, ports: { ...anyPorts, sendgrid } })
    await expect(start(port)).rejects.toThrow(
      new RegExp(`sendgrid: port ${port} of 127.0.0.1 is in use.*choose another port for sendgrid`),
    )
    await (await start(0)).close()
  })

  it('refuses a home that another sandbox holds', async () => {
    const second = startSandbox({ home: bench.home, ports: anyPorts })
    await expect(second).rejects.toThrow(/in use by another sandbox/)
  })

  it('refuses a pace of nothing', async () => {
    await expect(startSandbox({ home: bench.home, pace: 0 })).rejects.toThrow('pace')
  })
})

describe('the request log', () => {
  it('keeps every request and every accepted record, over a restart, with ids that go on', async () => {
    const list = await makeList('VIP')
    await ask('PUT', contactsPath, {
      list_ids: [list],
      contacts: [{ email: 'B@example.com' }, { email: 'a@example.com' }],
    })
    await ask('PUT', contactsPath, { contacts: [{ email: 'rubbish' }] })
    await bench.restart()
    await ask('GET', '/v3/marketing/lists?page_size=1')
    expect(bench.sandbox().requests('sendgrid')).toEqual([
      { id: 1, at: bench.now(), method: 'POST', path: '/v3/marketing/lists', status: 201, records: 1, write: true },
      { id: 2, at: bench.now(), method: 'PUT', path: contactsPath, status: 202, records: 2, write: true },
      { id: 3, at: bench.now(), method: 'PUT', path: contactsPath, status: 400, records: 1, write: true },
      { id: 4, at: bench.now(), method: 'GET', path: '/v3/marketing/lists', status: 200, records: 0, write: false },
    ])
    expect([...bench.sandbox().deliveries('sendgrid')]).toEqual([
      { requestId: 2, listId: list, operation: 'add', identifier: 'b@example.com' },
      { requestId: 2, listId: list, operation: 'add', identifier: 'a@example.com' },
    ])
  })
})

describe('forbidden switches', () => {
  it.each([
    ['DELETE', `${contactsPath}?ids=1`],
    ['DELETE', `${contactsPath}?delete_all_contacts=true`],
    ['DELETE', '/v3/marketing/lists/LIST?delete_contacts=true'],
  ])('refuses %s %s, changes nothing and remembers it', async (method, path) => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const list = await makeList('VIP')
    await ask('PUT', contactsPath, { list_ids: [list], contacts: [{ email: 'a@example.com' }] })
    bench.pass(60)
    expect((await ask(method, path.replace('LIST', list))).status).toBe(400)
    bench.pass(60)
    await bench.restart()
    expect(bench.sandbox().members('sendgrid', list)).toEqual(['a@example.com'])
    expect(bench.sandbox().forbidden()).toEqual([expect.stringContaining(`sendgrid: ${method}`)])
    expect(said).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('FORBIDDEN'))
  })

  it('lets a list go without its contacts', async () => {
    const list = await makeList('VIP')
    expect((await ask('DELETE', `/v3/marketing/lists/${list}?delete_contacts=false`)).status).toBe(204)
    expect(bench.sandbox().forbidden()).toEqual([])
  })

  it('refuses Replace', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const id = await makeAudience('VIP')
    await applyHash(id, 'a'.repeat(64), 'Add')
    const replaced = await applyHash(id, 'b'.repeat(64), 'Replace')
    expect(replaced).toMatchObject({ status: 400, json: { Type: 'ApiFaultDetail' } })
    expect(bench.sandbox().members('microsoft-advertising', id)).toEqual(['a'.repeat(64)])
    expect(bench.sandbox().forbidden()).toEqual([expect.stringMatching(/^microsoft-advertising: Replace/)])
  })
})

describe('events', () => {
  it('tells of each request as it is open, applied, answered', async () => {
    const list = await makeList('VIP')
    await ask('PUT', contactsPath, { list_ids: [list], contacts: [{ email: 'a@example.com' }] })
    await expect.poll(() => bench.sandbox().openRequests()).toBe(0)
    const put = { vendor: 'sendgrid', id: 2, method: 'PUT', path: contactsPath, write: true }
    expect(events.slice(3)).toEqual([
      { phase: 'open', ...put },
      { phase: 'applied', ...put },
      { phase: 'answered', ...put },
    ])
  })

  it('has not applied a request that is open, and has when it says so', async () => {
    const counts: number[] = []
    await bench.end()
    bench = await startBench({
      latencyMs: 2,
      onRequest: () => counts.push(bench.sandbox().lists('sendgrid').length, bench.sandbox().openRequests()),
    })
    await makeList('VIP')
    await expect.poll(() => counts).toEqual([0, 1, 1, 1, 1, 0])
  })

  it('carries out what was received whole, whether or not the client waits', async () => {
    await bench.end()
    const seen: string[] = []
    const socket = new Socket()
    bench = await startBench({
      // Long enough that the connection's end is known before the answer is due.
      latencyMs: 1000,
      onRequest({ phase }) {
        seen.push(phase)
        if (phase === 'open') socket.destroy()
      },
    })
    socket.connect(Number(new URL(bench.sandbox().urls.sendgrid).port), '127.0.0.1')
    const body = JSON.stringify({ name: 'VIP' })
    socket.write(
      `POST /v3/marketing/lists HTTP/1.1\r\nhost: x\r\naccept: */*\r\nauthorization: ${headers.authorization}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await expect.poll(() => seen).toContain('applied')
    await expect.poll(() => bench.sandbox().openRequests()).toBe(0)
    expect(seen).toEqual(['open', 'applied'])
    expect(bench.sandbox().lists('sendgrid')).toHaveLength(1)
  })

  it('ignores a request whose body never comes whole', async () => {
    const socket = connect(Number(new URL(bench.sandbox().urls.sendgrid).port), '127.0.0.1')
    socket.write('POST /v3/marketing/lists HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"name"')
    await ask('GET', '/v3/marketing/lists')
    socket.destroy()
    await ask('GET', '/v3/marketing/lists')
    expect(events.filter(({ phase, write }) => phase === 'open' && write)).toEqual([])
  })
})

describe('dump', () => {
  it('writes a file per list: sorted lower-cased addresses, hashes, nothing for an empty list', async () => {
    const [vip, empty] = [await makeList('VIP / Oslo'), await makeList('Empty')]
    await ask('PUT', contactsPath, {
      list_ids: [vip],
      contacts: [{ email: 'B@Example.com' }, { email: 'a@example.com' }],
    })
    bench.pass(60)
    const audience = await makeAudience('Høy')
    await applyHash(audience, 'f'.repeat(64), 'Add')
    await applyHash(audience, '0'.repeat(64), 'Add')
    const dir = join(bench.home, 'dump')
    await bench.sandbox().dump(dir)
    expect((await readdir(join(dir, 'sendgrid'))).sort()).toEqual(['Empty.txt', 'VIP _ Oslo.txt'])
    expect(await readFile(join(dir, 'sendgrid', 'VIP _ Oslo.txt'), 'utf8')).toBe('a@example.com\nb@example.com\n')
    expect(await readFile(join(dir, 'sendgrid', 'Empty.txt'), 'utf8')).toBe('')
    expect(await readFile(join(dir, 'microsoft-advertising', 'Høy.txt'), 'utf8')).toBe(
      `${'0'.repeat(64)}\n${'f'.repeat(64)}\n`,
    )
    await ask('DELETE', `/v3/marketing/lists/${empty}`)
    await bench.sandbox().dump(dir)
    expect(await readdir(join(dir, 'sendgrid'))).toEqual(['VIP _ Oslo.txt'])
  })
})
