/** A company for a test: a data folder with a real server on it, the simulated vendors over HTTP, and its source files. */
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { z } from 'zod'
import { vendorSetUps } from '../../demo/at-vendor.ts'
import { atPace } from '../../demo/pace.ts'
import { connectionTo } from '../../demo/set-up.ts'
import { untilIdle } from '../../demo/wait.ts'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { type Sandbox, type SandboxVendor, startSandbox } from '../../sandbox/sandbox.ts'
import { sandboxVendors } from '../../sandbox/vendors.ts'
import type { Rule } from '../../src/domain/rule.ts'
import type { SourceTable } from '../../src/domain/source.ts'
import type { Unification } from '../../src/domain/unification.ts'
import { forgetWhatIsOver } from '../../src/exports/leaving.ts'
import { SOURCE_FOLDER } from '../../src/refresh/refresh.ts'
import { openServer, type Server } from '../../src/server.ts'
import { createExport, type Export, listExports, removeExport } from '../../src/store/export.ts'
import { listsOf } from '../../src/store/list.ts'
import type { Log } from '../../src/store/log.ts'
import { findRefresh, type Refresh } from '../../src/store/refresh.ts'
import { findRun, type Run, runsOf } from '../../src/store/run.ts'
import { createSegment, listSegments, removeSegment } from '../../src/store/segment.ts'
import { writeSetting } from '../../src/store/setting.ts'
import { listSources, removeSource, saveSource } from '../../src/store/source.ts'
import { writeUnification } from '../../src/store/unification.ts'
import { keptPorts } from './kept-ports.ts'
import type { RigOptions } from './rig-options.ts'

export interface Person {
  readonly id: string
  readonly email: string
  readonly name?: string
  readonly city?: string
}

const PEOPLE_FILE = 'People.csv'
/** The jobs of the simulated vendors take a three-hundredth of their usual time. */
const PACE = 300
/**
 * The server's waits for vendors and its rates take a thirtieth: as good as none, and yet slower than the simulators', whose
 * limits are so never met, and slow enough for a busy machine not to miss what is waited ten minutes for.
 */
const SERVER_PACE = 30
/** Longer than any step here takes on a busy machine; a test that hangs ends with what it waited for. */
const LONGEST_MS = 90_000

export const silent: Log = { info: () => undefined, warn: () => undefined }

/** `from` up to, not including, `to`. */
export const crowd = (from: number, to: number, city = 'Oslo'): Person[] =>
  Array.from({ length: to - from }, (_, index) => {
    const id = String(from + index)
    return { id, email: `person${id}@people.example`, name: `Name ${id}`, city }
  })

export const emailsOf = (people: readonly Person[]): string[] => people.map(({ email }) => email.toLowerCase()).sort()

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** As Microsoft Advertising holds them. */
export const hashesOf = (people: readonly Person[]): string[] => emailsOf(people).map(sha256).sort()

export const csvOf = (people: readonly Person[]): string =>
  [
    'Id,Email,FirstName,City',
    ...people.map(({ id, email, name = '', city = 'Oslo' }) => [id, email, name, city].join(',')),
    '',
  ].join('\n')

export const peopleSource: SourceTable = {
  name: 'People',
  file: PEOPLE_FILE,
  delimiter: ',',
  key: 'Id',
  columns: [
    { name: 'Id', type: 'text' },
    { name: 'Email', type: 'text', semantic: 'email' },
    { name: 'FirstName', type: 'text' },
    { name: 'City', type: 'text' },
  ],
}

const fieldOf = (column: string) => ({ name: column, type: 'text' as const, from: [{ table: 'People', column }] })

export const peopleUnification: Unification = {
  tables: [{ table: 'People', key: 'Id' }],
  match: [],
  fields: [{ ...fieldOf('Email'), identifier: 'email' }, fieldOf('FirstName'), fieldOf('City')],
}

export const inCity = (city: string): Rule => ({ field: 'City', op: 'is', value: city })

const untilMembers = async (isSo: () => boolean): Promise<void> => {
  const patience = AbortSignal.timeout(LONGEST_MS)
  while (!isSo()) await pause(20, undefined, { signal: patience })
}

export class Rig {
  readonly base: string
  readonly home: string
  readonly files: string
  readonly #options: RigOptions
  #ports: Readonly<Record<SandboxVendor, number>> | undefined
  #sandbox: Sandbox | undefined
  #server: Server | undefined
  #segments = 0

  constructor(base: string, options: RigOptions) {
    this.base = base
    this.home = join(base, 'home')
    this.files = join(base, 'files')
    this.#options = options
  }

