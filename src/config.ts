/** The only reader of the environment: what it says, checked, once, when Sund starts. */
import { resolve } from 'node:path'
import { z } from 'zod'
import { SundError } from './errors.ts'
import { parseKey } from './vault/open-vault.ts'

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

export interface Config {
  /** SUND_HOME: the data folder, absolute. */
  readonly home: string
  /** DATABASE_URL: a PostgreSQL server in place of the embedded one. */
  readonly databaseUrl?: string
  /** SUND_KEY: the vault's key in place of the file in the data folder. */
  readonly key?: Uint8Array
  /** SUND_ENDPOINTS: origins that stand in for those of a destination, by its slug. */
  readonly endpoints: ReadonlyMap<string, URL>
  /** SUND_LOG_LEVEL */
  readonly logLevel: LogLevel
}

export type Environment = Readonly<Record<string, string | undefined>>

const refuse = (name: string, problem: string): never => {
  throw new SundError('config.invalid', { name, problem })
}

/** A variable that is set to nothing is as good as absent. */
const read = (environment: Environment, name: string): string | undefined => {
  const value = environment[name]?.trim()
  return value === '' ? undefined : value
}

const readDatabaseUrl = (environment: Environment): string | undefined => {
  const text = read(environment, 'DATABASE_URL')
  if (text === undefined) return undefined
  // The address holds a password, so it is not shown.
  if (!URL.canParse(text))
    return refuse('DATABASE_URL', 'it is not an address such as postgres://name:password@host/database')
  const { protocol } = new URL(text)
  if (protocol !== 'postgres:' && protocol !== 'postgresql:')
    return refuse('DATABASE_URL', `it begins with ${protocol}, not postgres:`)
  return text
}

const readKey = (environment: Environment): Uint8Array | undefined => {
  const text = read(environment, 'SUND_KEY')
  if (text === undefined) return undefined
  return parseKey(text) ?? refuse('SUND_KEY', 'it is not 32 bytes written as 64 hexadecimal digits or as base64')
}

/** `slug=url`, as in SUND_ENDPOINTS and after --endpoint. Throws SundError config.invalid, naming `name`. */
export const parseEndpoint = (text: string, name: string): readonly [slug: string, url: URL] => {
  const at = text.indexOf('=')
  const slug = text.slice(0, Math.max(at, 0)).trim()
  const address = text.slice(at + 1).trim()
  if (!/^[a-z][a-z0-9-]*$/.test(slug) || !URL.canParse(address)) {
    return refuse(name, `"${text}" is not of the form destination=https://host`)
  }
  const url = new URL(address)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refuse(name, `"${text}" is neither http nor https`)
  if (url.username !== '' || url.password !== '')
    return refuse(name, `the address for ${slug} holds a user name or password`)
  return [slug, url]
}

const readEndpoints = (environment: Environment): ReadonlyMap<string, URL> => {
  const endpoints = new Map<string, URL>()
  for (const part of (read(environment, 'SUND_ENDPOINTS') ?? '').split(',')) {
    if (part.trim() === '') continue
    const [slug, url] = parseEndpoint(part.trim(), 'SUND_ENDPOINTS')
    if (endpoints.has(slug)) return refuse('SUND_ENDPOINTS', `${slug} is there twice`)
    endpoints.set(slug, url)
  }
  return endpoints
}

const readLogLevel = (environment: Environment): LogLevel => {
  const level = z.enum(logLevels).safeParse(read(environment, 'SUND_LOG_LEVEL') ?? 'info')
  return level.success ? level.data : refuse('SUND_LOG_LEVEL', `it must be one of ${logLevels.join(', ')}`)
}

/** Reads and checks everything at once. Throws SundError config.invalid, which never shows a secret. */
export const readConfig = (environment: Environment = process.env): Config => {
  const databaseUrl = readDatabaseUrl(environment)
  const key = readKey(environment)
  return {
    home: resolve(read(environment, 'SUND_HOME') ?? '.sund'),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(key === undefined ? {} : { key }),
    endpoints: readEndpoints(environment),
    logLevel: readLogLevel(environment),
  }
}

export interface ClientConfig {
  /** SUND_SERVER: where the API of Sund is. */
  readonly server: string
  /** SUND_TOKEN: in place of the file “token” in the data folder. */
  readonly token?: string
  /** SUND_HOME: the data folder, absolute. */
  readonly home: string
}

/** What the command line needs: no more than that, so that a wrong setting of the server is not in its way. */
export const readClientConfig = (environment: Environment = process.env): ClientConfig => {
  const token = read(environment, 'SUND_TOKEN')
  return {
    server: read(environment, 'SUND_SERVER') ?? 'http://127.0.0.1:4700',
    ...(token === undefined ? {} : { token }),
    home: resolve(read(environment, 'SUND_HOME') ?? '.sund'),
  }
}

/** The value that a file means by `${NAME}`, as it stands; undefined where it is absent or empty. */
export const readNamed = (name: string, environment: Environment = process.env): string | undefined =>
  environment[name] === '' ? undefined : environment[name]

/** All of it, for those to whom it is passed in. */
export const readEnvironment = (): Environment => process.env
