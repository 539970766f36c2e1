/** A plan as a person reads it. */
import { plain } from '../output.ts'
import type { Difference } from './differences.ts'
import { nameText } from './plan.ts'
import type { Change, Plan } from './step.ts'

const signs = { create: '+', update: '~', remove: '-' } as const
const LONGEST_VALUE = 100

const valueText = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const shown = plain(text)
  return shown.length > LONGEST_VALUE ? `${shown.slice(0, LONGEST_VALUE)}…` : shown
}

const differenceText = (difference: Difference): string => {
  const path = plain(difference.path)
  if (!('before' in difference)) return `    ${path}: new: ${valueText(difference.after)}`
  if (!('after' in difference)) return `    ${path}: gone: ${valueText(difference.before)}`
  return `    ${path}: ${valueText(difference.before)} → ${valueText(difference.after)}`
}

export const changeText = ({ action, kind, name, note }: Change): string =>
  `${signs[action]} ${plain(nameText(kind, name))}${note === undefined ? '' : `  (${note})`}`

const countText = ({ steps }: Plan): string => {
  const count = (action: Change['action']) => steps.filter(({ change }) => change.action === action).length
  return `${count('create')} to create, ${count('update')} to change, ${count('remove')} to remove.`
}

export const planText = (plan: Plan): string => {
  const lines = plan.steps.flatMap(({ change }) => [
    changeText(change),
    ...(change.differences ?? []).map(differenceText),
  ])
  const extras = plan.extras.map(({ kind, name }) => `  ${plain(nameText(kind, name))}`)
  return [
    ...(lines.length === 0 ? ['Nothing to change: Sund is as the file says.'] : [...lines, '', countText(plan)]),
    ...(extras.length === 0 ? [] : ['', 'Not in the file, and left alone (--prune would remove them):', ...extras]),
    '',
  ].join('\n')
}
