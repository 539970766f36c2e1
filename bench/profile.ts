/** Where the CPU of a stretch of work goes: the engine's threads beside JavaScript's own, and in that one by function. */
import { readdir, readFile } from 'node:fs/promises'
import { type Profiler, Session } from 'node:inspector/promises'

const SAMPLE_EVERY_US = 500
const SHOWN = 15
/** What the kernel counts CPU time in. */
const TICKS_PER_SECOND = 100

/** Seconds of CPU by kind of thread. */
type Threads = ReadonlyMap<string, number>

/** Threads that DuckDB makes bear the name of the one that made them, which is libuv's. */
const kindOf = (id: string, name: string): string => {
  if (Number(id) === process.pid) return 'JavaScript'
  if (name.startsWith('libuv') || name.startsWith('duckdb')) return 'DuckDB, files and packing'
  return name.startsWith('V8') ? 'garbage collector, compiler' : 'other'
}

/** Empty where the system does not tell of threads. */
async function threads(): Promise<Threads> {
  const seconds = new Map<string, number>()
  for (const id of await readdir('/proc/self/task').catch(() => [])) {
    const stat = await readFile(`/proc/self/task/${id}/stat`, 'utf8').catch(() => '')
    const [name = '', rest = ''] = [
      stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
      stat.slice(stat.lastIndexOf(')') + 2),
    ]
    const fields = rest.split(' ')
    const kind = kindOf(id, name)
    const ticks = Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
    seconds.set(kind, (seconds.get(kind) ?? 0) + ticks / TICKS_PER_SECOND)
  }
  return seconds
}

/** Milliseconds by function, those of the collector and of waiting among them. */
function byFunction({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): [string, number][] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const file = url.split('/').slice(-2).join('/')
      return [
        id,
        `${functionName === '' ? '(unnamed)' : functionName}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`,
      ]
    }),
  )
  const spent = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '(unnamed)'
    // Looking itself.
    if (name.includes('node:inspector')) continue
    spent.set(name, (spent.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000)
  }
  return [...spent].sort(([, one], [, other]) => other - one)
}

/** Does the work and tells, on standard error, where its CPU went. Sampling costs some CPU itself. */
export async function profiled<T>(name: string, work: () => Promise<T>): Promise<T> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US })
    await session.post('Profiler.start')
    const before = await threads()
    const start = performance.now()
    const result = await work()
    const seconds = (performance.now() - start) / 1000
    const after = await threads()
    const { profile } = await session.post('Profiler.stop')
    const lines = [`Profile of ${name}: ${seconds.toFixed(2)} s`]
    for (const [kind, total] of after) {
      lines.push(`  ${(total - (before.get(kind) ?? 0)).toFixed(2).padStart(8)} s of CPU  ${kind}`)
    }
    for (const [where, ms] of byFunction(profile).slice(0, SHOWN)) {
      lines.push(`  ${ms.toFixed(0).padStart(7)} ms of JavaScript's thread  ${where}`)
    }
    process.stderr.write(`${lines.join('\n')}\n`)
    return result
  } finally {
    session.disconnect()
  }
}
