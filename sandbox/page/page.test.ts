/** The page over real HTTP: what it shows, that names are text, paging, refreshing, and who may look. */
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { exampleCredentials } from '../credentials.ts'
import { type Bench, startBench } from '../test-bench.ts'
import { html } from './html.ts'
import { REFRESH_SECONDS } from './layout.ts'
import { type RunningPage, servePage } from './server.ts'

let bench: Bench
let page: RunningPage
const open = async (options: Parameters<typeof startBench>[0] = {}): Promise<void> => {
  bench = await startBench({ limits: false, ...options })
  page = await servePage(bench.sandbox(), 0)
}
beforeEach(async () => await open())
afterEach(async () => {
  await page.close()
  await bench.end()
})

const headers = { authorization: `Bearer ${exampleCredentials.sendgrid.apiKey}`, accept: 'application/json' }
const makeList = async (name: string): Promise<string> => {
  const { json } = await bench.ask('sendgrid', 'POST', '/v3/marketing/lists', { headers, json: { name } })
  return z.object({ id: z.string() }).parse(json).id
}
const put = async (list: string, emails: readonly string[]): Promise<void> => {
  const contacts = emails.map((email) => ({ email }))
  await bench.ask('sendgrid', 'PUT', '/v3/marketing/contacts', { headers, json: { list_ids: [list], contacts } })
  bench.pass(3600)
}
const look = async (path: string): Promise<string> => {
  const answer = await fetch(`${page.url}${path}`)
  expect(answer.status).toBe(200)
  return await answer.text()
}
/** Texts of the cells, row by row. */
const cells = (text: string): string[][] =>
  [...text.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell = '']) => cell.replaceAll(/<[^>]+>/g, '')),
  )
const linkNamed = (text: string, name: string): string => {
  const found = new RegExp(`href="([^"]+)"[^>]*>${name}<`).exec(text)?.[1]
  if (found === undefined) throw new Error(`There is no link ${name}.`)
  return found.replaceAll('&amp;', '&')
}
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `p${String(index).padStart(4, '0')}@example.com`)

describe('what it shows', () => {
  it('all services, with their addresses and sizes', async () => {
    await put(await makeList('VIP'), numbered(3))
    const shown = cells(await look('/'))
    expect(shown[0]).toEqual(['Service', 'Address', 'Lists', 'Members', 'Requests'])
    expect(shown).toContainEqual(['SendGrid', bench.sandbox().urls.sendgrid, '1', '3', '2'])
    expect(shown).toContainEqual(['Dotdigital', bench.sandbox().urls.dotdigital, '0', '0', '0'])
    expect(shown).toHaveLength(7)
  })

  it('the lists of a service, and from there the members of one', async () => {
    const id = await makeList('VIP')
    await put(id, ['b@example.com', 'a@example.com'])
    const lists = await look(linkNamed(await look('/'), 'SendGrid'))
    expect(cells(lists)).toContainEqual(['VIP', id, '2'])
    expect(cells(await look(linkNamed(lists, 'VIP')))).toEqual([
      ['No.', 'Member'],
      ['1', 'a@example.com'],
      ['2', 'b@example.com'],
    ])
  })

  it('requests, the newest first, with status and records', async () => {
    const id = await makeList('VIP')
    await put(id, numbered(7))
    await bench.ask('sendgrid', 'GET', '/v3/marketing/lists/none', { headers })
    const rows = cells(await look(linkNamed(await look('/sendgrid'), 'Requests'))).slice(1)
    expect(
      rows.map(([number, , method, path, status, fault, records, write]) => [
        number,
        method,
        path,
        status,
        fault,
        records,
        write,
      ]),
    ).toEqual([
      ['3', 'GET', '/v3/marketing/lists/none', '404', '', '0', 'no'],
      ['2', 'PUT', '/v3/marketing/contacts', '202', '', '7', 'yes'],
      ['1', 'POST', '/v3/marketing/lists', '201', '', expect.any(String), 'yes'],
    ])
    expect(rows[0]?.[1]).toMatch(/^2027-01-04T\d\d:\d\d/)
  })

  it('faults', async () => {
    await page.close()
    await bench.end()
    await open({ faults: { share: 1, seed: 3 }, pace: 30_000 })
    for (let number = 0; number < 5; number++) await makeList(`list ${number}`).catch(() => undefined)
    const faults = bench
      .sandbox()
      .requests('sendgrid')
      .map(({ fault }) => fault)
    expect(faults).toHaveLength(5)
    expect(
      cells(await look('/sendgrid/requests'))
        .slice(1)
        .map((row) => row[5]),
    ).toEqual(faults.reverse())
  })

  it('what must never be sent', async () => {
    expect(await look('/')).not.toContain('must never be sent')
    await bench.ask('sendgrid', 'DELETE', '/v3/marketing/contacts?delete_all_contacts=true', { headers })
    for (const path of ['/', '/sendgrid', '/sendgrid/requests'])
      expect(await look(path)).toContain('must never be sent')
    expect(await look('/iterable')).not.toContain('must never be sent')
  })
})

