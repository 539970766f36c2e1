/** A vendor that takes connections and never answers: its exports wait, and nobody else's do. */
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { exampleCredentials } from '../../sandbox/credentials.ts'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { forEachVendor } from '../../sandbox/vendors.ts'
import { crowd, emailsOf, openRig, type Rig } from './rig.ts'

let closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.reverse()) await close()
  closers = []
})

const isAddress = (address: ReturnType<Server['address']>): address is AddressInfo => typeof address === 'object'

/** Passes everything on to `url` until it is told to hang: then connections are taken, and nothing comes back. */
const startGate = async (url: string) => {
  let hangs = false
  const sockets = new Set<Socket>()
  const track = (socket: Socket) => sockets.add(socket.on('error', () => undefined))
  const server = createServer((socket) => {
    track(socket)
    if (hangs) return
    const through = connect(Number(new URL(url).port), '127.0.0.1')
    track(through)
    socket.pipe(through)
    through.on('data', (piece) => void (hangs || socket.write(piece)))
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const address = server.address()
  if (!isAddress(address)) throw new Error('The gate has no port.')
  closers.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((done) => server.close(done))
  })
  return {
    url: `http://127.0.0.1:${address.port}`,
    hang: () => {
      hangs = true
    },
  }
}

const startVendors = async (): Promise<Sandbox> => {
  const home = await mkdtemp(join(tmpdir(), 'sund-vendors-'))
  const sandbox = await startSandbox({ home, pace: 300, ports: forEachVendor(() => 0) })
  closers.push(async () => {
    await sandbox.close()
    await rm(home, { recursive: true, force: true })
  })
  return sandbox
}

/** Made at SendGrid as a person does. */
const newList = async ({ urls }: Sandbox): Promise<string> => {
  const answer = await fetch(`${urls.sendgrid}/v3/marketing/lists`, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      authorization: `Bearer ${exampleCredentials.sendgrid.apiKey}`,
    },
    body: JSON.stringify({ name: 'Answers' }),
  })
  return z.object({ id: z.string() }).parse(await answer.json()).id
}

test('more exports than are worked on at once wait for a vendor that hangs, and another vendor’s export comes to its end', async () => {
  const sandbox = await startVendors()
  const gate = await startGate(sandbox.urls['microsoft-advertising'])
  const urls = { ...sandbox.urls, 'microsoft-advertising': gate.url }
  const rig: Rig = await openRig({ urls })
  closers.push(() => rig.close())
  const people = crowd(1, 51)
  await rig.people(people)
  const waiting = []
  for (let number = 0; number < 6; number++) {
    waiting.push(await rig.microsoftExport(`Hangs ${number}`, [await rig.segment(`Segment ${number}`)]))
  }
  const [segmentId] = waiting.flatMap(({ segmentIds }) => segmentIds)
  const list = await newList(sandbox)
  gate.hang()
  await rig.server.requestRefresh()
  for (const wanted of waiting) {
    const isThere = () =>
      rig.lastRun(wanted).then(
        () => true,
        () => false,
      )
    await expect.poll(isThere).toBe(true)
  }
  const other = await rig.sendgridExport('Answers', { segmentIds: [segmentId ?? ''], list })
  await rig.server.requestRun(other.id)
  await expect.poll(async () => (await rig.lastRun(other)).status).toBe('Successful')
  expect(sandbox.members('sendgrid', list)).toEqual(emailsOf(people))
  for (const wanted of waiting) expect((await rig.lastRun(wanted)).settledAt).toBeUndefined()
})
