/** Faults on the wire: what the client sees, what the vendor did, and what the request log says. */
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { exampleCredentials } from './credentials.ts'
import type { FaultKind } from './frame/faults.ts'
import type { LoggedRequest } from './frame/request-log.ts'
import type { SandboxOptions } from './sandbox.ts'
import { type Bench, type Reply, startBench } from './test-bench.ts'

let bench: Bench
afterEach(() => bench.end())

const headers = { authorization: `Bearer ${exampleCredentials.sendgrid.apiKey}`, accept: 'application/json' }
const path = '/v3/marketing/lists'
// Fast enough that what never comes is waited for in a moment.
const start = async (options: Partial<SandboxOptions> = {}) => {
  bench = await startBench({ faults: { share: 1, seed: 3 }, pace: 3000, limits: false, ...options })
}
/** Undefined where no whole answer came. */
const ask = async (name: string): Promise<Reply | undefined> =>
  await bench.ask('sendgrid', 'POST', path, { headers, json: { name } }).catch(() => undefined)
const names = () =>
  bench
    .sandbox()
    .lists('sendgrid')
    .map((list) => list.name)
const logged = (): LoggedRequest[] => bench.sandbox().requests('sendgrid')

const imported = z.object({
  upload_uri: z.string(),
  upload_headers: z.array(z.object({ header: z.string(), value: z.string() })),
})
/** Asks until there is an answer. */
const openImport = async (): Promise<z.infer<typeof imported>> => {
  for (;;) {
    const json = { file_type: 'csv', field_mappings: ['_rf2_T'] }
    const reply = await bench
      .ask('sendgrid', 'PUT', '/v3/marketing/contacts/imports', { headers, json })
      .catch(() => undefined)
    const read = imported.safeParse(reply?.json)
    if (read.success) return read.data
  }
}

interface Met {
  readonly name: string
  readonly reply: Reply | undefined
  readonly request: LoggedRequest
}

/** Asks for many lists, each of which meets a fault. */
const meetAll = async (): Promise<Map<FaultKind, Met[]>> => {
  const met = new Map<FaultKind, Met[]>()
  for (let number = 0; number < 150; number++) {
    const name = `list ${number}`
    const reply = await ask(name)
    const request = logged().at(-1)
    if (request?.fault === undefined) throw new Error('A request met no fault.')
    met.set(request.fault, [...(met.get(request.fault) ?? []), { name, reply, request }])
  }
  return met
}

describe('faults', () => {
  it('happen before or after the vendor did as asked, and the log tells which', async () => {
    await start()
    const met = await meetAll()
    const there = new Set(names())
    const seen = (kind: FaultKind) => {
      const all = met.get(kind) ?? []
      expect(all.length, kind).toBeGreaterThan(0)
      const done = all.map(({ name }) => there.has(name))
      const answered = all.map(({ reply }) => reply !== undefined)
      return { done: [...new Set(done)], answered: [...new Set(answered)], all }
    }
    expect(seen('reset before')).toMatchObject({ done: [false], answered: [false] })
    expect(seen('reset after')).toMatchObject({ done: [true], answered: [false] })
    expect(seen('timeout before')).toMatchObject({ done: [false], answered: [false] })
    expect(seen('timeout after')).toMatchObject({ done: [true], answered: [false] })
    expect(seen('cut answer')).toMatchObject({ done: [true], answered: [false] })
    expect(seen('slow answer')).toMatchObject({ done: [true], answered: [true] })
    const late = seen('too many requests')
    expect(late).toMatchObject({ done: [false], answered: [true] })
    expect(late.all[0]?.reply).toMatchObject({ status: 429, json: { errors: [{ message: 'too many requests' }] } })
    expect(late.all[0]?.reply?.headers.get('x-ratelimit-reset')).toBe('1')
    for (const [kind, done] of [
      ['web page before', false],
      ['web page after', true],
    ] as const) {
      const pages = seen(kind)
      expect(pages).toMatchObject({ done: [done], answered: [true] })
      expect(pages.all[0]?.reply?.status).toBe(200)
      expect(pages.all[0]?.reply?.headers.get('content-type')).toMatch('text/html')
    }
    for (const [kind, done] of [
      ['server error before', false],
      ['server error after', true],
    ] as const) {
      const errors = seen(kind)
      expect(errors.done).toEqual([done])
      for (const { reply } of errors.all) {
        expect(reply?.status).toBeGreaterThanOrEqual(500)
        // Whoever says when to come back says that nothing was done.
        if (done) expect(reply?.headers.has('retry-after')).toBe(false)
      }
    }
    expect(logged().filter(({ status, fault }) => status === 0 && fault?.endsWith('after') === true)).toEqual([])
  })

  it('are the same again with the same seed, also when the sandbox is started anew in between', async () => {
    const journey = async (restarted: boolean) => {
      await start({ faults: { share: 0.4, seed: 8 } })
      for (let number = 0; number < 60; number++) {
        await ask(`list ${number % 20}`)
        if (restarted && number % 25 === 24) await bench.restart()
      }
      return logged().map(({ fault, status }) => [fault, status])
    }
    const once = await journey(false)
    await bench.end()
    expect(await journey(true)).toEqual(once)
    expect(new Set(once.map(([fault]) => fault)).size).toBeGreaterThan(5)
  })

  it('do not hide what must never be sent', async () => {
    await start()
    const reply = await bench.ask('sendgrid', 'DELETE', '/v3/marketing/contacts?delete_all_contacts=true', { headers })
    expect(reply.status).toBe(400)
    expect(bench.sandbox().forbidden()).toHaveLength(1)
  })

  it('meet token endpoints too', async () => {
    await start()
    const token = '/common/oauth2/v2.0/token'
    for (let number = 0; number < 20; number++) {
      await bench.ask('microsoft-advertising', 'POST', token, { body: `n=${number}` }).catch(() => undefined)
    }
    const tokens = bench.sandbox().requests('microsoft-advertising')
    expect(tokens.filter(({ fault }) => fault !== undefined)).toHaveLength(20)
  })

  it('meet storage hosts, whose files come as they are read: before they are taken, and after', async () => {
    await start({ faults: { share: 0.6, seed: 2 } })
    // Where a file goes has a name that no seed gives, so it is told by trying how often it takes until all were met.
    const wanted: readonly FaultKind[] = ['reset before', 'timeout after', 'server error before', 'cut answer']
    const met = new Set<FaultKind>()
    let files = 0
    for (; files < 400 && !wanted.every((kind) => met.has(kind)); files++) {
      const opened = await openImport()
      const body = `email\nperson${files}@example.com\n`
      const given = Object.fromEntries(opened.upload_headers.map(({ header, value }) => [header, value]))
      // Sent again until it is taken: a file that was not may come again.
      for (let tries = 0; tries < 20; tries++) {
        const reply = await bench
          .ask('sendgrid', 'PUT', opened.upload_uri, { headers: given, body })
          .catch(() => undefined)
        const request = logged().at(-1)
        if (request?.fault !== undefined) met.add(request.fault)
        if (request?.fault?.endsWith('before') === true) expect(request.records).toBe(0)
        if (reply?.status === 200 && request?.fault === undefined) break
      }
    }
    expect([...met]).toEqual(expect.arrayContaining([...wanted]))
    bench.pass(3600)
    expect(bench.sandbox().received('sendgrid').records).toBeGreaterThanOrEqual(files)
  })
})