describe('odd names are text', () => {
  it.each([
    ['markup', '<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['quotes', `"onmouseover='x'`, '&quot;onmouseover=&#39;x&#39;'],
    ['an entity', '&lt;b&gt;', '&amp;lt;b&amp;gt;'],
    ['the end of a title', '</title></style><img src=x>', '&lt;/title&gt;&lt;/style&gt;&lt;img src=x&gt;'],
    ['other scripts', 'Ærlig 顧客 🙂', 'Ærlig 顧客 🙂'],
  ])('%s', async (_what, name, written) => {
    const id = await makeList(name)
    for (const path of ['/sendgrid', `/sendgrid/lists/${id}`]) {
      const text = await look(path)
      expect(text).toContain(written)
      if (written !== name) expect(text).not.toContain(name)
    }
  })

  it('in members and paths', async () => {
    const id = await makeList('VIP')
    await put(id, [`o'brien&co@example.com`])
    expect(await look(`/sendgrid/lists/${id}`)).toContain('o&#39;brien&amp;co@example.com')
    await bench.ask('sendgrid', 'GET', '/<img>', { headers })
    expect(await look('/sendgrid/requests')).not.toContain('<img')
  })

  it('in attributes, and without control characters', () => {
    expect(html`<a title="${'" x="\u0000'}">${html`<b>${1}</b>`}</a>`.markup).toBe(
      '<a title="&quot; x=&quot;\u{FFFD}"><b>1</b></a>',
    )
  })
})

describe('paging', () => {
  it('shows every member once', async () => {
    const id = await makeList('Many')
    const all = numbered(250)
    await put(id, all)
    const seen: string[] = []
    let path = `/sendgrid/lists/${id}`
    for (let number = 1; ; number++) {
      const text = await look(path)
      expect(text).toContain(`Page ${number} of 3`)
      seen.push(
        ...cells(text)
          .slice(1)
          .map(([, member = '']) => member),
      )
      if (number === 3) {
        expect(text).not.toContain('>Next<')
        break
      }
      path = linkNamed(text, 'Next')
    }
    expect(seen).toEqual(all)
    // Whoever was looked at can be changed.
    await put(id, ['z@example.com'])
    expect(cells(await look(`/sendgrid/lists/${id}?page=3`))).toContainEqual(['251', 'z@example.com'])
    expect(cells(await look(linkNamed(await look(path), 'First'))).slice(1)).toHaveLength(100)
  })

  it('of requests too, and has no pages where all fit on one', async () => {
    await makeList('One')
    expect(await look('/sendgrid/requests')).not.toContain('Page 1')
    for (let number = 0; number < 100; number++) {
      await bench.ask('sendgrid', 'GET', '/v3/marketing/lists', { headers })
    }
    const last = await look(linkNamed(await look('/sendgrid/requests'), 'Last'))
    expect(
      cells(last)
        .slice(1)
        .map(([number]) => number),
    ).toEqual(['1'])
  })

  it.each(['0', '-1', '1.5', 'x', '99999999999999999999', '999'])('page %s is one that there is', async (number) => {
    await makeList('One')
    expect(cells(await look(`/sendgrid?page=${number}`)).slice(1)).toHaveLength(1)
  })
})

describe('refreshing', () => {
  const meta = `<meta http-equiv="refresh" content="${REFRESH_SECONDS}">`
  it('is off, can be turned on, goes along, and is turned off', async () => {
    await makeList('VIP')
    const first = await look('/sendgrid')
    expect(first).not.toContain('http-equiv')
    const on = await look(linkNamed(first, `refresh every ${REFRESH_SECONDS} seconds`))
    expect(on).toContain(meta)
    expect(await look(linkNamed(on, 'VIP'))).toContain(meta)
    expect(await look(linkNamed(on, 'turn that off'))).not.toContain('http-equiv')
  })

  it('shows what has happened since', async () => {
    const before = await look('/sendgrid')
    expect(before).toContain('It has no list.')
    await makeList('Later')
    expect(await look(linkNamed(before, 'Refresh now'))).toContain('Later')
  })
})

describe('who may look, and at what', () => {
  it.each([
    '/nowhere',
    '/sendgrid/lists/none',
    '/sendgrid/lists/%E0',
    '/sendgrid/else',
    '/sendgrid/requests/1',
    '//',
    '/constructor',
  ])('%s is not there', async (path) => {
    const answer = await fetch(`${page.url}${path}`)
    expect(answer.status).toBe(404)
    expect(await answer.text()).toContain('There is no such page')
  })

  it('nobody changes anything', async () => {
    const answer = await fetch(`${page.url}/`, { method: 'POST', body: 'x' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  it('no page of another name that leads to this machine', async () => {
    const status = await new Promise((resolve, reject) => {
      const asked = request(`${page.url}/`, { headers: { host: 'evil.example' } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      asked.once('error', reject)
      asked.end()
    })
    expect(status).toBe(403)
  })

  it('listens on loopback alone, and lets nothing in from elsewhere', async () => {
    expect(new URL(page.url).hostname).toBe('127.0.0.1')
    const answer = await fetch(page.url)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    const text = await answer.text()
    expect(text).not.toMatch(/<script|src=|url\(/)
    expect(text).toMatch(/color-scheme: light dark/)
    expect(text).toMatch(/<meta name="viewport" content="width=device-width/)
    expect(text).toMatch(/<html lang="en">/)
  })
})
