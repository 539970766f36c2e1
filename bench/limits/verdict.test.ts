import { describe, expect, it } from 'vitest'
import type { RunFigures } from '../run-figures.ts'
import { casesOf } from './cases.ts'
import { compared } from './people.ts'
import { outcomeOf, type Seen } from './verdict.ts'

const cases = casesOf(0.001)
const caseOf = (kind: (typeof cases)[number]['kind']) => {
  const found = cases.find((one) => one.kind === kind && one.vendor === 'dotdigital')
  if (found === undefined) throw new Error(`There is no case ${kind}.`)
  return found
}

const run: RunFigures = {
  status: 'Successful',
  reasonCode: '',
  reason: '',
  added: 1000,
  updated: 0,
  removed: 0,
  rejected: 0,
  unknown: 0,
  requests: 3,
  writes: 1,
  seconds: 2,
}
const refused: RunFigures = {
  ...run,
  status: 'Failed',
  reasonCode: 'run.over_contract_limit',
  reason: '1001 people, 1 more than the 1000 that your contract allows.',
  added: 0,
  requests: 1,
  writes: 0,
}
const all: Seen = { members: 1000, writes: 1, missing: 0, extra: 0 }
const none: Seen = { members: 0, writes: 0, missing: 0, extra: 0 }
const ended = (...runs: RunFigures[]) => ({ kind: 'ended' as const, runs, peak: 400, delivering: 300 })

describe('the verdict on a case', () => {
  it.each([
    ['over', 'refused with nothing sent', refused, none, true],
    ['over', 'sent all the same', run, all, false],
    ['over', 'refused, and somebody is on the list', refused, { ...none, members: 1 }, false],
    ['over', 'refused, and something was written', refused, { ...none, writes: 1 }, false],
    ['over', 'failed for something else', { ...refused, reasonCode: 'run.destination_refused' }, none, false],
    ['over', 'says another number', { ...refused, reason: '1001 people, 11 more than the 990.' }, none, false],
    ['at limit', 'everybody is there', run, all, true],
    ['at limit', 'somebody is missing', run, { ...all, missing: 1 }, false],
    ['at limit', 'somebody is there who should not', run, { ...all, extra: 1 }, false],
    ['at limit', 'somebody was refused', { ...run, status: 'Partial', added: 999, rejected: 1 }, all, false],
    ['read back', 'the few were updated', { ...run, added: 0, updated: 10 }, all, true],
    ['read back', 'the few were added', { ...run, added: 10 }, all, false],
    ['read back', 'somebody was removed', { ...run, added: 0, updated: 10, removed: 1 }, all, false],
  ] as const)('%s: %s', (kind, _, figures, seen, ok) => {
    expect(outcomeOf(caseOf(kind), ended(figures), seen).ok).toBe(ok)
  })

  it('is not passed by a run that is missing, nor by a server that takes more than 2 GB', () => {
    expect(outcomeOf(caseOf('at limit'), ended(), all).ok).toBe(false)
    expect(outcomeOf(caseOf('at limit'), { ...ended(run), peak: 2049 }, all).ok).toBe(false)
  })

  it('tells the vendor’s time where its pace is kept', () => {
    const paced = cases.find((one) => one.vendor === 'iterable' && one.speed.kind === 'vendor')
    if (paced?.speed.kind !== 'vendor') throw new Error('There is no such case.')
    expect(outcomeOf(paced, ended(run), all).seconds).toBe(run.seconds * paced.speed.pace)
  })
})

describe('comparing a list with its people', () => {
  const members = ['camille.2@example.com', 'dimitra.3@example.com']

  it.each([
    ['the same', members, { missing: 0, extra: 0 }],
    ['one too few', members.slice(1), { missing: 1, extra: 0 }],
    ['one too many', [...members, 'elif.4@example.com'], { missing: 0, extra: 1 }],
    ['one twice', [...members, ...members.slice(1)], { missing: 0, extra: 1 }],
  ])('%s', (_, there, comparison) => {
    expect(compared('dotdigital', there, { from: 2, to: 3 })).toEqual(comparison)
  })
})
