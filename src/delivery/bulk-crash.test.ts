import { afterEach, describe, expect, test } from 'vitest'
import { BAD, type BulkCase, type BulkRig, cases, openBulkRig, SIZE } from './fixtures/bulk-rig.ts'
import { Crash, type MemoryRun } from './fixtures/memory-ports.ts'
import { json, type Received } from './fixtures/upload-service.ts'

let rigs: BulkRig[] = []
const open = async (of: BulkCase): Promise<BulkRig> => {
  const rig = await openBulkRig(of)
  rigs.push(rig)
  return rig
}
afterEach(async () => {
  await Promise.all(rigs.map((rig) => rig.close()))
  rigs = []
})

const never = new AbortController().signal

/**
 * Exactly the right people stand in the list, each with the right outcome; a file that works only after the run has
 * ended is one whose people are marked, so that a later run can take them off for good.
 */
const expectExact = async (of: BulkCase, rig: BulkRig, run: MemoryRun): Promise<void> => {
  const { service, clock } = rig
  const seqs = new Map(run.people.map(({ identifier }, seq) => [identifier, seq]))
  for (const upload of service.uploads.filter(({ worked }) => !worked)) {
    const held = service.holds(upload).map((identifier) => seqs.get(identifier) ?? -1)
    expect(held.filter((seq) => !run.lostAt.has(seq))).toEqual([])
  }
  await clock.sleep(7 * 24 * 3_600_000, never)
  service.settle()
  expect(service.wrong).toEqual([])
  for (let seq = 0; seq < SIZE; seq++) {
    const refused = BAD.includes(seq)
    expect([seq, run.staged.get(seq)?.kind]).toEqual([seq, refused ? 'rejected' : 'applied'])
    expect([seq, service.members.has(of.identifier(seq))]).toEqual([seq, !refused])
  }
  expect(service.members.size).toBe(SIZE - BAD.length)
  expect(new Set(run.states())).toEqual(new Set(['done']))
  expect(run.marks.size).toBe(0)
}

/** Dies at the given port calls until it is through. */
const withCrashes = async (rig: BulkRig, run: MemoryRun, dies: (call: number, when: string) => boolean) => {
  let crashes = 0
  let calls = 0
  let dead = false
  run.interrupt = (_call, when) => {
    if (dead) throw new Crash()
    if (when === 'before') calls++
    if (!dies(calls, when)) return
    crashes++
    dead = true
    throw new Crash()
  }
  for (let lives = 0; lives < 50; lives++) {
    dead = false
    try {
      expect(await rig.run(run)).toEqual({ kind: 'complete' })
      return crashes
    } catch (error) {
      if (!(error instanceof Crash)) throw error
    }
  }
  throw new Error('It never came through.')
}

/** Is killed at the given moments of requests until it is through. */
const withKills = async (
  rig: BulkRig,
  run: MemoryRun,
  kills: (received: Received, when: 'before' | 'after') => boolean,
): Promise<number> => {
  let killed = 0
  for (let lives = 0; lives < 50; lives++) {
    const halt = new AbortController()
    rig.service.interrupt = (received, when) => {
      if (halt.signal.aborted) return 'cut'
      if (!kills(received, when)) return undefined
      killed++
      halt.abort(new Error('killed'))
      return 'cut'
    }
    const end = await rig.run(run, { halt: halt.signal })
    if (end.kind !== 'halted') {
      expect(end).toEqual({ kind: 'complete' })
      return killed
    }
  }
  throw new Error('It never came through.')
}

