/** Opens an engine by its kind, for the conformance suite and the processes it starts. */
import { join } from 'node:path'
import { openDuckDb } from './duckdb.ts'
import type { DataEngine } from './engine.ts'

export const openEngine = async (kind: string, folder: string): Promise<DataEngine> => {
  if (kind === 'duckdb') return await openDuckDb({ file: join(folder, 'sund.duckdb'), spillFolder: folder })
  throw new TypeError(`There is no engine ${kind}.`)
}
