/** A plan: the steps that make the installation what the file says, each to be shown and to be carried out. */
import type { Difference } from './differences.ts'

export type Kind = 'settings' | 'source' | 'unification' | 'segment' | 'connection' | 'export'

export interface Change {
  readonly action: 'create' | 'update' | 'remove'
  readonly kind: Kind
  readonly name: string
  /** Of an update. Credentials are named here, and never told. */
  readonly differences?: readonly Difference[]
  /** What else a person should know. */
  readonly note?: string
}

export interface Step {
  readonly change: Change
  /** Refused by the API where the thing has changed since the plan was made. */
  carryOut(): Promise<void>
}

/** What is there, but not in the file. */
export interface Extra {
  readonly kind: Kind
  readonly name: string
}

export interface Plan {
  /** In the order in which they are carried out. */
  readonly steps: readonly Step[]
  /** Left alone; with `--prune` there are steps that remove them. */
  readonly extras: readonly Extra[]
}

/** Ids by name: of what is there, and of what a step has made. */
export interface Ids {
  readonly segments: Map<string, string>
  readonly connections: Map<string, string>
}
