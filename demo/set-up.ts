/** Sets up the demo over a data folder, step by step as a person would, and does each step once. */
import { open } from '../sandbox/browser.ts'
import { connect, signIn } from '../src/connections/connect.ts'
import type { Rule } from '../src/domain/rule.ts'
import type { RunPorts } from '../src/exports/run-ports.ts'
import { SOURCE_FOLDER } from '../src/refresh/refresh.ts'
import { type Connection, createConnection, findConnection } from '../src/store/connection.ts'
import { createExport, findExport } from '../src/store/export.ts'
import { createSegment, findSegment } from '../src/store/segment.ts'
import { writeSetting } from '../src/store/setting.ts'
import { saveSource } from '../src/store/source.ts'
import { writeUnification } from '../src/store/unification.ts'
import { askVendor, vendorSetUps } from './at-vendor.ts'
import { type DemoExport, exports, segments, sources, unification } from './definitions.ts'

/** The sandbox agrees at once and sends the browser back to the port where the sign-in waits. */
const agree =
  (ports: RunPorts, destination: DemoExport['destination']) =>
  async (page: string): Promise<void> => {
    const { headers } = await askVendor(ports, destination, 'GET', page)
    if (headers.location === undefined) throw new Error('The sandbox did not send the browser back.')
    await open(headers.location)
  }

/** A connection to a destination, by the demo's name unless another is given: made, signed in and proved where it is not there yet. */
export async function connectionTo(
  ports: RunPorts,
  destination: DemoExport['destination'],
  name = vendorSetUps[destination].connectionName,
): Promise<Connection> {
  const { credentials, connectionSettings } = vendorSetUps[destination]
  const there = await findConnection(ports.db, name)
  const connection =
    there ??
    (await createConnection(ports.db, ports.vault, {
      name,
      destination,
      settings: (await connectionSettings?.(ports)) ?? {},
      credentials,
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
  const { exportSettings, list } = vendorSetUps[wanted.destination]
  const segmentIds: string[] = []
  for (const name of wanted.segments) {
    const segment = await findSegment(ports.db, name)
    if (segment !== undefined) segmentIds.push(segment.id)
  }
  await createExport(ports.db, {
    name: wanted.name,
    connectionId: connection.id,
    settings: exportSettings,
    matching: wanted.matching,
    segmentIds,
    ...(wanted.list === undefined || list === undefined ? {} : { listRemoteId: await list(ports, wanted.list) }),
  })
}

export interface Wanted {
  readonly segments: readonly { readonly name: string; readonly rule: Rule }[]
  readonly exports: readonly DemoExport[]
  /** Those of the demo, where it is absent; the profiles are the same for all that leave out only activities. */
  readonly sources?: typeof sources
}

/** Each step finds what an earlier try left, so that trying again does nothing twice. */
async function tryAgain(work: () => Promise<void>, tries: number): Promise<void> {
  for (let left = tries - 1; ; left--) {
    try {
      return await work()
    } catch (error) {
      if (left <= 0) throw error
    }
  }
}

/**
 * `folder`: where the sample tables are from now on. `wanted`: other segments and exports than the demo's. `tries`: how
 * often a vendor that fails is asked to set up an export.
 */
export async function setUp(
  ports: RunPorts,
  folder: string,
  wanted: Wanted = { segments, exports },
  tries = 1,
): Promise<void> {
  await writeSetting(ports.db, SOURCE_FOLDER, folder)
  for (const source of wanted.sources ?? sources) await saveSource(ports.db, source.name, source)
  await writeUnification(ports.db, unification)
  for (const { name, rule } of wanted.segments) {
    if ((await findSegment(ports.db, name)) === undefined) await createSegment(ports.db, name, rule)
  }
  for (const one of wanted.exports) await tryAgain(async () => await setUpExport(ports, one), tries)
}
