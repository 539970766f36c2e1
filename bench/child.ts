/** Runs a task in a process of its own, so that no bench inherits the memory or the compiled code of another. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { z } from 'zod'

/** Those of `sund`. */
export const LIMITS = ['--max-old-space-size=512', '--max-semi-space-size=8']
const script = fileURLToPath(new URL('./tasks/main.ts', import.meta.url))

/** The task's output, checked. Throws when the process fails; what it said stands on stderr. */
export async function inChild<T>(task: string, input: unknown, shape: z.ZodType<T>): Promise<T> {
  const child = spawn(
    process.execPath,
    // With the options that Sund itself is started with.
    [...process.execArgv, ...LIMITS, script, task, JSON.stringify(input)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let output = ''
  child.stdout.on('data', (piece: Buffer) => {
    output += piece.toString()
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`The task ${task} ended with ${code}.`)
  return shape.parse(JSON.parse(output))
}
