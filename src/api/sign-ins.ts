/** Sign-ins that wait for a person at the vendor's page: one a connection, in this process, until it stops. */

import { connect, signIn } from '../connections/connect.ts'
import type { ConnectionPorts } from '../connections/open-connection.ts'
import { signInOf } from '../connections/ways.ts'
import { destinationOf } from '../destinations/index.ts'
import { SundError } from '../errors.ts'
import { reasonOf } from '../exports/ending.ts'
import { type Connection, readCredentials } from '../store/connection.ts'

/** `url`: the page that the person opens while it waits. */
export type SignInState =
  | { readonly status: 'none' }
  | { readonly status: 'waiting'; readonly url: string }
  | { readonly status: 'signed-in' }
  | { readonly status: 'failed'; readonly code: string; readonly reason: string }

export interface SignIns {
  /** Starts one, or joins that which waits. Throws SundError connection.no_sign_in, and what kept it from starting. */
  start(connection: Connection): Promise<SignInState>
  stateOf(connection: Connection): SignInState
}

interface Attempt {
  readonly begun: Promise<SignInState>
  state: SignInState
}

export const openSignIns = (ports: ConnectionPorts, stopping: AbortSignal): SignIns => {
  const attempts = new Map<string, Attempt>()

  const begin = (connection: Connection): Attempt => {
    const { promise: begun, resolve, reject } = Promise.withResolvers<SignInState>()
    const attempt: Attempt = { begun, state: { status: 'none' } }
    const visit = async (page: string): Promise<void> => {
      const url = ports.door.pageAt(connection.destination, new URL(page)).href
      attempt.state = { status: 'waiting', url }
      resolve(attempt.state)
    }
    const finish = async (): Promise<void> => {
      await signIn(ports, connection, visit, stopping)
      // The grant is there; whether it is of use is what the check says.
      await connect(ports, connection, stopping)
      attempt.state = { status: 'signed-in' }
    }
    finish().catch((error: unknown) => {
      const { reasonCode, reason } = reasonOf(error, destinationOf(connection.destination).name)
      attempt.state = { status: 'failed', code: reasonCode, reason }
      // Only counts where it failed before there was a page to open.
      reject(error)
    })
    return attempt
  }

  return {
    async start(connection) {
      const destination = destinationOf(connection.destination)
      const credentials = await readCredentials(ports.db, ports.vault, connection.id)
      if (signInOf(destination, credentials) === undefined) {
        throw new SundError('connection.no_sign_in', { destination: destination.name })
      }
      const there = attempts.get(connection.id)
      const isOver = there === undefined || there.state.status === 'failed' || there.state.status === 'signed-in'
      const attempt = isOver ? begin(connection) : there
      attempts.set(connection.id, attempt)
      return await attempt.begun
    },
    stateOf(connection) {
      const state = attempts.get(connection.id)?.state ?? { status: 'none' }
      if (state.status === 'waiting' || state.status === 'failed') return state
      // Also after a restart, and after other credentials were given: what is kept decides.
      return { status: connection.signedIn ? 'signed-in' : 'none' }
    },
  }
}
