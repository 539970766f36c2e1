/** Descriptions as contracts: what is not declared, missing or of another kind is found; what is as declared is not. */
import { describe, expect, it } from 'vitest'
import { type Contract, lineOf } from './contract.ts'
import { exchangedOf } from './fixtures/exchanged.ts'
import { openApiContract } from './openapi.ts'

const person = {
  type: 'object',
  required: ['email', 'id'],
  properties: {
    email: { type: 'string', format: 'email' },
    age: { type: 'integer', nullable: true },
    id: { type: 'integer', readOnly: true },
    tags: { type: 'array', items: { $ref: '#/components/schemas/Tag' } },
    kind: { type: 'string', enum: ['friend', 'foe'] },
  },
}
const content = (schema: unknown) => ({ content: { 'application/json': { schema } } })
const named = {
  type: 'object',
  properties: { name: { type: 'string' }, of: { type: 'object', properties: { a: { type: 'string' } } } },
}

const description = {
  openapi: '3.0.3',
  servers: [{ url: 'https://{place}.example.com', variables: { place: { enum: ['a', 'b'], default: 'a' } } }],
  paths: {
    '/people': {
      post: {
        parameters: [
          { name: 'quiet', in: 'query', schema: { type: 'boolean' } },
          { name: 'who', in: 'query', required: true, schema: { type: 'string' } },
        ],
        requestBody: { required: true, ...content({ $ref: '#/components/schemas/Person' }) },
        responses: { '201': content({ $ref: '#/components/schemas/Person' }), '4XX': {}, '204': {} },
      },
    },
    '/people/{id}': {
      get: {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
        responses: { '200': content({ type: 'string' }) },
      },
    },
    '/people/all': {
      get: { responses: { '200': content({ type: 'array', items: { $ref: '#/components/schemas/Named' } }) } },
    },
    '/either': {
      post: {
        requestBody: content({ oneOf: [{ $ref: '#/components/schemas/Tag' }, { type: 'string' }] }),
        responses: { '204': {} },
      },
    },
  },
  components: {
    schemas: {
      Person: person,
      Tag: { type: 'object', properties: { text: { type: 'string' } } },
      Named: {
        allOf: [
          { ...named, required: ['name'] },
          {
            properties: {
              of: { type: 'object', properties: { b: { type: 'integer' } } },
              more: { type: 'number', exclusiveMinimum: true, minimum: 1 },
            },
          },
        ],
      },
    },
  },
}

const swagger = {
  swagger: '2.0',
  host: 'api.example.com',
  basePath: '/v1/',
  paths: {
    '/lists': {
      post: {
        parameters: [{ name: 'list', in: 'body', required: true, schema: { $ref: '#/definitions/List' } }],
        responses: { 200: { schema: { $ref: '#/definitions/List' } } },
      },
      get: {
        parameters: [{ name: 'page', in: 'query', type: 'integer', required: false }],
        responses: { default: { description: 'anything' } },
      },
    },
    '/tokens': {
      post: {
        parameters: [{ name: 'grant', in: 'formData', type: 'string', required: true }],
        responses: { 200: {} },
      },
    },
  },
  definitions: {
    List: { type: 'object', required: ['name'], properties: { name: { type: 'string', 'x-nullable': true } } },
  },
}

const told = (contract: Contract, ...what: Parameters<typeof exchangedOf>): string[] =>
  contract.check(exchangedOf(...what)).deviations.map((one) => lineOf(one))

