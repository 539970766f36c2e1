/** A vendor that repeats everything it was told: no secret and no person is in what Sund says of it. */
import { expect } from 'vitest'
import type { Case, Subject } from '../case.ts'
import { type Operation, sendTo } from '../line.ts'
import type { Stage } from '../stage.ts'
import type { Asked, WireAnswer } from '../wire.ts'
import { ready } from './answers.ts'

const STATUSES = [200, 400, 401, 403, 404, 409, 422, 429, 500]

/** All of the request, in the members where vendors put their words. */
const echo = (status: number, asked: Asked): WireAnswer => {
  const said = `${asked.method} ${asked.target} ${JSON.stringify(asked.headers)} ${asked.body.toString('utf8')}`
  const [Code, code] = [4999, 'Odd']
  const words = { message: said, Message: said, msg: said, description: said, field: said }
  const error = { ...words, Code, ErrorCode: 'Odd', code, errorCode: 'contacts:odd' }
  const body = {
    ...error,
    errors: [error],
    Errors: [error],
    OperationErrors: [error],
    PartialErrors: [{ ...error, Index: 0 }],
  }
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

const forms = (value: string): string[] => [
  value,
  encodeURIComponent(value),
  Buffer.from(value).toString('base64'),
  Buffer.from(value).toString('hex'),
]

const discreet = async (stage: Stage, to: Operation): Promise<void> => {
  const { list, people } = await ready(stage, to, 2)
  const secrets = Object.values(stage.fixtures.credentials).filter((value) => value.length > 8)
  const personal = people.flatMap(({ identifier, fields = {} }) => [
    identifier,
    ...Object.values(fields).flatMap((value) => value ?? []),
  ])
  const wanted = [...secrets, ...personal].flatMap(forms)
  for (const status of STATUSES) {
    stage.wire.mishap = (asked) => (asked.writes ? { kind: 'answer', answer: echo(status, asked) } : undefined)
    const { end, fates } = await sendTo(stage, list, people, to, { patienceMs: 5_000 })
    const tokens = stage.wire.asked.flatMap(
      ({ headers }) => /^Bearer (.{8,})$/.exec(headers.authorization ?? '')?.[1] ?? [],
    )
    const said = JSON.stringify([end, [...fates.values()]])
    const told = [...wanted, ...tokens].filter((value) => said.includes(value))
    expect({ status, told }).toEqual({ status, told: [] })
  }
}

export const secrets = (_: Subject): readonly Case[] =>
  (['add', 'remove'] as const).map((to) => ({
    title: `${to}: no reason tells a secret or a person, whatever the vendor repeats`,
    run: async (stage: Stage) => await discreet(stage, to),
  }))
