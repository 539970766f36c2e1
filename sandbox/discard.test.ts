/** Simulators that count and keep nothing. */
import { createHash } from 'node:crypto'
import { zipSync } from 'fflate'
import { afterEach, describe, expect, it } from 'vitest'
import { exampleCredentials } from './credentials.ts'
import { signIn } from './microsoft-advertising/test-sign-in.ts'
import { type Bench, type Reply, startBench } from './test-bench.ts'

const app = exampleCredentials['microsoft-advertising']
const authorization = `Bearer ${exampleCredentials.sendgrid.apiKey}`
const contactsPath = '/v3/marketing/contacts'
const emails = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${index}@example.com`)

let bench: Bench
const ask = (method: string, path: string, json?: unknown): Promise<Reply> =>
  bench.ask('sendgrid', method, path, { headers: { authorization }, ...(json ? { json } : {}) })
const jobOf = async (id: string): Promise<unknown> => (await ask('GET', `${contactsPath}/imports/${id}`)).json
const makeList = async (): Promise<string> => {
  const made: { id: string } = JSON.parse((await ask('POST', '/v3/marketing/lists', { name: 'VIP' })).text)
  return made.id
}
const openImport = async (list: string): Promise<{ job_id: string; url: string; headers: Record<string, string> }> => {
  const body = { list_ids: [list], file_type: 'csv', field_mappings: ['_rf2_T', '_rf0_T'] }
  const opened: { job_id: string; upload_uri: string; upload_headers: { header: string; value: string }[] } =
    JSON.parse((await ask('PUT', `${contactsPath}/imports`, body)).text)
  const headers = Object.fromEntries(opened.upload_headers.map(({ header, value }) => [header, value]))
  return { job_id: opened.job_id, url: opened.upload_uri, headers }
}

afterEach(() => bench.end())

describe('discard', () => {
  it('answers SendGrid calls as ever, counts, and keeps nobody', async () => {
    bench = await startBench({ discard: true, requestLog: false })
    const list = await makeList()
    const contacts = emails(500).map((email) => ({ email, alternate_emails: ['x@example.com'] }))
    const put = await ask('PUT', contactsPath, { list_ids: [list], contacts })
    expect(put).toMatchObject({ status: 202, json: { job_id: expect.any(String) } })
    const { job_id, url, headers } = await openImport(list)
    const csv = `email,first_name\n${emails(300).join(',x\n')}`
    expect((await bench.ask('sendgrid', 'PUT', url, { headers, body: csv })).status).toBe(200)
    const counted: { job_id: string } = JSON.parse(put.text)
    bench.pass(60)
    expect(await jobOf(counted.job_id)).toMatchObject({
      status: 'completed',
      results: { requested_count: 500, created_count: 500 },
    })
    expect(await jobOf(job_id)).toMatchObject({
      status: 'completed',
      results: { requested_count: 300, created_count: 300 },
    })
    expect(bench.sandbox().members('sendgrid', list)).toEqual([])
    expect(bench.sandbox().received('sendgrid')).toMatchObject({ requests: 6, records: 801 })
    expect(bench.sandbox().received('sendgrid').bytes).toBeGreaterThan(csv.length)
    expect(bench.sandbox().requests('sendgrid')).toEqual([])
    expect([...bench.sandbox().deliveries('sendgrid')]).toEqual([])
  })

  it('answers Microsoft Advertising calls as ever, counts, and keeps nobody', async () => {
    bench = await startBench({ discard: true })
    const token = (await signIn(bench)).access_token
    const ids = { DeveloperToken: app.developerToken, CustomerId: app.customerId, CustomerAccountId: app.accountId }
    const call = (path: string, json: unknown): Promise<Reply> =>
      bench.ask('microsoft-advertising', 'POST', path, { headers: { ...ids, Authorization: `Bearer ${token}` }, json })
    const audience = { Type: 'CustomerList', Name: 'VIP', Scope: 'Account', ParentId: app.accountId }
    const made: { AudienceIds: string[] } = JSON.parse(
      (await call('/CampaignManagement/v13/Audiences', { Audiences: [audience] })).text,
    )
    const [id = ''] = made.AudienceIds
    const hashes = emails(700).map((email) => createHash('sha256').update(email).digest('hex'))
    const applied = await call('/CampaignManagement/v13/CustomerListUserData/Apply', {
      CustomerListUserData: {
        AcceptCustomerMatchTerm: true,
        ActionType: 'Add',
        AudienceId: id,
        CustomerListItemSubType: 'Email',
        CustomerListItems: hashes,
      },
    })
    expect(applied).toMatchObject({ status: 200, json: { PartialErrors: [] } })
    const asked: { RequestId: string; UploadUrl: string } = JSON.parse(
      (await call('/Bulk/v13/BulkUploadUrl/Query', { AccountId: app.accountId })).text,
    )
    const rows = hashes.map((hash) => `Customer List Item,${id},Email,${hash}\n`)
    const file = Buffer.from(`\uFEFFType,Parent Id,Sub Type,Text\nCustomer List,,,\n${rows.join('')}`)
    const form = new FormData()
    form.append('file', new Blob([new Uint8Array(zipSync({ 'rows.csv': file }))]), 'rows.zip')
    const headers = { ...ids, AuthenticationToken: token }
    expect((await bench.ask('microsoft-advertising', 'POST', asked.UploadUrl, { headers, body: form })).status).toBe(
      200,
    )
    bench.pass(60)
    expect((await call('/Bulk/v13/BulkUploadStatus/Query', { RequestId: asked.RequestId })).json).toMatchObject({
      RequestStatus: 'Completed',
      PercentComplete: 100,
    })
    expect(bench.sandbox().members('microsoft-advertising', id)).toEqual([])
    expect(bench.sandbox().received('microsoft-advertising').records).toBe(1 + 700 + 700)
    expect([...bench.sandbox().deliveries('microsoft-advertising')]).toEqual([])
  })
})

describe('requestLog', () => {
  it('kept off, keeps no request and no delivery, but what is on the lists', async () => {
    bench = await startBench({ requestLog: false })
    const list = await makeList()
    await ask('PUT', contactsPath, { list_ids: [list], contacts: [{ email: 'a@example.com' }] })
    const { url, headers } = await openImport(list)
    await bench.ask('sendgrid', 'PUT', url, { headers, body: 'email\nb@example.com\n' })
    bench.pass(60)
    expect(bench.sandbox().members('sendgrid', list)).toEqual(['a@example.com', 'b@example.com'])
    expect(bench.sandbox().requests('sendgrid')).toEqual([])
    expect([...bench.sandbox().deliveries('sendgrid')]).toEqual([])
  })
})
