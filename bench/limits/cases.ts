/** The cases of the limits bench: over the documented limit, at it, and a list of that size that is there already. */
import type { SandboxVendor } from '../../sandbox/sandbox.ts'
import { destinationOf } from '../../src/destinations/index.ts'
import type { Span } from './people.ts'

/** `full`: no rates, and the vendor's jobs are done almost at once. `vendor`: its rates, limits and jobs, this many times as fast. */
export type Speed = { readonly kind: 'full' } | { readonly kind: 'vendor'; readonly pace: number }

export interface CaseExport {
  /** Of the export, its segment and its list. */
  readonly name: string
  readonly people: Span
}

interface Common {
  readonly name: string
  readonly vendor: SandboxVendor
  readonly exports: readonly CaseExport[]
  readonly speed: Speed
  /** Set on the connection, where the vendor's documents tell no limit or another size is tried. */
  readonly contractLimit?: number
}

export type Case = Common &
  (
    | { readonly kind: 'over'; readonly over: number }
    | { readonly kind: 'at limit' }
    /** A data folder of few people meets the list that an earlier case filled with these; the few are on it already. */
    | { readonly kind: 'read back'; readonly there: Span }
  )

/** How much faster than the vendor; no faster than this machine can follow, or its own work would be told as the vendor's. */
const paces = { 'campaign-monitor': 1, dotdigital: 2, iterable: 4, 'microsoft-advertising': 20 } as const
type Filled = keyof typeof paces
const filled = ['campaign-monitor', 'dotdigital', 'iterable', 'microsoft-advertising'] as const
/** Microsoft never tells who is on an audience. */
const readable = ['campaign-monitor', 'dotdigital', 'iterable'] as const

/** Iterable's document names no limit, so the same is set as one of the contract. */
const LIMIT_WITHOUT_DOCUMENT = 1_000_000
const full: Speed = { kind: 'full' }

/** Waits for jobs are as much shorter at full speed: over soon, and long enough that no limit of time passes. */
export const FULL_SPEED = 60

export const FEW_PEOPLE = 10

/** `scale`: sizes times this; the limits then stand as those of contracts, since documented ones cannot be changed. */
export function casesOf(scale: number): readonly Case[] {
  const limits = (vendor: SandboxVendor): { readonly limit: number; readonly contractLimit?: number } => {
    const documented = destinationOf(vendor).people?.value
    const limit = Math.round((documented ?? LIMIT_WITHOUT_DOCUMENT) * scale)
    return documented === limit ? { limit } : { limit, contractLimit: limit }
  }
  const counted = (people: number): string => people.toLocaleString('en-GB')

  const over = (vendor: Filled): Case => {
    const { limit, ...contract } = limits(vendor)
    const name = `${vendor}, ${counted(limit + 1)} people`
    const exports = [{ name, people: { from: 1, to: limit + 1 } }]
    return { kind: 'over', name, vendor, exports, over: 1, speed: full, ...contract }
  }
  /** The people of two exports of one connection, of whom some are in both, count once. */
  const overTogether = (vendor: SandboxVendor): Case => {
    const { limit, ...contract } = limits(vendor)
    const name = `${vendor}, ${counted(limit + 1)} people over two exports`
    const exports = [
      { name: `${name}: first`, people: { from: 1, to: Math.round(limit * 0.6) } },
      { name: `${name}: second`, people: { from: Math.round(limit * 0.5), to: limit + 1 } },
    ]
    return { kind: 'over', name, vendor, exports, over: 1, speed: full, ...contract }
  }
  const atLimit = (vendor: Filled, speed: Speed): Case => {
    const { limit, ...contract } = limits(vendor)
    const how = speed.kind === 'full' ? 'at full speed' : 'at the vendor’s pace'
    const name = `${vendor}, ${counted(limit)} people ${how}`
    const exports = [{ name, people: { from: 1, to: limit } }]
    return { kind: 'at limit', name, vendor, exports, speed, ...contract }
  }
  const readBack = (vendor: (typeof readable)[number]): Case => {
    const there = atLimit(vendor, full)
    const [only] = there.exports
    if (only === undefined) throw new Error('A case has an export.')
    const name = `${vendor}, a list of ${counted(only.people.to)} that is there already`
    // Of the same name, so that it finds the same list.
    const exports = [{ name: only.name, people: { from: 1, to: FEW_PEOPLE } }]
    return { kind: 'read back', name, vendor, exports, there: only.people, speed: full }
  }

  return [
    ...filled.map(over),
    overTogether('sendgrid'),
    ...filled.map((vendor) => atLimit(vendor, full)),
    ...readable.map(readBack),
    ...filled.map((vendor) => atLimit(vendor, { kind: 'vendor', pace: paces[vendor] })),
  ]
}
