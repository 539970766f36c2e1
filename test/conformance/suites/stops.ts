/** What a person has to mend: no credentials, no list. The run stops with its reason, and nobody is refused for it. */
import { expect } from 'vitest'
import type { Case, Subject } from '../case.ts'
import { allApplied, carryOn, identifiersOf, lineUp } from '../line.ts'
import { ready } from './answers.ts'
import { member, newCompany } from './ledger.ts'

const noEntry: Case = {
  id: 'D13',
  title: 'D13 credentials that end in the middle stop the run, without hammering and without refusing anybody',
  async run(stage) {
    const { list, people } = await ready(stage, 'add', 6)
    const { answers } = stage.fixtures
    const refusal = answers.find(({ means }) => means === 'renews') ?? answers.find(({ means }) => means === 'auth')
    if (refusal === undefined) throw new Error('No answer refuses credentials.')
    let refusals = 0
    let writes = 0
    stage.wire.mishap = (asked) => {
      if (asked.target === stage.tokenPath) return undefined
      if (asked.writes) writes++
      if (writes < 2) return undefined
      refusals++
      return { kind: 'answer', answer: refusal.answer }
    }
    const sending = { batch: 1 }
    const run = lineUp(stage, people, 'add', sending)
    const sent = await carryOn(stage, list, run, sending)
    expect(sent.end).toMatchObject({ kind: 'stopped', cause: 'auth' })
    expect([...sent.fates.values()].filter(({ kind }) => kind === 'rejected')).toEqual([])
    const parallel = stage.definition.add[0]?.parallel ?? 1
    expect(refusals).toBeLessThanOrEqual(2 * parallel)
    // The token may have been over at the beginning as well.
    expect(stage.wire.asked.filter(({ target }) => target === stage.tokenPath).length).toBeLessThanOrEqual(2)
    stage.wire.clear()
    expect(allApplied(await carryOn(stage, list, run, sending))).toBe(true)
    expect(stage.members(list)).toEqual(identifiersOf(people))
  },
}

const listGone: Case = {
  id: 'D14',
  title: 'D14 a list that is gone fails the run with that reason; nobody is refused, and none is made in its place',
  async run(stage) {
    const company = await newCompany(stage)
    await company.run([member(company, 'first@people.example')])
    const { removeList, answers } = stage.fixtures
    const gone = answers.find(({ means }) => means === 'list-missing')
    if (removeList !== undefined) await removeList(stage.atVendor, company.list.id)
    else if (gone === undefined) throw new Error('Nothing says that a list is gone.')
    else stage.wire.mishap = ({ writes }) => (writes ? { kind: 'answer', answer: gone.answer } : undefined)
    const lists = stage.simulator.lists().length
    const people = ['first', 'second'].map((name) => member(company, `${name}@people.example`))
    const report = await company.run(people)
    expect(report.status).toBe('Failed')
    expect(report.end).toMatchObject({ kind: 'stopped', cause: 'list-missing', reason: expect.stringMatching(/\w/) })
    expect(report.counters).toMatchObject({ added: 0, rejected: 0 })
    expect(stage.simulator.lists()).toHaveLength(lists)
  },
}

const neverSent: Case = {
  id: 'D20',
  title: 'D20 of all that was sent, nothing deletes people, brings them back or mails them',
  async run(stage) {
    expect(stage.wire.all).toBeGreaterThan(0)
    expect(stage.wire.broken).toEqual([])
    expect(stage.simulator.forbidden()).toEqual([])
  },
}

export const stops = (_: Subject): readonly Case[] => [noEntry, listGone]

/** Looks at everything that was sent, so it comes last. */
export const last = (_: Subject): readonly Case[] => [neverSent]
