/** One server process of the limits bench, with the options that Sund itself is started with. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { LIMITS } from '../child.ts'
import { type Ended, type Orders, type ServerMessage, serverMessage } from './messages.ts'

const entry = fileURLToPath(new URL('./server.ts', import.meta.url))

const started = (orders: Orders): ChildProcess =>
  spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...LIMITS, entry, JSON.stringify(orders)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })

/** Rejects where the process failed. */
const ends = async (child: ChildProcess): Promise<void> => {
  const [code, signal] = await once(child, 'exit')
  if (code !== 0) throw new Error(`The server ended by itself with ${code ?? signal}.`)
}

export const prepareServer = async (orders: Orders): Promise<void> => await ends(started(orders))

/** `ready`: called between the set-up and the runs. Rejects where the server failed or did not say how the runs ended. */
export async function runServer(orders: Orders, ready: () => void): Promise<Ended> {
  const child = started(orders)
  let told: Ended | undefined
  child.on('message', (said) => {
    const message: ServerMessage = serverMessage.parse(said)
    if (message.kind === 'ended') told = message
    else {
      ready()
      child.send('go')
    }
  })
  await ends(child)
  if (told === undefined) throw new Error('The server did not say how its runs ended.')
  return told
}
