/** The job queue: says that something is to be worked on. What, and how far it is, stands in the row the key names. */
import { type Db, PgBoss } from 'pg-boss'
import { z } from 'zod'
import { SundError } from '../errors.ts'
import { type Texts, texts } from './columns.ts'
import { explained } from './database-errors.ts'
import type { Log } from './log.ts'

/** A queue for each destination's runs: those that wait for one service must not keep another's from being worked on. */
export type QueueName = 'refresh' | 'run' | `run/${string}`

/** Must be idempotent: a job is worked on again after a crash, a stop or an error, and goes on where its row says. */
export type Handler = (payload: Texts, signal: AbortSignal) => Promise<void>

export interface Queue {
  /** False where a job of this key waits or is worked on already. */
  send(queue: QueueName, payload: Texts, key: string): Promise<boolean>
  /** Works on up to `concurrency` jobs at once. The signal is aborted when the queue stops: end soon, the job comes again. */
  work(queue: QueueName, concurrency: number, handler: Handler): Promise<void>
  /** Aborts the handlers and waits for them, for ten seconds at most. */
  stop(): Promise<void>
}

interface Envelope {
  readonly key: string
  readonly payload: Texts
}

const envelope: z.ZodType<Envelope> = z.object({ key: z.string(), payload: texts })

const STOP_MS = 10_000
/** The most that pg-boss takes. A job that lasts longer is aborted and comes again. */
const LONGEST_SECONDS = 86_400
const settings = {
  // One job of a key, waiting or active.
  policy: 'exclusive',
  notify: true,
  expireInSeconds: LONGEST_SECONDS,
  // A handler that fails did not expect it; its row is still live, so giving up would leave it so for ever.
  retryLimit: 1_000_000,
  retryDelay: 5,
  retryBackoff: true,
  retryDelayMax: 300,
  deleteAfterSeconds: 3_600,
} as const

const inTransaction = async (boss: PgBoss, act: (db: Db) => Promise<void>): Promise<void> => {
  const transaction = await boss.getDb().beginTransaction?.()
  if (transaction === undefined) throw new Error('The queue has no transactions.')
  try {
    await act(transaction.db)
    await transaction.commit()
  } catch (error) {
    await transaction.rollback()
    throw error
  }
}

/**
 * This process owns the database alone, so a job that is active now belonged to a process that is dead; one that waits
 * for its retry need not wait either. Both are sent anew.
 */
const takeUpAgain = async (boss: PgBoss, queue: QueueName): Promise<number> => {
  const left = (await boss.findJobs<object>(queue)).filter(({ state }) => state === 'active' || state === 'retry')
  for (const { id, data } of left) {
    const { key } = envelope.parse(data)
    await inTransaction(boss, async (db) => {
      await boss.deleteJob(queue, id, { db })
      await boss.send(queue, data, { singletonKey: key, db })
    })
  }
  return left.length
}

const prepare = async (boss: PgBoss, queues: readonly QueueName[], log: Log): Promise<void> => {
  for (const queue of queues) {
    await boss.createQueue(queue, settings)
    const { policy: _, ...changeable } = settings
    await boss.updateQueue(queue, changeable)
    const again = await takeUpAgain(boss, queue)
    if (again > 0) log.info(`Took up ${again} job(s) of the queue "${queue}" that an earlier process left.`)
  }
}

/** Words of errors that nobody foresaw may hold values of people. */
const wordsOf = (error: unknown): string => {
  if (error instanceof SundError) return error.message
  return error instanceof Error ? error.name : 'no error object'
}

/**
 * A handler of a key runs once at a time in this process: also where pg-boss gave its job up as too old, and where the
 * key was sent to another queue meanwhile, as a run is whose export was given another destination. pg-boss keeps the error
 * of a failed job, so it gets one that says nothing.
 */
const oneAtATime = (
  running: Map<string, Promise<void>>,
  { queue, handler, stopping, log }: { queue: QueueName; handler: Handler; stopping: AbortSignal; log: Log },
) => {
  return async (data: object, expired: AbortSignal): Promise<void> => {
    const { key, payload } = envelope.parse(data)
    // Several may have waited for the same one: the first of them is waited for next.
    for (let before = running.get(key); before !== undefined; before = running.get(key)) await before.catch(() => {})
    const mine = handler(payload, AbortSignal.any([stopping, expired]))
    running.set(key, mine)
    try {
      await mine
    } catch (error) {
      if (!stopping.aborted) {
        log.warn(`Job "${key}" of the queue "${queue}" failed: ${wordsOf(error)}`)
      }
      throw new Error('It did not come to its end.')
    } finally {
      if (running.get(key) === mine) running.delete(key)
    }
  }
}

export interface QueueOptions {
  readonly url: string
  readonly log: Log
  /** Those that jobs are sent to. */
  readonly queues?: readonly QueueName[]
}

/**
 * Opens the queue on the control plane's database, which this process must own (see ownership.ts).
 * Throws SundError database.unreachable, home.disk_full.
 */
export const openQueue = async ({ url, log, queues = ['refresh', 'run'] }: QueueOptions): Promise<Queue> => {
  const boss = new PgBoss({
    connectionString: url,
    application_name: 'sund queue',
    max: 4,
    useListenNotify: true,
    schedule: false,
    reindex: false,
  })
  boss.on('error', (error) => log.warn(`The queue met an error: ${error.message}`))
  const stopping = new AbortController()
  const running = new Map<string, Promise<void>>()
  try {
    await boss.start()
    await prepare(boss, queues, log)
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {})
    throw explained(error, url)
  }

  return {
    send: async (queue, payload, key) => (await boss.send(queue, { key, payload }, { singletonKey: key })) !== null,
    work: async (queue, concurrency, handler) => {
      const run = oneAtATime(running, { queue, handler, stopping: stopping.signal, log })
      const options = { localConcurrency: concurrency, pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 10 }
      await boss.work<object>(queue, options, async (jobs) => {
        for (const job of jobs) await run(job.data, job.signal)
      })
    },
    stop: async () => {
      stopping.abort(new Error('Sund is stopping.'))
      await boss.stop({ graceful: true, timeout: STOP_MS })
    },
  }
}