describe('OpenAPI 3', () => {
  const contract = openApiContract([description])
  const good = { email: 'a@example.com' }
  const full = { ...good, id: 1 }
  const post = (body: unknown, answer: unknown = full, path = '/people?who=me', status = 201) =>
    told(contract, 'POST', path, { body, answer, status })
  const onPost = (side: string, what: string) => [`POST /people | ${side} | ${what}`]

  it('takes what is declared', () => {
    expect(post({ ...good, age: null, tags: [{ text: 'x' }], kind: 'foe' })).toEqual([])
    expect(post(good, undefined, '/people?who=me&quiet=true', 404)).toEqual([])
    expect(contract.origins).toEqual(['https://a.example.com', 'https://b.example.com'])
  })

  it.each([
    ['a missing field', { kind: 'friend' }, 'body.email is missing'],
    ['a wrong type', { ...good, age: 'old' }, 'body.age is string, not integer or null'],
    ['an undeclared field', { ...good, nmae: 'x' }, 'body.nmae is not declared'],
    ['an undeclared field of a list’s item', { ...good, tags: [{}, { txt: 1 }] }, 'body.tags.*.txt is not declared'],
    ['another value than those declared', { ...good, kind: 'stranger' }, 'body.kind is not one of the declared values'],
    ['another format', { email: 'nobody' }, 'body.email is not of the format email'],
    ['null where it is not allowed', { email: null }, 'body.email is null, not string'],
  ])('finds in a request %s', (_what, body, what) => {
    expect(post(body)).toEqual(onPost('request', what))
  })

  it('finds what is wrong around the body', () => {
    expect(post(undefined)).toEqual(onPost('request', 'body is missing'))
    expect(post(good, full, '/people')).toEqual(onPost('request', 'query.who is missing'))
    expect(post(good, full, '/people?who=me&loud=1')).toEqual(onPost('request', 'query.loud is not declared'))
    expect(post(good, full, '/people?who=me&quiet=perhaps')).toEqual(
      onPost('request', 'query.quiet is string, not boolean'),
    )
  })

  it('finds what is wrong with an answer', () => {
    expect(post(good, { ...good, id: '1' })).toEqual(onPost('answer 201', 'body.id is string, not integer'))
    expect(post(good, good)).toEqual(onPost('answer 201', 'body.id is missing'))
    expect(post(good, full, '/people?who=me', 200)).toEqual(onPost('answer 200', 'status is not declared'))
  })

  it('finds a path that is not declared, and a method', () => {
    expect(told(contract, 'GET', '/persons/7', {})).toEqual([
      'GET /persons/{} | request | is not declared (answered 200)',
    ])
    expect(contract.check(exchangedOf('DELETE', '/people', {})).operation).toBeUndefined()
  })

  it('takes the template with more fixed text, and judges what stands in the path', () => {
    expect(contract.check(exchangedOf('GET', '/people/all', { answer: [] })).operation).toBe('GET /people/all')
    expect(told(contract, 'GET', '/people/x', { answer: 'text' })).toEqual([
      'GET /people/{id} | request | path.id is string, not integer',
    ])
  })

  it('closes a composition as a whole, its shared fields too', () => {
    const all = (item: unknown) => told(contract, 'GET', '/people/all', { answer: [item] })
    expect(all({ name: 'x', of: { a: 'x', b: 1 }, more: 2 })).toEqual([])
    expect(all({ name: 'x', nick: 'y' })).toEqual(['GET /people/all | answer 200 | body.*.nick is not declared'])
    expect(all({ name: 'x', of: { c: 1 } })).toEqual(['GET /people/all | answer 200 | body.*.of.c is not declared'])
    expect(all({ name: 'x', more: 1 })).toEqual(['GET /people/all | answer 200 | body.*.more must be > 1'])
  })

  it('takes one of several shapes, and says once that none fits', () => {
    const either = (body: unknown) => told(contract, 'POST', '/either', { body, status: 204 })
    expect(either({ text: 'x' })).toEqual([])
    expect(either('x')).toEqual([])
    expect(either({ txt: 'x' })).toEqual(['POST /either | request | body fits none of the declared shapes, or several'])
  })
})

describe('Swagger 2', () => {
  const contract = openApiContract([swagger])

  it('has its base path, its body and its answers', () => {
    expect(contract.origins).toEqual(['https://api.example.com'])
    expect(told(contract, 'POST', '/v1/lists', { body: { name: null }, answer: { name: 'x' } })).toEqual([])
    expect(told(contract, 'POST', '/v1/lists', { body: { nam: 'x' }, answer: {} })).toEqual([
      'POST /v1/lists | request | body.name is missing',
      'POST /v1/lists | request | body.nam is not declared',
      'POST /v1/lists | answer 200 | body.name is missing',
    ])
    expect(told(contract, 'GET', '/v1/lists?page=2', { status: 500 })).toEqual([])
    expect(told(contract, 'GET', '/v1/lists?page=two', {})).toEqual([
      'GET /v1/lists | request | query.page is string, not integer',
    ])
  })

  it('has forms', () => {
    const form = { type: 'application/x-www-form-urlencoded' }
    expect(told(contract, 'POST', '/v1/tokens', { ...form, body: 'grant=x' })).toEqual([])
    expect(told(contract, 'POST', '/v1/tokens', { ...form, body: 'grnt=x' })).toEqual([
      'POST /v1/tokens | request | form.grnt is not declared',
      'POST /v1/tokens | request | form.grant is missing',
    ])
  })
})

it('is no contract without an operation', () => {
  expect(() => openApiContract([{}])).toThrow('no operation')
})
