/** Reads JSON bodies, but none that is nested so deep that reading it would exhaust the stack. */
import type { FastifyInstance } from 'fastify'
import { SundError } from '../errors.ts'

export const MAX_DEPTH = 64

/** How deep brackets and braces nest, those within texts apart; counts no further than `limit` + 1. */
export const nestingOf = (text: string, limit: number): number => {
  let depth = 0
  let deepest = 0
  let isText = false
  for (let at = 0; at < text.length && deepest <= limit; at++) {
    const sign = text[at]
    if (isText) {
      if (sign === '\\') at++
      else if (sign === '"') isText = false
    } else if (sign === '"') isText = true
    else if (sign === '{' || sign === '[') deepest = Math.max(deepest, ++depth)
    else if (sign === '}' || sign === ']') depth--
  }
  return deepest
}

/** Keys such as `__proto__` are refused by Fastify's own parser. */
export const readJsonBodies = (app: FastifyInstance): void => {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body.toString()
    if (nestingOf(text, MAX_DEPTH) > MAX_DEPTH) done(new SundError('request.malformed', { depth: MAX_DEPTH }))
    else void parse(request, text, done)
  })
}
