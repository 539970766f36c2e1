/** The default data engine: DuckDB in the data folder, owned by the serving process. */
import { tmpdir } from 'node:os'
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBType,
  SQLNULL,
  VARCHAR,
} from '@duckdb/node-api'
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { z } from 'zod'
import { SundError } from '../errors.ts'
import { type Bound, packedColumns, type Statement } from './duckdb-columns.ts'
import { duckdbDialect } from './duckdb-dialect.ts'
import { MemoryLimit } from './duckdb-memory.ts'
import type { Columns, DataEngine, Query, Session } from './engine.ts'
import { RehearsalEngine } from './rehearsal.ts'
import { clearScratch } from './scratch.ts'

/** With what Node and the driver take beside it, a process stays below 2 GB over 10 M people. */
const MEMORY_LIMIT = '1800MB'

export interface DuckDbOptions {
  /** A file, or `:memory:`. */
  readonly file: string
  /** DuckDB's own limit; the 10 M join fails below about 1 GB. */
  readonly memoryLimit?: string
  /** The limit while records are only read out; megabytes. */
  readonly sparedMb?: number
  readonly threads?: number
  /** Where DuckDB spills what does not fit; required with a file. */
  readonly spillFolder?: string
}

// DuckDB takes PostgreSQL's quoting and numbered parameters, so Kysely's compiler for it serves.
const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

const bind = (value: unknown): Bound => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean' || typeof value === 'number')
    return value
  if (value === null) return value
  throw new TypeError(`The data engine binds text, numbers, booleans and null, not ${typeof value}.`)
}

const typeOf = (value: Bound): DuckDBType => {
  if (typeof value === 'string') return VARCHAR
  if (typeof value === 'bigint') return BIGINT
  if (typeof value === 'boolean') return BOOLEAN
  return value === null ? SQLNULL : DOUBLE
}

const compile = (query: Query): Statement => {
  const { sql, parameters } = query.compile(compiler)
  const values = parameters.map(bind)
  return { text: sql, values, types: values.map(typeOf) }
}

/** DuckDB says by words only that the disk is full. */
const explained = (error: unknown): unknown =>
  error instanceof Error &&
  /no space left on device|not enough (?:free )?space|could not write all bytes/i.test(error.message)
    ? new SundError('home.disk_full', {}, error)
    : error

const plain = (value: unknown): unknown =>
  typeof value === 'bigint' && value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
    ? Number(value)
    : value

class DuckDbSession implements Session {
  readonly #connection: DuckDBConnection

  constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  async run(query: Query): Promise<number> {
    const { text, values, types } = compile(query)
    try {
      return (await this.#connection.run(text, values, types)).rowsChanged
    } catch (error) {
      throw explained(error)
    }
  }

  async rows<T>(query: Query, shape: z.ZodType<T>): Promise<T[]> {
    const { text, values, types } = compile(query)
    try {
      const reader = await this.#connection.runAndReadAll(text, values, types)
      const names = reader.deduplicatedColumnNames()
      return reader
        .getRows()
        .map((row) => shape.parse(Object.fromEntries(names.map((name, index) => [name, plain(row[index])]))))
    } catch (error) {
      throw explained(error)
    }
  }

  async columns(query: Query): Promise<Columns> {
    try {
      return await packedColumns(this.#connection, query, compile)
    } catch (error) {
      throw explained(error)
    }
  }

  async *stream(query: Query): AsyncIterable<Columns> {
    const { text, values, types } = compile(query)
    const result = await this.#connection.stream(text, values, types)
    for (;;) {
      const chunk = await result.fetchChunk()
      if (chunk === null || chunk.rowCount === 0) return
      const at = (index: number) => chunk.getColumnVector(index).toArray()
      yield { count: chunk.rowCount, at, column: at }
    }
  }
}

const isOutOfMemory = (error: unknown): boolean => error instanceof Error && /out of memory/i.test(error.message)

class DuckDbEngine implements DataEngine {
  readonly dialect = duckdbDialect
  readonly spillFolder: string
  readonly #instance: DuckDBInstance
  readonly #writer: DuckDBConnection
  readonly #memory: MemoryLimit
  #writes: Promise<unknown> = Promise.resolve()

  constructor(instance: DuckDBInstance, writer: DuckDBConnection, spillFolder: string, memory: MemoryLimit) {
    this.spillFolder = spillFolder
    this.#instance = instance
    this.#writer = writer
    this.#memory = memory
  }

  async run(query: Query): Promise<number> {
    return await this.#alone(async () => await new DuckDbSession(this.#writer).run(query))
  }

  async rows<T>(query: Query, shape: z.ZodType<T>): Promise<T[]> {
    return await this.#memory.whole(() => this.#reading((session) => session.rows(query, shape)))
  }

  async columns(query: Query): Promise<Columns> {
    const read = () => this.#reading((session) => session.columns(query))
    await this.#memory.reading()
    try {
      return await read()
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      return await this.#memory.whole(read)
    }
  }

  async sparing<T>(work: () => Promise<T>): Promise<T> {
    return await this.#memory.spared(work)
  }

  async *stream(query: Query): AsyncIterable<Columns> {
    const connection = await this.#instance.connect()
    try {
      yield* new DuckDbSession(connection).stream(query)
    } finally {
      connection.closeSync()
    }
  }

  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#alone(async () => {
      await this.#writer.run('begin')
      try {
        const result = await work(new DuckDbSession(this.#writer))
        await this.#writer.run('commit')
        return result
      } catch (error) {
        await this.#writer.run('rollback').catch(() => undefined)
        throw explained(error)
      }
    })
  }

  async rehearse<T>(work: (engine: DataEngine) => Promise<T>): Promise<T> {
    return await this.#alone(async () => {
      const rehearsal = new RehearsalEngine(new DuckDbSession(this.#writer), this)
      await this.#writer.run('begin')
      try {
        return await work(rehearsal)
      } catch (error) {
        throw explained(error)
      } finally {
        await rehearsal.close()
        await this.#writer.run('rollback').catch(() => undefined)
      }
    })
  }

  async close(): Promise<void> {
    await this.#alone(async () => this.#writer.closeSync())
    this.#memory.close()
    this.#instance.closeSync()
  }

  async #reading<T>(read: (session: DuckDbSession) => Promise<T>): Promise<T> {
    const connection = await this.#instance.connect()
    try {
      return await read(new DuckDbSession(connection))
    } finally {
      connection.closeSync()
    }
  }

  /** One write at a time: DuckDB would answer a second writer of the same rows with a conflict. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const whole = () => this.#memory.whole(work)
    const mine = this.#writes.then(whole, whole)
    this.#writes = mine.catch(() => undefined)
    return mine
  }
}

/** Opens or creates the engine. A file that another process holds gives `home.in_use`. */
export async function openDuckDb(options: DuckDbOptions): Promise<DataEngine> {
  const memoryLimit = options.memoryLimit ?? MEMORY_LIMIT
  const settings: Record<string, string> = {
    threads: String(options.threads ?? 2),
    memory_limit: memoryLimit,
    preserve_insertion_order: 'true',
    // What a statement needed is given back when it ends: by default, a quarter of a gigabyte stays with the allocator.
    allocator_flush_threshold: '4MB',
    allocator_bulk_deallocation_flush_threshold: '4MB',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // A file that was replaced within one tick of its clock must not be answered from memory.
    enable_external_file_cache: 'false',
  }
  if (options.spillFolder !== undefined) settings.temp_directory = options.spillFolder
  try {
    const instance = await DuckDBInstance.create(options.file, settings)
    if (options.spillFolder !== undefined) await clearScratch(options.spillFolder)
    // Tables without a file are memory themselves, and could not be put anywhere else.
    const canSpare = options.file !== ':memory:'
    const memory = new MemoryLimit(await instance.connect(), {
      full: memoryLimit,
      canSpare,
      ...(options.sparedMb === undefined ? {} : { sparedMb: options.sparedMb }),
    })
    return new DuckDbEngine(instance, await instance.connect(), options.spillFolder ?? tmpdir(), memory)
  } catch (error) {
    const holder = error instanceof Error ? /Conflicting lock is held in .*\(PID (\d+)\)/.exec(error.message) : null
    if (holder !== null) throw new SundError('home.in_use', { folder: options.file, pid: holder[1] ?? '?' }, error)
    throw explained(error)
  }
}
