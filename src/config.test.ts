import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseEndpoint, readConfig } from './config.ts'

const secret = 'hunter2'

test('an empty environment gives the defaults', () => {
  expect(readConfig({})).toEqual({ home: resolve('.sund'), endpoints: new Map(), logLevel: 'info' })
  expect(
    readConfig({ SUND_HOME: ' ', DATABASE_URL: '', SUND_KEY: '', SUND_ENDPOINTS: '', SUND_LOG_LEVEL: '' }),
  ).toEqual(readConfig({}))
})

test('everything that is set is read', () => {
  const config = readConfig({
    SUND_HOME: 'elsewhere',
    DATABASE_URL: 'postgresql://sund:p%40ss@db.example:5433/sund?sslmode=require',
    SUND_KEY: 'ab'.repeat(32),
    SUND_ENDPOINTS: 'sendgrid=http://127.0.0.1:9001, campaign-monitor = http://127.0.0.1:9002/api ,',
    SUND_LOG_LEVEL: 'debug',
  })
  expect(config).toEqual({
    home: join(process.cwd(), 'elsewhere'),
    databaseUrl: 'postgresql://sund:p%40ss@db.example:5433/sund?sslmode=require',
    key: Buffer.alloc(32, 0xab),
    endpoints: new Map([
      ['sendgrid', new URL('http://127.0.0.1:9001')],
      ['campaign-monitor', new URL('http://127.0.0.1:9002/api')],
    ]),
    logLevel: 'debug',
  })
})

describe('what is refused, by its name and without its secrets', () => {
  test.each([
    ['DATABASE_URL', `sund:${secret}@host`],
    ['DATABASE_URL', `mysql://sund:${secret}@host/db`],
    ['SUND_KEY', secret],
    ['SUND_KEY', Buffer.alloc(31).toString('base64')],
    ['SUND_ENDPOINTS', 'sendgrid'],
    ['SUND_ENDPOINTS', 'sendgrid=not an address'],
    ['SUND_ENDPOINTS', 'Send Grid=http://127.0.0.1'],
    ['SUND_ENDPOINTS', 'sendgrid=ftp://127.0.0.1'],
    ['SUND_ENDPOINTS', `sendgrid=http://me:${secret}@127.0.0.1`],
    ['SUND_ENDPOINTS', 'sendgrid=http://127.0.0.1,sendgrid=http://127.0.0.2'],
    ['SUND_LOG_LEVEL', 'loud'],
  ])('%s=%s', (name, value) => {
    const refused = expect.objectContaining({
      code: 'config.invalid',
      details: expect.objectContaining({ name }),
      message: expect.not.stringContaining(secret),
    })
    expect(() => readConfig({ [name]: value })).toThrow(refused)
  })
})

test('an endpoint of a command line is told by its own name', () => {
  expect(parseEndpoint('iterable=http://127.0.0.1:1', '--endpoint')).toEqual([
    'iterable',
    new URL('http://127.0.0.1:1'),
  ])
  expect(() => parseEndpoint('iterable', '--endpoint')).toThrow(
    expect.objectContaining({ details: expect.objectContaining({ name: '--endpoint' }) }),
  )
})
