/** For the tests of the Bulk service: a sandbox that is signed in to, files as a client writes them, results as it reads them. */
import { createHash } from 'node:crypto'
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import { expect } from 'vitest'
import { exampleCredentials } from '../credentials.ts'
import { type Reply, startBench } from '../test-bench.ts'
import { signIn } from './test-sign-in.ts'

const app = exampleCredentials['microsoft-advertising']
const hash = (value: string): string => createHash('sha256').update(value).digest('hex')
export const hashes = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => hash(`p${index}@example.com`))

export const header =
  'Type,Status,Id,Parent Id,Client Id,Name,Description,Scope,Audience,Action Type,Accept Customer Match Term,Membership Duration,Sub Type,Text'
const version = 'Format Version,,,,,6.0,,,,,,,,'
export const list = (id: string, action: string, terms = 'True'): string =>
  `Customer List,,${id},,,,,,,${action},${terms},,,`
export const item = (parent: string, text: string, client = ''): string =>
  `Customer List Item,,,${parent},${client},,,,,,,,Email,${text}`
export const file = (...rows: string[]): string => `\uFEFF${[header, version, ...rows].join('\r\n')}\r\n`
export const listFile = (id: string, action: string, texts: readonly string[]): string =>
  file(list(id, action), ...texts.map((text) => item(id, text)))
export const zip = (files: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]))))

interface Asked {
  readonly RequestId: string
  readonly UploadUrl: string
}
interface Status {
  readonly RequestStatus: string
  readonly PercentComplete: number
  readonly ResultFileUrl: string | null
}

export const startBulkBench = async (options: Parameters<typeof startBench>[0] = {}) => {
  const bench = await startBench(options)
  const token = (await signIn(bench)).access_token
  const ids = { DeveloperToken: app.developerToken, CustomerId: app.customerId, CustomerAccountId: app.accountId }
  const ask = (path: string, json: unknown): Promise<Reply> =>
    bench.ask('microsoft-advertising', 'POST', path, { headers: { ...ids, Authorization: `Bearer ${token}` }, json })
  const makeAudience = async (name = 'VIP'): Promise<string> => {
    const audience = {
      Type: 'CustomerList',
      Name: name,
      Scope: 'Account',
      ParentId: app.accountId,
      MembershipDuration: -1,
    }
    const reply = await ask('/CampaignManagement/v13/Audiences', { Audiences: [audience] })
    const made: { AudienceIds: string[] } = JSON.parse(reply.text)
    return made.AudienceIds[0] ?? ''
  }
  const members = (id: string): string[] => bench.sandbox().members('microsoft-advertising', id)

  const askUrl = (ResponseMode = 'ErrorsOnly'): Promise<Reply> =>
    ask('/Bulk/v13/BulkUploadUrl/Query', { AccountId: app.accountId, ResponseMode })
  const urlOf = async (mode?: string): Promise<Asked> => {
    const asked: Asked = JSON.parse((await askUrl(mode)).text)
    return asked
  }

  const uploadHeaders = (): Record<string, string> => ({
    AuthenticationToken: token,
    DeveloperToken: app.developerToken,
    CustomerId: app.customerId,
    AccountId: app.accountId,
  })
  const postForm = (
    url: string,
    files: readonly (readonly [name: string, content: string | Uint8Array<ArrayBuffer>])[],
    headers: Record<string, string> = uploadHeaders(),
  ): Promise<Reply> => {
    const form = new FormData()
    form.append('note', 'no file')
    for (const [name, content] of files) form.append('file', new Blob([content]), name)
    return bench.ask('microsoft-advertising', 'POST', url, { headers, body: form })
  }
  const post = (url: string, content: string | Uint8Array<ArrayBuffer>, name = 'rows.csv'): Promise<Reply> =>
    postForm(url, [[name, content]])

  const statusOf = async ({ RequestId }: Asked): Promise<Status> => {
    const status: Status = JSON.parse((await ask('/Bulk/v13/BulkUploadStatus/Query', { RequestId })).text)
    return status
  }
  const resultOf = async (asked: Asked, separator = ','): Promise<Record<string, string>[]> => {
    const url = (await statusOf(asked)).ResultFileUrl ?? ''
    const files = Object.entries(unzipSync(await (await fetch(url)).bytes()))
    expect(files).toHaveLength(1)
    const text = strFromU8(files[0]?.[1] ?? new Uint8Array())
    const [columns = '', ...rows] = text
      .replace(/^\uFEFF/, '')
      .trimEnd()
      .split('\n')
    const names = columns.split(separator)
    return rows.map((row) => {
      const cells = row.split(separator)
      return Object.fromEntries(
        names.map((name, index) => [name, cells[index] ?? '']).filter(([, cell]) => cell !== ''),
      )
    })
  }
  return { bench, token, ask, makeAudience, members, askUrl, urlOf, uploadHeaders, postForm, post, statusOf, resultOf }
}
