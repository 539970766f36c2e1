/** Task: first runs over one route and, in turns with them, the bare sender over the same outbox. */
import { z } from 'zod'
import { sendBare } from '../floor-sender.ts'
import { fastClock, type Home, noRates, openHome } from '../home.ts'
import { profiled } from '../profile.ts'
import { type Receiver, startReceiver } from '../receiver/receiver.ts'
import { type BenchRoute, routeOf } from '../routes.ts'
import { deliverSealed, emptyLedger, makeExport, sealRun } from '../runs.ts'
import { median, secondsOf } from '../timing.ts'

export const firstRunInput = z.object({
  folder: z.string(),
  route: z.string(),
  rounds: z.number(),
  profile: z.boolean(),
})
export const firstRunOutput = z.object({
  people: z.number(),
  /** Seconds. */
  plan: z.number(),
  deliver: z.number(),
  floor: z.number(),
})
export type FirstRunOutput = z.infer<typeof firstRunOutput>

/** The vendor's job is done at once, so looks at it are a matter of milliseconds. */
const CLOCK = 1000

const assertReceived = async (receiver: Receiver, people: number, who: string): Promise<void> => {
  const { records, refused } = await receiver.take()
  if (records !== people || refused > 0) {
    throw new Error(`${who} sent ${records} of ${people} people, and ${refused} requests were refused.`)
  }
}

type Round = Pick<FirstRunOutput, 'plan' | 'deliver' | 'floor'>

async function round(home: Home, receiver: Receiver, route: BenchRoute, floorFirst: boolean): Promise<Round> {
  await emptyLedger(home)
  const { engine } = home.ports
  const run = await sealRun(home, await makeExport(home, route))
  await receiver.take()
  const bare = async () => {
    const seconds = await secondsOf(() => sendBare(engine, run.id, route, receiver.url))
    await assertReceived(receiver, home.profiles.rows, 'The bare sender')
    return seconds
  }
  const before = floorFirst ? await bare() : undefined
  const deliver = await secondsOf(() => deliverSealed(home, run))
  await assertReceived(receiver, home.profiles.rows, 'The run')
  return { plan: run.planned, deliver, floor: before ?? (await bare()) }
}

/** One more round, apart from those that are measured, since looking costs time. */
async function profile(home: Home, receiver: Receiver, route: BenchRoute): Promise<void> {
  await emptyLedger(home)
  const run = await sealRun(home, await makeExport(home, route))
  await profiled(`the bare sender, ${route.name}`, () => sendBare(home.ports.engine, run.id, route, receiver.url))
  await profiled(`a first run, ${route.name}`, () => deliverSealed(home, run))
  await receiver.take()
}

export async function firstRun(input: z.infer<typeof firstRunInput>): Promise<FirstRunOutput> {
  const route = routeOf(input.route)
  const receiver = await startReceiver()
  try {
    const { folder } = input
    const options = { folder, endpoint: receiver.url, rates: noRates, clock: fastClock(CLOCK), route: route.route }
    const home = await openHome(options)
    try {
      const rounds: Round[] = []
      for (let index = 0; index < input.rounds; index++) {
        rounds.push(await round(home, receiver, route, index % 2 === 0))
      }
      if (input.profile) await profile(home, receiver, route)
      const of = (part: keyof Round) => median(rounds.map((one) => one[part]))
      return { people: home.profiles.rows, plan: of('plan'), deliver: of('deliver'), floor: of('floor') }
    } finally {
      await home.close()
    }
  } finally {
    await receiver.close()
  }
}
