/** Counts what was validated for one destination, and tells deviations from those that are right on purpose. */
import type { Exchanged } from '../../sandbox/sandbox.ts'
import { type Contract, type Deviation, lineOf } from './contract.ts'
import type { Listed } from './listed.ts'

export interface Result {
  readonly passed: number
  readonly failed: number
  readonly lines: readonly string[]
}

interface Operation {
  requests: number
  answers: number
  readonly statuses: Set<number>
}

/** Requests of Sund say so; those for tokens go by the library of the sign-in. */
const isOurs = ({ headers, path }: Exchanged): boolean =>
  headers.get('user-agent') === 'Sund' || path.endsWith('/token')

/** Pages for a person's browser, and the simulators' own switches, are no calls of the vendor's interface. */
const isPage = ({ method, path }: Exchanged): boolean =>
  method === 'GET' && /^\/(oauth|mailbox\/.*|common\/oauth2\/v2\.0\/authorize)$/.test(path)

const patternOf = (line: string): RegExp =>
  new RegExp(
    `^${line
      .split('*')
      .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  )

export class Tally {
  readonly #vendor: string
  readonly #contract: Contract
  readonly #asked: readonly string[]
  readonly #listed: readonly (Listed & { readonly pattern: RegExp })[]
  readonly #operations = new Map<string, Operation>()
  readonly #met = new Map<Listed, number>()
  readonly #failures = new Map<string, number>()
  #requests = 0
  #answers = 0
  #wrong = 0

  /** `asked`: operations that Sund must have been seen to ask for. */
  constructor(vendor: string, contract: Contract, listed: readonly Listed[], asked: readonly string[] = []) {
    this.#vendor = vendor
    this.#contract = contract
    this.#asked = asked
    this.#listed = listed.map((one) => ({ ...one, pattern: patternOf(one.line) }))
  }

  take(exchanged: Exchanged): void {
    if (isPage(exchanged)) return
    const ours = isOurs(exchanged)
    const { operation, deviations } = this.#contract.check(exchanged)
    const counted = deviations.filter(({ side }) => ours || side !== 'request')
    const known = this.#operations.get(operation ?? '') ?? { requests: 0, answers: 0, statuses: new Set<number>() }
    if (operation !== undefined) {
      this.#operations.set(operation, known)
      known.statuses.add(exchanged.status)
      known.answers++
      this.#answers++
      if (ours) {
        known.requests++
        this.#requests++
      }
    }
    const bad = new Set(counted.filter((one) => !this.#isListed(one)).map(({ side }) => side))
    this.#wrong += bad.size
  }

  /** Where the destination's definition says that its requests go, since the sandbox is asked in the vendor's place. */
  reach(origins: readonly string[]): void {
    for (const origin of origins) {
      if (this.#contract.origins.includes(origin)) continue
      this.#isListed({ operation: 'hosts', side: 'request', what: `${origin} is not declared` })
    }
  }

  #isListed(deviation: Deviation): boolean {
    const line = lineOf(deviation)
    const found = this.#listed.filter(({ pattern }) => pattern.test(line))
    for (const one of found) this.#met.set(one, (this.#met.get(one) ?? 0) + 1)
    if (found.length === 0) this.#failures.set(line, (this.#failures.get(line) ?? 0) + 1)
    return found.length > 0
  }

  result(): Result {
    const stale = this.#listed.filter((one) => !this.#met.has(one))
    const none = this.#requests === 0 ? ['no request was validated'] : []
    const failures = [
      ...[...this.#failures].map(([line, times]) => `${line} (${times} times)`),
      ...stale.map(({ line }) => `listed, but occurs no more: ${line}`),
      ...this.#asked.flatMap((name) =>
        (this.#operations.get(name)?.requests ?? 0) === 0 ? [`no request was validated of ${name}`] : [],
      ),
      ...none,
    ]
    const lines = [
      `${this.#vendor}: ${this.#requests} requests and ${this.#answers} answers validated`,
      ...[...this.#operations].map(
        ([name, { requests, answers, statuses }]) =>
          `  ${name}: ${requests} requests, ${answers} answers (${[...statuses].sort().join(', ')})`,
      ),
      ...[...this.#met].flatMap(([{ line, reason, source }, times]) => [
        `  on purpose: ${line} (${times} times)`,
        `    ${reason} ${source}`,
      ]),
      ...failures.sort().map((line) => `  FAILED: ${line}`),
    ]
    const passed = this.#requests + this.#answers - this.#wrong
    return { passed: Math.max(0, passed), failed: failures.length, lines }
  }
}
