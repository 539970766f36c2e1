/** For the tests of the Dotdigital simulator: its API user, and the calls that most of them make. */
import { z } from 'zod'
import { exampleCredentials } from '../credentials.ts'
import type { Bench, Reply } from '../test-bench.ts'

const { user, password } = exampleCredentials.dotdigital
export const basic = (name: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
})

/** Longer than any small job takes. */
export const JOB_SECONDS = 20

const idOf = z.object({ id: z.number() })
const importIdOf = z.object({ importId: z.string() })
const removalOf = z.object({ id: z.string() })

export class Account {
  readonly #bench: Bench

  constructor(bench: Bench) {
    this.#bench = bench
  }

  ask(method: string, path: string, json?: unknown): Promise<Reply> {
    const headers = basic(user, password)
    return this.#bench.ask('dotdigital', method, path, { headers, ...(json === undefined ? {} : { json }) })
  }

  async book(name: string): Promise<number> {
    return idOf.parse((await this.ask('POST', '/v2/address-books', { name })).json).id
  }

  import(contacts: readonly unknown[], more: object = {}): Promise<Reply> {
    return this.ask('PUT', '/contacts/v3/import', { contacts, ...more })
  }

  /** What the report of an import says once it is done. */
  async imported(contacts: readonly unknown[], more: object = {}): Promise<unknown> {
    const { importId } = importIdOf.parse((await this.import(contacts, more)).json)
    this.#bench.pass(JOB_SECONDS)
    return (await this.ask('GET', `/contacts/v3/import/${importId}`)).json
  }

  async find(email: string): Promise<unknown> {
    return (await this.ask('GET', `/contacts/v3/email/${encodeURIComponent(email)}`)).json
  }

  async idOf(email: string): Promise<number> {
    return z.object({ contactId: z.number() }).parse(await this.find(email)).contactId
  }

  async removed(list: number, ids: readonly number[]): Promise<unknown> {
    const { id } = removalOf.parse((await this.ask('POST', `/v2/address-books/${list}/contacts/delete`, ids)).json)
    this.#bench.pass(JOB_SECONDS)
    return (await this.ask('GET', `/v2/contacts/deletion/${id}`)).json
  }
}

export const person = (email: unknown, list?: number, dataFields?: object): Record<string, unknown> => ({
  matchIdentifier: 'email',
  identifiers: { email },
  ...(dataFields === undefined ? {} : { dataFields }),
  ...(list === undefined ? {} : { lists: [list] }),
})
