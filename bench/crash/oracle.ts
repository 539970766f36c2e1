/** Compares what the simulators hold, and what their request logs say, with who should be in the lists. */
import { createHash } from 'node:crypto'
import { evolution, type Fate, type Generation, samplePeople } from '../../demo/generations.ts'
import type { Sandbox, SandboxVendor } from '../../sandbox/sandbox.ts'

export interface Finding {
  readonly lost: number
  /** Removed although they should have stayed. */
  readonly wronglyRemoved: number
  /** Still there although they should have gone, or never to be there at all. */
  readonly stayed: number
  /** Records sent again in the same run. */
  readonly sentTwice: number
}

const identifierAt = (vendor: SandboxVendor, email: string): string =>
  vendor === 'microsoft-advertising' ? createHash('sha256').update(email).digest('hex') : email

const onlyList = (sandbox: Sandbox, vendor: SandboxVendor) => {
  const lists = sandbox.lists(vendor)
  const [list] = lists
  if (list === undefined || lists.length !== 1) throw new Error(`${vendor} has ${lists.length} lists instead of one.`)
  return list
}

/** Are the values of this person that the vendor is sent other ones now? A change is of the first name or of the city. */
const hasNewValues = (vendor: SandboxVendor, { before, after }: Extract<Fate, { kind: 'changed' }>): boolean => {
  if (vendor === 'microsoft-advertising') return false
  return vendor !== 'dotdigital' || before.firstName !== after.firstName
}

/** Everybody who must have been sent in this run: who joined, and whose values changed where values are sent. */
const toSend = (vendor: SandboxVendor, generation: Generation): Set<string> => {
  const people = new Set<string>()
  if (generation.changes === undefined) {
    for (const { email } of samplePeople(generation)) people.add(identifierAt(vendor, email))
    return people
  }
  for (const fate of evolution(generation)) {
    if (fate.kind === 'added' || (fate.kind === 'changed' && hasNewValues(vendor, fate))) {
      people.add(identifierAt(vendor, fate.after.email))
    }
  }
  return people
}

export const membersOf = (sandbox: Sandbox, vendor: SandboxVendor): Set<string> =>
  new Set(sandbox.members(vendor, onlyList(sandbox, vendor).id))

/** Whom the vendor refuses for reasons of its own. */
export type Refuses = (identifier: string) => boolean

const nobody: Refuses = () => false

/** How many of those who should be in the list the vendor refuses. */
export function refusedIn(vendor: SandboxVendor, generation: Generation, refuses: Refuses): number {
  let refused = 0
  for (const { email } of samplePeople(generation)) if (refuses(identifierAt(vendor, email))) refused++
  return refused
}

/** `from`: the last request id of the run before. */
export function examine(
  sandbox: Sandbox,
  vendor: SandboxVendor,
  generation: Generation,
  from: number,
  refuses = nobody,
): Finding {
  const wanted = new Set<string>()
  for (const { email } of samplePeople(generation)) {
    const identifier = identifierAt(vendor, email)
    if (!refuses(identifier)) wanted.add(identifier)
  }
  const members = membersOf(sandbox, vendor)
  const unsent = toSend(vendor, generation)
  const times = new Map<string, number>()
  let wronglyRemoved = 0
  for (const { requestId, operation, identifier } of sandbox.deliveries(vendor)) {
    if (requestId <= from) continue
    if (operation === 'add') unsent.delete(identifier)
    else if (wanted.has(identifier)) wronglyRemoved++
    const record = `${operation} ${identifier}`
    times.set(record, (times.get(record) ?? 0) + 1)
  }
  let sentTwice = 0
  for (const count of times.values()) sentTwice += count - 1
  const missing = new Set([...wanted].filter((identifier) => !members.has(identifier)))
  for (const identifier of unsent) missing.add(identifier)
  const stayed = [...members].filter((identifier) => !wanted.has(identifier)).length
  return { lost: missing.size, wronglyRemoved, stayed, sentTwice }
}

export const lastRequest = (sandbox: Sandbox, vendor: SandboxVendor): number =>
  sandbox.requests(vendor).reduce((last, { id }) => Math.max(last, id), 0)
