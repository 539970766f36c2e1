/** `sund exports dry-run`: what the next run of an export would do, as a table. */
import type { Command } from 'commander'
import type { DryRun, DryRunResult, Range } from './client.gen.ts'
import type { Exit } from './exit-codes.ts'
import { plain, table } from './output.ts'
import { progressLine } from './progress.ts'
import type { Session, Shell } from './session.ts'
import { exportId, revealed, withReveal } from './things.ts'

const LOOK_EVERY_MS = 250

const ended = async ({ client, io }: Session, id: string, reveal: boolean): Promise<DryRun> => {
  const { show, end } = progressLine(io)
  try {
    for (;;) {
      const { body } = await client.getDryRun({ path: { id }, query: revealed(reveal) })
      if (body.status !== 'Processing') return body
      show('Planning, and asking the service')
      await io.sleep(LOOK_EVERY_MS)
    }
  } finally {
    end()
  }
}

const whole = (value: number): string => Math.ceil(value).toLocaleString('en')

const rangeText = ({ least, most }: Range, unit: string): string =>
  whole(least) === whole(most) ? `${whole(least)} ${unit}` : `${whole(least)} to ${whole(most)} ${unit}`

const limitText = ({ limit }: DryRunResult): string => {
  if (limit === undefined) return ''
  const share = `${Math.round(limit.share * 1000) / 10} %`
  return `People: ${whole(limit.people)} of ${whole(limit.value)} that the ${limit.over} allows (${share})\n`
}

const verdictText = ({ verdict }: DryRunResult): string => {
  if (verdict.kind === 'pass') return 'Nothing holds it up.\n'
  const reason = plain(verdict.reason ?? '')
  return verdict.kind === 'held' ? `It would be Held: ${reason}\n` : `It would end Failed: ${reason}\n`
}

const listTable = ({ lists }: DryRunResult): string =>
  table(
    ['LIST', 'MEMBERS', 'ADDED', 'UPDATED', 'REMOVED', 'INVALID', 'DUPLICATES', 'THEIRS', 'NOTE'],
    lists.map((one) => [
      ...[one.made ? `${one.name} (new)` : one.name, one.expected, one.added, one.updated, one.removed],
      ...[one.invalid, one.duplicates, one.theirs, one.gate === undefined ? '' : 'asks for approval'],
    ]),
  )

const sampleTable = ({ sample }: DryRunResult): string =>
  sample.length === 0
    ? ''
    : `\n${table(
        ['LIST', 'WHAT', 'WHO', 'CUSTOMERID'],
        sample.map((one) => [one.list, one.kind, one.identifier, one.customerId]),
      )}`

const textOf = ({ reason, result }: DryRun): string => {
  if (result === undefined) return `A run would fail: ${plain(reason ?? '')}\n`
  return [
    listTable(result),
    `\n${verdictText(result)}`,
    `Requests: ${rangeText(result.requests, 'in all')}. Sending takes ${rangeText(result.seconds, 'seconds')} at this service’s rates.\n`,
    limitText(result),
    sampleTable(result),
  ].join('')
}

const exitOf = ({ result }: DryRun): Exit => (result?.verdict.kind === 'pass' ? 'done' : 'notSuccessful')

export const addDryRun = (shell: Shell, noun: Command): void => {
  withReveal(shell.verb(noun, 'dry-run <export>', 'Show what a run would do, without doing it')).action(
    shell.act(async (session, wanted: string, { reveal }: { reveal: boolean }) => {
      const { client } = session
      const { body } = await client.startDryRun({ path: { id: await exportId(client, wanted) } })
      const told = await ended(session, body.id, reveal)
      return { json: told, text: textOf(told), exit: exitOf(told) }
    }),
  )
}
