/** A large upload to the command as a process of its own: it is never held whole. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect, it } from 'vitest'
import { exampleCredentials } from './credentials.ts'
import { anyPorts } from './vendors.ts'

const authorization = `Bearer ${exampleCredentials.sendgrid.apiKey}`
const main = new URL('./main.ts', import.meta.url).href
const header = 'email,first_name,filler\n'
const filler = 'x'.repeat(1000)
const row = (index: number): string => `p${String(index).padStart(9, '0')}@example.com,,${filler}\n`

function* fileOf(rows: number): Generator<Buffer> {
  yield Buffer.from(header)
  for (let start = 0; start < rows; start += 60) {
    const length = Math.min(60, rows - start)
    yield Buffer.from(Array.from({ length }, (_, index) => row(start + index)).join(''))
  }
}

const upload = async (url: string, rows: number): Promise<unknown> => {
  const ask = async (method: string, path: string, body?: object): Promise<string> => {
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    return (
      await fetch(`${url}/v3/marketing/contacts${path}`, { method, headers: { authorization }, ...content })
    ).text()
  }
  const opened: { job_id: string; upload_uri: string; upload_headers: { header: string; value: string }[] } =
    JSON.parse(await ask('PUT', '/imports', { file_type: 'csv', field_mappings: ['_rf2_T', '_rf0_T'] }))
  const headers: Record<string, string> = { 'content-length': String(header.length + rows * row(0).length) }
  for (const each of opened.upload_headers) headers[each.header] = each.value
  const sending = request(opened.upload_uri, { method: 'PUT', headers })
  const answered = once(sending, 'response')
  await pipeline(Readable.from(fileOf(rows)), sending)
  const [answer] = await answered
  expect(answer.statusCode).toBe(200)
  answer.resume()
  const job: { results: unknown } = JSON.parse(await ask('GET', `/imports/${opened.job_id}`))
  return job.results
}

/** Most bytes of memory that the sandbox had for a file of so many rows. */
const peakFor = async (rows: number): Promise<number> => {
  const home = await mkdtemp(join(tmpdir(), 'sund-sandbox-'))
  const args = {
    home,
    pace: 1_000_000,
    limits: true,
    latencyMs: 0,
    ports: anyPorts,
  }
  const script = `import { runSandbox } from ${JSON.stringify(main)}; await runSandbox(${JSON.stringify(args)})
    process.stdout.write('peak ' + process.resourceUsage().maxRSS)`
  // With a small heap, so that what is garbage does not look like what is held.
  const flags = ['--max-old-space-size=64', '--max-semi-space-size=4', '--input-type=module', '-e', script]
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  try {
    for await (const text of child.stdout) {
      const ready = printed.includes('Ctrl+C')
      printed += String(text)
      if (ready || !printed.includes('Ctrl+C')) continue
      const url = /sendgrid {2}(http:\S+)/.exec(printed)?.[1] ?? ''
      expect(await upload(url, rows)).toEqual({ requested_count: rows, created_count: rows })
      child.kill('SIGTERM')
    }
  } finally {
    child.kill('SIGKILL')
    await rm(home, { recursive: true, maxRetries: 3 })
  }
  return Number(/peak (\d+)/.exec(printed)?.[1]) * 1024
}

it('takes 200,000 rows in hardly more memory than 20,000', async () => {
  const [small, large] = [await peakFor(20_000), await peakFor(200_000)]
  expect(small).toBeGreaterThan(0)
  // The file has more than 200 MB.
  expect(large - small).toBeLessThan(120_000_000)
})