describe.each(cases)('$name', (of) => {
  test('delivers everybody, names who was refused, and keeps the protocol', async () => {
    const rig = await open(of)
    const run = rig.planned()
    expect(await rig.run(run)).toEqual({ kind: 'complete' })
    expect(rig.service.uploads).toHaveLength(2)
    expect(run.lostAt.size).toBe(0)
    expect(run.requests).toBe(rig.service.received.length)
    expect(run.writes).toBe(2)
    await expectExact(of, rig, run)
  })

  test.each(['before', 'after'])('survives a crash %s the effect of any port call', async (moment) => {
    let points = 0
    for (;;) {
      const rig = await open(of)
      const run = rig.planned()
      let died = false
      const crashes = await withCrashes(rig, run, (call, when) => {
        if (call !== points + 1 || when !== moment || died) return false
        died = true
        return true
      })
      await expectExact(of, rig, run)
      if (crashes === 0) break
      points++
    }
    // Of each batch: sending, kept, accepted, stage, done; of the one with a report: unmark and mark.
    expect(points).toBeGreaterThanOrEqual(12)
  })

  test.each(['before', 'after'] as const)('survives a kill %s the vendor acts on any request', async (moment) => {
    let points = 0
    for (;;) {
      const rig = await open(of)
      const run = rig.planned()
      const kills = await withKills(rig, run, ({ count }, when) => count === points + 1 && when === moment)
      await expectExact(of, rig, run)
      if (kills === 0) break
      points++
    }
    expect(points).toBeGreaterThanOrEqual(8)
  })

  test('that is killed at every third request comes through', async () => {
    const rig = await open(of)
    rig.service.delayMs = 2_000
    const run = rig.planned()
    const kills = await withKills(rig, run, ({ count }, when) => when === 'after' && count % 3 === 0 && count < 30)
    expect(kills).toBeGreaterThanOrEqual(3)
    await expectExact(of, rig, run)
  })

  const isUpload = ({ path }: Received) => path.startsWith('/store/') || path.startsWith('/upload/')

  test('that a killed process had uploaded is followed where its state tells, else marked as perhaps still to come', async () => {
    const rig = await open(of)
    // Far longer than the run: an orphan would work when nobody looks any more.
    rig.service.delaysMs.push(3_600_000)
    const run = rig.planned(SIZE)
    let killed = false
    await withKills(rig, run, (received, when) => {
      if (killed || when !== 'after' || !isUpload(received)) return false
      killed = true
      return true
    })
    expect(rig.service.uploads).toHaveLength(of.tellsOfFiles ? 1 : 2)
    expect(run.lostAt.size).toBe(of.tellsOfFiles ? 0 : SIZE)
    await expectExact(of, rig, run)
  })

  test('whose answer is lost is not believed to be lost for certain, and the same bytes go where bytes go again', async () => {
    const rig = await open(of)
    let lost = 0
    rig.service.interrupt = (received, when) =>
      when === 'after' && isUpload(received) && lost++ === 0 ? 'cut' : undefined
    const run = rig.planned()
    expect(await rig.run(run)).toEqual({ kind: 'complete' })
    const bytes = rig.service.uploads.map((upload) => upload.bytes.toString('base64'))
    expect(bytes).toHaveLength(of.tellsOfFiles ? 2 : 3)
    expect(new Set(bytes).size).toBe(2)
    expect(run.lostAt.size).toBe(SIZE / 2)
    await expectExact(of, rig, run)
  })

  test('whose upload is refused at first comes through', async () => {
    const rig = await open(of)
    let refusals = 0
    rig.service.interrupt = (received, when) => {
      if (when !== 'before' || !isUpload(received) || refusals++ > 1) return undefined
      return of.tellsOfFiles
        ? json({ Code: 3226, ErrorCode: 'E', Message: 'm' }, 400)
        : { status: 403, body: '<Error/>' }
    }
    const run = rig.planned()
    expect(await rig.run(run)).toEqual({ kind: 'complete' })
    expect(refusals).toBeGreaterThan(2)
    expect(run.lostAt.size).toBe(0)
    await expectExact(of, rig, run)
  })

  test('whose job was accepted is followed after a kill, never uploaded again', async () => {
    const rig = await open(of)
    const run = rig.planned()
    const looks = ({ path, method }: Received) =>
      path.includes('Status') || (method === 'GET' && path.includes('imports'))
    let killed = false
    await withKills(rig, run, (received, when) => {
      if (killed || when !== 'after' || !looks(received) || rig.service.uploads.length < 2) return false
      killed = true
      return true
    })
    expect(killed).toBe(true)
    expect(rig.service.uploads).toHaveLength(2)
    expect(run.lostAt.size).toBe(0)
    await expectExact(of, rig, run)
  })
})
