/** People who come back to a Campaign Monitor list while answers are lost and processes end: each is back, and no "no" is overridden. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { vendorSetUps } from '../../demo/at-vendor.ts'
import { connectionTo } from '../../demo/set-up.ts'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { executeRun } from '../../src/exports/run.ts'
import type { RunPorts } from '../../src/exports/run-ports.ts'
import { OutboundFailure } from '../../src/outbound/outbound-failure.ts'
import { createExport, type Export, updateExport } from '../../src/store/export.ts'
import type { Run } from '../../src/store/run.ts'
import { runOf } from './by-hand.ts'
import { crowd, emailsOf, openRig, type Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(async () => {
  expect(rig.sandbox.forbidden()).toEqual([])
  await rig.close()
})

const { apiKey, clientOfAccount } = exampleCredentials['campaign-monitor']

const atVendor = async (method: string, path: string, body?: unknown): Promise<string> => {
  const answer = await fetch(`${rig.sandbox.urls['campaign-monitor']}${path}`, {
    method,
    headers: { authorization: `Basic ${btoa(`${apiKey}:x`)}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`The sandbox answers ${answer.status}: ${await answer.text()}`)
  return await answer.text()
}

/** A fraction that depends on the seed and the number of the request alone. */
const fraction = (seed: number, number: number): number => {
  let state = (seed * 2_654_435_761 + number * 40_503 + 12_345) >>> 0
  for (let round = 0; round < 3; round++) state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 1) >>> 0
  return state / 2 ** 32
}

/** Loses a twelfth of the requests on their way and a twelfth of the answers; the process ends at the `endsAt`th, after the vendor has it. */
const faulty = (ports: RunPorts, seed: number, endsAt: number, halt: AbortController): RunPorts => {
  let number = 0
  // Pauses pass at once.
  let slept = 0
  const lost = (host: string) => new OutboundFailure('lost', true, 'ECONNRESET', host)
  return {
    ...ports,
    clock: {
      now: () => ports.clock.now(),
      monotonic: () => ports.clock.monotonic() + slept,
      sleep: async (ms, until) => {
        slept += ms
        await ports.clock.sleep(1, until)
      },
    },
    door: {
      ...ports.door,
      exchange: async (request, signal) => {
        number++
        const chance = fraction(seed, number)
        if (chance < 1 / 12) throw lost(request.url.host)
        const answer = await ports.door.exchange(request, signal)
        if (number === endsAt) halt.abort(new Error('The process ends.'))
        halt.signal.throwIfAborted()
        if (chance > 11 / 12) throw lost(request.url.host)
        return answer
      },
    },
  }
}

/** Forty people, all but the last ten elsewhere. */
const crowdOf = (seed: number) => [
  ...crowd(seed * 100, seed * 100 + 30, 'Bergen'),
  ...crowd(seed * 100 + 30, seed * 100 + 40),
]

/** A run that ends only at its third start. */
const trouble = async (wanted: Export, seed: number): Promise<Run> => {
  const id = await runOf(rig, wanted)
  for (const endsAt of [7, 15, Number.POSITIVE_INFINITY]) {
    const halt = new AbortController()
    const signals = { cancel: new AbortController().signal, halt: halt.signal }
    const run = await executeRun(faulty(rig.server.ports, seed, endsAt, halt), id, signals)
    if (run.settledAt !== undefined) return run
  }
  throw new Error('The run never ended.')
}

/** A list of forty, of whom thirty were taken off again; three of these said no since. */
const afterLeaving = async (seed: number): Promise<Export> => {
  const Title = `Returners ${seed}`
  const list = z
    .string()
    .parse(JSON.parse(await atVendor('POST', `/api/v3.3/lists/${clientOfAccount}.json`, { Title })))
  await rig.people(crowdOf(seed))
  const everybody = await rig.segment('Everybody', { field: 'Email', op: 'is present' })
  const stays = await rig.segment('In Oslo')
  await rig.refreshed()
  const wanted = await createExport(rig.db, {
    name: Title,
    connectionId: (await connectionTo(rig.server.ports, 'campaign-monitor')).id,
    settings: vendorSetUps['campaign-monitor'].exportSettings,
    matching: { identifier: 'Email', fields: { Name: 'FirstName', '[City]': 'City' } },
    segmentIds: [everybody],
    listRemoteId: list,
  })
  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', added: 40 })
  await updateExport(rig.db, wanted.id, { segmentIds: [stays] })
  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', removed: 30 })
  expect(rig.sandbox.members('campaign-monitor', list)).toEqual(emailsOf(crowdOf(seed).slice(30)))
  const [unsubscribed, bounced, suppressed] = emailsOf(crowdOf(seed).slice(0, 3))
  await atVendor('GET', `/mailbox/unsubscribe?list=${list}&email=${unsubscribed}`)
  await atVendor('GET', `/mailbox/bounce?list=${list}&email=${bounced}`)
  await atVendor('POST', `/api/v3.3/clients/${clientOfAccount}/suppress.json`, { EmailAddresses: [suppressed] })
  return await updateExport(rig.db, wanted.id, { segmentIds: [everybody] })
}

test.each([1, 2, 3])('seed %i', async (seed) => {
  const wanted = await afterLeaving(seed)
  const list = wanted.listRemoteId ?? ''
  const run = await trouble(wanted, seed)
  expect(run).toMatchObject({ status: 'Partial', added: 27, rejected: 3, unknown: 0 })
  const back = emailsOf(crowdOf(seed).slice(3))
  expect(rig.sandbox.members('campaign-monitor', list)).toEqual(back)
  expect((await rig.rejects(wanted)).map(({ code }) => code).sort()).toEqual(['204', '206', '207'])
  // They said no for good, so nobody is asked about them again.
  expect(await rig.run(wanted)).toMatchObject({ status: 'Successful', requests: 0 })
  expect(rig.sandbox.members('campaign-monitor', list)).toEqual(back)
  await rig.clear()
})
