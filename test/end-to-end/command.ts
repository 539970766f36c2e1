/** Runs the `sund` command as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export const projectRoot = join(import.meta.dirname, '..', '..')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const startCommandWith = (
  environment: Readonly<Record<string, string>>,
  ...words: readonly string[]
): ChildProcess =>
  spawn(process.execPath, [join(projectRoot, 'src', 'main.ts'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })

export const startCommand = (...words: readonly string[]): ChildProcess => startCommandWith({}, ...words)

/** Runs it to its end; one that hangs is killed, and its code is null. */
export const runCommand = async (...words: readonly string[]): Promise<Ended> => {
  const child = startCommand(...words)
  const texts = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      texts[stream] += text
    })
  }
  const hangs = setTimeout(() => child.kill('SIGKILL'), 150_000)
  try {
    await once(child, 'close')
  } finally {
    clearTimeout(hangs)
  }
  return { code: child.exitCode, ...texts }
}

/** Resolves when the process has said this on standard error. */
export const untilSays = async (child: ChildProcess, said: string): Promise<void> => {
  let text = ''
  for await (const part of child.stderr?.iterator({ destroyOnReturn: false }) ?? []) {
    text += String(part)
    if (text.includes(said)) return
  }
  throw new Error(`The process ended and said only: ${text}`)
}

export const stopCommand = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}
