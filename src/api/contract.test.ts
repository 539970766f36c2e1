/** The description of the API and the API itself: each says the same as the other. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { errorEntries } from '../errors.ts'
import { describeApi } from './describe.ts'
import { type ApiRig, openApiRig } from './fixtures/api-rig.ts'

const operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()),
  security: z.array(z.unknown()).optional(),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string(), required: z.boolean().optional() })).optional(),
  requestBody: z.unknown().optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string(), content: z.unknown().optional() })),
})
const document = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), operation)),
})

const { document: described, routes } = await describeApi()
const { openapi, paths } = document.parse(described)
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, one]) => ({ path, method: method.toUpperCase(), ...one })),
)

let api: ApiRig
beforeAll(async () => {
  api = await openApiRig()
})
afterAll(async () => await api.close())

it('is an OpenAPI 3.1 document without a fault', async () => {
  expect(openapi).toMatch(/^3\.1\./)
  const { valid, errors } = await new Validator().validate(document.parse(JSON.parse(JSON.stringify(described))))
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
})

it('is served as it is described', async () => {
  const { status, body } = await api.call('GET', '/openapi.json', { token: undefined })
  expect(status).toBe(200)
  expect(body).toEqual(JSON.parse(JSON.stringify(described)))
})

it('names each operation once', () => {
  const ids = operations.map(({ operationId }) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBeGreaterThan(50)
})

const isOpen = ({ security }: { security?: unknown[] | undefined }): boolean => security?.length === 0

it('leaves only the description and the health open', () => {
  expect(
    operations
      .filter(isOpen)
      .map(({ path }) => path)
      .sort(),
  ).toEqual(['/api/v1/openapi.json', '/health'])
})

describe.each(operations.map((one) => [`${one.method} ${one.path}`, one] as const))('%s', (_name, one) => {
  // Nothing has this id or name; that is the farthest that every operation comes without anything set up.
  const address = one.path.replace(/\{(\w+)\}/g, (_whole, name: string) => (name === 'id' ? '999999' : 'nobody'))
  const required = (one.parameters ?? []).filter((parameter) => parameter.in === 'query' && parameter.required === true)
  const query = required.map(({ name }) => `${name}=999999`).join('&')
  const whole = query === '' ? address : `${address}?${query}`

  it('says what it is for, and which errors it has', () => {
    expect(one.summary).toMatch(/^[A-Z].{8,}[^.]$/)
    expect(one.tags).toHaveLength(1)
    const failures = Object.entries(one.responses).filter(([status]) => Number(status) >= 400)
    expect(failures.length).toBeGreaterThan(0)
    for (const [status, { description, content }] of failures) {
      const codes = [...description.matchAll(/`([a-z]+\.[a-z_]+)`/g)].map(([, code]) => code)
      expect(codes.length).toBeGreaterThan(0)
      for (const code of codes) {
        expect(Object.entries(errorEntries).find(([known]) => known === code)?.[1].status).toBe(Number(status))
      }
      expect(content).toEqual({ 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } })
    }
  })

  it('is registered, and answers as described', async () => {
    const body = one.requestBody === undefined ? {} : { body: {} }
    const { status, text, headers } = await api.call(one.method, whole, body)
    const isProblem = status >= 400
    const code = isProblem ? z.object({ code: z.string() }).parse(JSON.parse(text)).code : undefined
    // Its own refusals are fine; that nobody is there, or that it broke, is not.
    expect(['request.not_found', 'request.method', 'request.failed']).not.toContain(code)
    expect(Object.keys(one.responses)).toContain(String(status))
    if (isProblem) {
      expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
      expect(one.responses[String(status)]?.description).toContain(`\`${code}\``)
    }
  })

  it('answers nobody without the token, unless it is open', async () => {
    for (const token of [undefined, `${api.token}x`, 'x']) {
      const { status, text } = await api.call(one.method, whole, { token })
      if (isOpen(one)) expect(status).toBe(200)
      else expect([status, JSON.parse(text).code]).toEqual([401, 'access.unauthenticated'])
    }
  })
})

it('describes every route that is registered, and no other', () => {
  const registered = routes.map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`)
  expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(registered.sort())
})

it.each(Object.entries(paths))('%s tells which methods it has', async (path, methods) => {
  const answer = await api.call('OPTIONS', path.replace(/\{\w+\}/g, '999999'))
  expect(answer.status).toBe(405)
  const allowed = (answer.headers.get('allow') ?? '').split(', ')
  expect(allowed).toEqual(expect.arrayContaining(Object.keys(methods).map((method) => method.toUpperCase())))
})
