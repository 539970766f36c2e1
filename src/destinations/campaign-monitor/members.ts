/** One subscriber at a time: takes off who left, and brings back those whom we took off earlier. */
import { z } from 'zod'
import { type At, type Fate, type Now, type Row, Stop, type Talk } from '../../destination-kit/kit.ts'
import { absent, applied, each, unknown } from '../../destination-kit/words.ts'
import { askList, codes, refusalIn, refusedFor } from './answers.ts'
import { importEnd, importOf } from './import.ts'
import { listPath, suppressedAmong } from './lists.ts'

type Here = At<'clientId', 'clientId'>

const details = z.object({ State: z.string().min(1) })

/** `undefined`: the address was never on the list. States as the vendor names them: https://www.campaignmonitor.com/forums/topic/636/extend-document-for-subcriber/ (checked 2026-11-21). */
function* stateOf(row: Row, at: Here): Talk<string | undefined> {
  const reply = yield* askList({
    method: 'GET',
    path: listPath('subscribers', at.list.id),
    query: { email: row.identifier },
    expect: [400],
  })
  if (reply.status < 400) return reply.json(details).State
  const refused = refusalIn(reply)
  if (refused?.code === codes.notInList) return undefined
  throw new Stop(
    'unreadable',
    `Campaign Monitor would not tell the state of a subscriber (code ${refused?.code ?? reply.status}).`,
  )
}

/** Codes of the states that keep somebody out, as an import names them. */
const outCodes: Readonly<Record<string, number>> = {
  Unsubscribed: codes.unsubscribed,
  Bounced: codes.bounced,
  Unconfirmed: codes.unconfirmed,
  Suppressed: codes.suppressed,
  // Marked as spam: kept from the list as those who unsubscribed are.
  Spam: codes.unsubscribed,
}

const refusedIn = (state: string, row: Row): Fate => {
  const code = outCodes[state]
  if (code === undefined)
    return {
      kind: 'rejected',
      code: 'state',
      reason: 'Campaign Monitor gives this subscriber a state that is not known.',
    }
  return refusedFor(code, `The subscriber is ${state.toLowerCase()} at Campaign Monitor.`, row)
}

const suppressed = (row: Row): Fate => refusedFor(codes.suppressed, 'The subscriber is on the suppression list.', row)

const fateIn = (now: Now, row: Row): Fate =>
  now.kind === 'each'
    ? (now.except.get(row.identifier) ?? now.otherwise)
    : unknown('The call for one person was split.')

/** The only place where somebody is resubscribed: read as Deleted in the request before, and not suppressed. */
function* bringBack(row: Row, at: Here): Talk<Fate> {
  const reply = yield* askList({ ...importOf([row], at.list.id, true), rate: 'returners', once: true })
  return fateIn(importEnd(reply, [row]), row)
}

/**
 * People who come back after our own removal, one by one. After a lost answer the talk starts again: whoever is Active by
 * then is written like any member. Whoever said no in the meantime stays out.
 */
export function* comeBack(rows: readonly Row[], at: Here): Talk<Now> {
  const fates = new Map<string, Fate>()
  const members: Row[] = []
  let out: ReadonlySet<string> | undefined
  for (const row of rows) {
    let state = yield* stateOf(row, at)
    if (state === 'Deleted' && out === undefined) {
      out = yield* suppressedAmong(new Set(rows.map(({ identifier }) => identifier.toLowerCase())), at)
      // Reading the suppression list may have taken long.
      state = yield* stateOf(row, at)
    }
    if (state === undefined || state === 'Active') members.push(row)
    else if (state !== 'Deleted') fates.set(row.identifier, refusedIn(state, row))
    else if (out?.has(row.identifier.toLowerCase()) !== false) fates.set(row.identifier, suppressed(row))
    else fates.set(row.identifier, yield* bringBack(row, at))
  }
  if (members.length > 0) {
    const end = importEnd(yield* askList(importOf(members, at.list.id, false)), members)
    if (end.kind === 'split') return end
    for (const row of members) fates.set(row.identifier, fateIn(end, row))
  }
  return each(unknown('Nobody said what became of this person.'), fates)
}

/** A removal that worked is answered without a word. Whatever else came may be of something in between, so the state is read once more. */
function* removedAfterAll(row: Row, at: Here): Talk<Fate> {
  const state = yield* stateOf(row, at)
  return state === undefined || goneStates.has(state)
    ? applied
    : unknown('Campaign Monitor answered a removal in a way that cannot be read.')
}

/** Not Active any more: unsubscribed, bounced or suppressed people are no members, and their "no" stays on the list. */
const goneStates: ReadonlySet<string> = new Set(['Deleted', 'Unsubscribed', 'Bounced', 'Suppressed', 'Spam'])

function* takeOff(row: Row, at: Here): Talk<Fate> {
  const state = yield* stateOf(row, at)
  if (state === undefined || goneStates.has(state)) return absent
  // Once they confirm they would be a member, so they are asked about again.
  if (state !== 'Active') return refusedIn(state, row)
  const reply = yield* askList({
    method: 'DELETE',
    path: listPath('subscribers', at.list.id),
    query: { email: row.identifier },
    expect: [400],
  })
  // Done is 200 and nothing else; whatever else comes with a success may be somebody else's answer.
  if (reply.status === 200 && reply.text.trim() === '') return applied
  if (reply.status < 400) return yield* removedAfterAll(row, at)
  const refused = refusalIn(reply)
  if (refused === undefined) return unknown('Campaign Monitor refused a removal in a way that cannot be read.')
  return refused.code === codes.notInList ? absent : refusedFor(refused.code, refused.message, row)
}

/** There is no removal of several: each subscriber's state is read, and only who is Active is deleted from this list. */
export function* leave(rows: readonly Row[], at: Here): Talk<Now> {
  const fates = new Map<string, Fate>()
  for (const row of rows) fates.set(row.identifier, yield* takeOff(row, at))
  return each(unknown('Nobody said what became of this person.'), fates)
}