  get sandbox(): Sandbox {
    if (this.#sandbox === undefined) throw new Error('The vendors are down.')
    return this.#sandbox
  }

  get server(): Server {
    if (this.#server === undefined) throw new Error('The server is closed.')
    return this.#server
  }

  get db(): Server['ports']['db'] {
    return this.server.ports.db
  }

  /** Starts the vendors; after `vendorsDown`, on the ports that they had. */
  async vendorsUp(): Promise<void> {
    const { settings = {}, faults, onExchanged } = this.#options
    this.#ports ??= await keptPorts()
    this.#sandbox = await startSandbox({
      home: join(this.base, 'sandbox'),
      pace: PACE,
      ports: this.#ports,
      settings,
      ...(faults === undefined ? {} : { faults }),
      ...(onExchanged === undefined ? {} : { onExchanged }),
    })
  }

  async vendorsDown(): Promise<void> {
    await this.#sandbox?.close()
    this.#sandbox = undefined
  }

  async openServer(options: Pick<RigOptions, 'patienceMs'> = {}): Promise<void> {
    const { patienceMs, run, faults, log = silent } = { ...this.#options, ...options }
    const { serverPace: pace = faults === undefined ? SERVER_PACE : PACE } = this.#options
    const { clock, timeouts } = atPace(pace)
    const urls = this.#options.urls ?? this.sandbox.urls
    this.#server = await openServer({
      home: this.home,
      endpoints: new Map(Object.entries(urls).map(([vendor, url]) => [vendor, new URL(url)])),
      log,
      clock,
      // Vendors that hold answers back are given up in time; others may be as slow as the machine is.
      ...(faults === undefined ? {} : { timeouts }),
      ...(patienceMs === undefined ? {} : { patienceMs: patienceMs * pace }),
      ...(run === undefined ? {} : { run }),
    })
    await this.#server.start()
  }

  async closeServer(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    await server?.close()
  }

  async open(): Promise<void> {
    await mkdir(this.files, { recursive: true })
    if (this.#options.urls === undefined) await this.vendorsUp()
    await this.openServer()
    await this.declare()
  }

  async close(): Promise<void> {
    try {
      await this.closeServer()
    } finally {
      await this.vendorsDown()
      if (this.#options.base === undefined) await rm(this.base, { recursive: true, force: true, maxRetries: 3 })
    }
  }

  /** The declarations of a company that has one table, `People`; each may be replaced. */
  async declare(source: unknown = peopleSource, unification: Unification = peopleUnification): Promise<void> {
    await writeSetting(this.db, SOURCE_FOLDER, this.files)
    await saveSource(this.db, 'People', source)
    await writeUnification(this.db, unification)
  }

  async writeFile(text: string | Uint8Array, name = PEOPLE_FILE): Promise<void> {
    await writeFile(join(this.files, name), text)
  }

  async people(people: readonly Person[]): Promise<void> {
    await this.writeFile(csvOf(people))
  }

  async removeFile(): Promise<void> {
    await rm(join(this.files, PEOPLE_FILE), { force: true })
  }

  /** Its name gets a number, since each names an audience that stays at the vendor. */
  async segment(name: string, rule: unknown = inCity('Oslo')): Promise<string> {
    this.#segments++
    return (await createSegment(this.db, `${name} ${this.#segments}`, rule)).id
  }

  /** Makes a list at SendGrid as a person does; its id. */
  async sendgridList(name: string): Promise<string> {
    const answer = await this.atSendGrid('POST', '/v3/marketing/lists', { name })
    return z.object({ id: z.string() }).parse(answer).id
  }

  /** Asks SendGrid as somebody who uses its own pages would. */
  async atSendGrid(method: string, path: string, body: unknown): Promise<unknown> {
    const answer = await fetch(`${this.sandbox.urls.sendgrid}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        authorization: `Bearer ${exampleCredentials.sendgrid.apiKey}`,
      },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`The sandbox answers ${answer.status}: ${await answer.text()}`)
    return await answer.json()
  }

  /** Puts people on a list at SendGrid, as somebody else does. */
  async putAtSendGrid(list: string, people: readonly Person[]): Promise<void> {
    const contacts = people.map(({ email }) => ({ email }))
    await this.atSendGrid('PUT', '/v3/marketing/contacts', { list_ids: [list], contacts })
    await untilMembers(() => this.sandbox.members('sendgrid', list).length === people.length)
  }

  /** Asks Iterable as somebody who uses its own pages would. */
  async atIterable(method: string, path: string, body?: unknown): Promise<void> {
    const answer = await fetch(`${this.sandbox.urls.iterable}${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'api-key': exampleCredentials.iterable.apiKey },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`The sandbox answers ${answer.status}: ${await answer.text()}`)
  }

  async sendgridExport(
    name: string,
    wanted: {
      readonly segmentIds: readonly string[]
      readonly list: string
      readonly matching?: Export['matching']
      readonly connectionId?: string
    },
  ): Promise<Export> {
    const { segmentIds, list, matching, connectionId } = wanted
    return await createExport(this.db, {
      name,
      connectionId: connectionId ?? (await connectionTo(this.server.ports, 'sendgrid')).id,
      settings: {},
      matching: matching ?? { identifier: 'Email', fields: { first_name: 'FirstName' } },
      segmentIds,
      listRemoteId: list,
    })
  }

  async microsoftExport(name: string, segmentIds: readonly string[]): Promise<Export> {
    return await createExport(this.db, {
      name,
      connectionId: (await connectionTo(this.server.ports, 'microsoft-advertising')).id,
      settings: vendorSetUps['microsoft-advertising'].exportSettings,
      matching: { identifier: 'Email', fields: {} },
      segmentIds,
    })
  }

  /** A list for each segment. */
  async iterableExport(
    name: string,
    segmentIds: readonly string[],
    matching: Export['matching'] = { identifier: 'Email', fields: {} },
  ): Promise<Export> {
    return await createExport(this.db, {
      name,
      connectionId: (await connectionTo(this.server.ports, 'iterable')).id,
      settings: vendorSetUps.iterable.exportSettings,
      matching,
      segmentIds,
    })
  }

  async idle(): Promise<void> {
    await untilIdle(this.server, () => undefined, AbortSignal.timeout(this.#options.longestMs ?? LONGEST_MS))
  }

  /** A refresh and the runs of all exports, to their ends. */
  async refresh(): Promise<Refresh> {
    const { id } = await this.server.requestRefresh()
    await this.idle()
    const refresh = await findRefresh(this.db, id)
    if (refresh === undefined) throw new Error('The refresh is gone.')
    return refresh
  }

  async refreshed(): Promise<void> {
    const { status, reason } = await this.refresh()
    if (status !== 'Successful') throw new Error(`The refresh is ${status}: ${reason}`)
  }

  async run({ id }: Export, approvedHash?: string): Promise<Run> {
    const requested = await this.server.requestRun(id, approvedHash)
    await this.idle()
    return await this.runOf(requested.id)
  }

  async runOf(id: string): Promise<Run> {
    const run = await findRun(this.db, id)
    if (run === undefined) throw new Error('The run is gone.')
    return run
  }

  async lastRun({ id, name }: Export): Promise<Run> {
    const [run] = await runsOf(this.db, id, 1)
    if (run === undefined) throw new Error(`The export ${name} has no run.`)
    return run
  }

  /** Sorted addresses (at Microsoft Advertising hashes) of the export's only list, as the vendor holds it. */
  async members(wanted: Export): Promise<string[]> {
    const { destination, remoteId } = await this.list(wanted)
    if (remoteId === undefined) throw new Error('The list is not bound.')
    const vendor = sandboxVendors.find((one) => one === destination)
    if (vendor === undefined) throw new Error(`There is no simulator of ${destination}.`)
    return this.sandbox.members(vendor, remoteId)
  }

  async list(wanted: Export) {
    const [list, second] = await listsOf(this.db, wanted.id)
    if (list === undefined || second !== undefined) throw new Error('The export does not have one list.')
    return list
  }

  /** Refusals that stand, in the vendor's words. */
  async rejects(wanted: Export): Promise<{ code: string; reason: string }[]> {
    const { id } = await this.list(wanted)
    return await this.server.ports.engine.rows(
      sql`select code, reason from reject where list_id = ${id}::bigint order by reason`,
      z.object({ code: z.string(), reason: z.string() }),
    )
  }

  /** Requests that reached the vendors while `step` was done. */
  async requestsOf(step: () => Promise<unknown>): Promise<number> {
    const seen = () => sandboxVendors.reduce((sum, vendor) => sum + this.sandbox.requests(vendor).length, 0)
    const before = seen()
    await step()
    return seen() - before
  }

  /** Takes everything that a test set up away again; the vendors keep their lists. */
  async clear(): Promise<void> {
    await this.idle()
    for (const { id } of await listExports(this.db)) await removeExport(this.db, id)
    await forgetWhatIsOver(this.server.ports)
    for (const { id } of await listSegments(this.db)) await removeSegment(this.db, id)
    for (const { id } of await listSources(this.db)) await removeSource(this.db, id)
    await this.removeFile()
    await this.declare()
  }
}

/** Call `close` in `afterAll`: it also ends the database. */
export const openRig = async (options: RigOptions = {}): Promise<Rig> => {
  const rig = new Rig(options.base ?? (await mkdtemp(join(tmpdir(), 'sund-end-to-end-'))), options)
  try {
    await rig.open()
    return rig
  } catch (error) {
    await rig.close()
    throw error
  }
}
