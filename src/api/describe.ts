/** The OpenAPI document without a server: its routes are registered, and nothing that they would work with is opened. */
import { openRates } from '../delivery/rates.ts'
import { systemClock } from '../delivery/system-clock.ts'
import { duckdbDialect } from '../engine/duckdb-dialect.ts'
import { openDoor } from '../outbound/door.ts'
import { openDatabase } from '../store/database.ts'
import { KEY_BYTES, vaultOf } from '../vault/vault.ts'
import { buildApi, type Route } from './app.ts'

const closed = (): never => {
  throw new Error('The API was made to be described, not to be called.')
}

const log = { info: () => undefined, warn: () => undefined }

export interface DescribedApi {
  /** As it is at /api/v1/openapi.json. */
  readonly document: object
  readonly routes: readonly Route[]
}

export const describeApi = async (): Promise<DescribedApi> => {
  // Connects with the first query only, and there is none.
  const db = openDatabase('postgres://nowhere.invalid/sund', log)
  const door = openDoor({ endpoints: new Map() })
  const engine = {
    dialect: duckdbDialect,
    spillFolder: '',
    run: closed,
    rows: closed,
    columns: closed,
    transaction: closed,
    rehearse: closed,
    stream: closed,
    sparing: closed,
    close: closed,
  }
  const ports = {
    db,
    vault: vaultOf(new Uint8Array(KEY_BYTES), 'nowhere'),
    door,
    rates: openRates(systemClock),
    clock: systemClock,
    random: () => 0,
    engine,
    identityKey: '',
  }
  const { app, routes } = await buildApi({
    server: {
      ports,
      requestRefresh: closed,
      joinRun: closed,
      requestLast: closed,
      approveRun: closed,
      cancelRun: closed,
    },
    signIns: { start: closed, stateOf: closed },
    log,
    stopping: new AbortController().signal,
    tokenHash: '',
  })
  try {
    return { document: app.swagger(), routes }
  } finally {
    await app.close()
    await door.close()
    await db.destroy()
  }
}
