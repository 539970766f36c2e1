/** Sets up the demo over a data folder, step by step as a person would, and does each step once. */
import { z } from 'zod'
import { open } from '../sandbox/browser.ts'
import { exampleCredentials } from '../sandbox/credentials.ts'
import { connect, signIn } from '../src/connections/connect.ts'
import type { Rule } from '../src/domain/rule.ts'
import type { RunPorts } from '../src/exports/run-ports.ts'
import { usualTimeouts } from '../src/outbound/exchange.ts'
import { SOURCE_FOLDER } from '../src/refresh/refresh.ts'
import { type Connection, createConnection, findConnection } from '../src/store/connection.ts'
import { createExport, findExport } from '../src/store/export.ts'
import { createSegment, findSegment } from '../src/store/segment.ts'
import { writeSetting } from '../src/store/setting.ts'
import { saveSource } from '../src/store/source.ts'
import { writeUnification } from '../src/store/unification.ts'
import { type DemoExport, exports, segments, sources, unification } from './definitions.ts'

const credentials = {
  sendgrid: { apiKey: exampleCredentials.sendgrid.apiKey },
  'microsoft-advertising': {
    clientId: exampleCredentials['microsoft-advertising'].clientId,
    clientSecret: exampleCredentials['microsoft-advertising'].clientSecret,
    developerToken: exampleCredentials['microsoft-advertising'].developerToken,
  },
}
const connectionNames = { sendgrid: 'SendGrid sandbox', 'microsoft-advertising': 'Microsoft Advertising sandbox' }
/** What an export asks for, by destination. */
export const exportSettings = {
  sendgrid: {},
  'microsoft-advertising': {
    customerId: exampleCredentials['microsoft-advertising'].customerId,
    accountId: exampleCredentials['microsoft-advertising'].accountId,
    terms: 'yes',
  },
}

const MAX_ANSWER_BYTES = 1024 * 1024

/** Asks the sandbox as somebody who uses the vendor's own pages would. */
const atVendor = async (ports: RunPorts, destination: string, method: 'GET' | 'POST', url: string, body?: unknown) =>
  await ports.door.exchange(
    {
      destination,
      url: new URL(url),
      method,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        authorization: `Bearer ${exampleCredentials.sendgrid.apiKey}`,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeouts: usualTimeouts,
      maxBytes: MAX_ANSWER_BYTES,
    },
    new AbortController().signal,
  )

const vendorList = z.object({ id: z.string(), name: z.string() })

/** The list's id at SendGrid; made there when it is missing, as a person makes it before setting up an export. */
async function sendgridList(ports: RunPorts, name: string): Promise<string> {
  const url = 'https://api.sendgrid.com/v3/marketing/lists'
  const answer = await atVendor(ports, 'sendgrid', 'GET', `${url}?page_size=1000`)
  const { result } = z.object({ result: z.array(vendorList) }).parse(JSON.parse(answer.text))
  const found = result.find((list) => list.name === name)
  if (found !== undefined) return found.id
  const made = await atVendor(ports, 'sendgrid', 'POST', url, { name })
  return vendorList.parse(JSON.parse(made.text)).id
}

/** The sandbox agrees at once and sends the browser back to the port where the sign-in waits. */
const agree =
  (ports: RunPorts, destination: string) =>
  async (page: string): Promise<void> => {
    const { headers } = await atVendor(ports, destination, 'GET', page)
    if (headers.location === undefined) throw new Error('The sandbox did not send the browser back.')
    await open(headers.location)
  }

/** The demo's connection to a destination: made, signed in and proved where it is not there yet. */
export async function connectionTo(ports: RunPorts, destination: DemoExport['destination']): Promise<Connection> {
  const name = connectionNames[destination]
  const there = await findConnection(ports.db, name)
  const connection =
    there ??
    (await createConnection(ports.db, ports.vault, {
      name,
      destination,
      settings: {},
      credentials: credentials[destination],
    }))
  // What `check` found is kept at the end, so a set-up that was cut short is gone through again.
  if (connection.found !== undefined) return connection
  const { signal } = new AbortController()
  await signIn(ports, connection, agree(ports, destination), signal)
  return await connect(ports, connection, signal)
}

async function setUpExport(ports: RunPorts, wanted: DemoExport): Promise<void> {
  if ((await findExport(ports.db, wanted.name)) !== undefined) return
  const connection = await connectionTo(ports, wanted.destination)
  const segmentIds: string[] = []
  for (const name of wanted.segments) {
    const segment = await findSegment(ports.db, name)
    if (segment !== undefined) segmentIds.push(segment.id)
  }
  await createExport(ports.db, {
    name: wanted.name,
    connectionId: connection.id,
    settings: exportSettings[wanted.destination],
    matching: wanted.matching,
    segmentIds,
    ...(wanted.list === undefined ? {} : { listRemoteId: await sendgridList(ports, wanted.list) }),
  })
}

export interface Wanted {
  readonly segments: readonly { readonly name: string; readonly rule: Rule }[]
  readonly exports: readonly DemoExport[]
}

/** `folder`: where the sample tables are from now on. `wanted`: other segments and exports than the demo's. */
export async function setUp(ports: RunPorts, folder: string, wanted: Wanted = { segments, exports }): Promise<void> {
  await writeSetting(ports.db, SOURCE_FOLDER, folder)
  for (const source of sources) await saveSource(ports.db, source.name, source)
  await writeUnification(ports.db, unification)
  for (const { name, rule } of wanted.segments) {
    if ((await findSegment(ports.db, name)) === undefined) await createSegment(ports.db, name, rule)
  }
  for (const one of wanted.exports) await setUpExport(ports, one)
}
