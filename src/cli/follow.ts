/** Waits for a run or a refresh, shows how far it is, and says how it ended. */

import { SundError } from '../errors.ts'
import type { Refresh, RefreshProgress, Run, RunProgress, ServerEvent } from './client.gen.ts'
import type { Exit } from './exit-codes.ts'
import { bar, progressLine } from './progress.ts'
import type { Session } from './session.ts'

const isGood = ({ status }: Pick<Run, 'status'>): boolean => status === 'Successful' || status === 'Partial'

const count = (value: number, what: string): string => `${value.toLocaleString('en')} ${what}`

/** `12 added, 0 updated, 3 removed`, and what went wrong where something did. */
export const deltaText = (run: Run): string =>
  [
    count(run.added, 'added'),
    count(run.updated, 'updated'),
    count(run.removed, 'removed'),
    ...(run.rejected === 0 ? [] : [count(run.rejected, 'rejected')]),
    ...(run.unknown === 0 ? [] : [count(run.unknown, 'unknown')]),
    ...(run.invalid === 0 ? [] : [count(run.invalid, 'invalid')]),
  ].join(', ')

const runLine = (run: RunProgress): string => {
  const { pending, sending, accepted, done } = run.batches
  const total = pending + sending + accepted + done
  return [`Run ${run.id}: ${run.status}`, run.phase, bar(done, total), total === 0 ? '' : `${done} of ${total} batches`]
    .filter((part) => part !== '')
    .join('  ')
}

const refreshLine = (refresh: RefreshProgress): string => {
  const ended = refresh.runs.filter(({ settledAt }) => settledAt !== undefined).length
  return [
    `Refresh ${refresh.id}: ${refresh.status}`,
    refresh.step ?? '',
    bar(ended, refresh.runs.length),
    refresh.runs.length === 0 ? '' : `${ended} of ${refresh.runs.length} runs`,
  ]
    .filter((part) => part !== '')
    .join('  ')
}

const untilEnd = async <T>(
  { io }: Session,
  events: AsyncIterable<ServerEvent<T>>,
  lineOf: (state: T) => string,
): Promise<T> => {
  const { show, end } = progressLine(io)
  try {
    for await (const { event, state } of events) {
      show(lineOf(state))
      if (event === 'end') return state
    }
  } finally {
    end()
  }
  throw new SundError('cli.lost')
}

export const followRun = (session: Session, id: string): Promise<RunProgress> =>
  untilEnd(session, session.client.watchRun({ path: { id } }), runLine)

export const followRefresh = (session: Session, id: string): Promise<RefreshProgress> =>
  untilEnd(session, session.client.watchRefresh({ path: { id } }), refreshLine)

/** People who are on the lists and not removed, where there are any; only a run that was followed to its end tells. */
const stayingText = ({ lists = [] }: { readonly lists?: RunProgress['lists'] }): string => {
  const sum = (of: (list: RunProgress['lists'][number]) => number) => lists.reduce((all, list) => all + of(list), 0)
  const [theirs, kept] = [sum((list) => list.theirs), sum((list) => list.kept)]
  return [
    ...(theirs === 0 ? [] : [`  ${count(theirs, 'on the lists were there before Sund, and are never removed')}\n`]),
    ...(kept === 0 ? [] : [`  ${count(kept, 'would have been removed, and stay: their list is add-only')}\n`]),
  ].join('')
}

export const runText = (run: Run & { readonly lists?: RunProgress['lists'] }): string => {
  const reason = run.reason === undefined ? '' : `  ${run.reason}\n`
  const held =
    run.status === 'Held' ? `  To send it all the same: sund runs approve ${run.id} --delta ${run.deltaHash}\n` : ''
  return `Run ${run.id}: ${run.status}, ${deltaText(run)}\n${reason}${held}${stayingText(run)}`
}

/** Of a run that has ended. */
export const exitOfRun = (run: Pick<Run, 'status'>): Exit => (isGood(run) ? 'done' : 'notSuccessful')

export const refreshText = (refresh: Refresh & { readonly runs?: readonly Run[] }): string => {
  const reason = refresh.reason === undefined ? '' : `  ${refresh.reason}\n`
  return `Refresh ${refresh.id}: ${refresh.status}\n${reason}${(refresh.runs ?? []).map(runText).join('')}`
}

/** Of a refresh that has ended, with its runs. */
export const exitOfRefresh = ({ status, runs }: RefreshProgress): Exit =>
  status === 'Successful' && runs.every(isGood) ? 'done' : 'notSuccessful'
