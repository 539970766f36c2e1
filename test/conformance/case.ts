/** The cases that every destination is put through, by the ids that docs/reliability.md explains. */
import type { AnyDestination } from '../../src/destination-kit/kit.ts'
import type { Fixtures } from './fixtures.ts'
import type { Stage } from './stage.ts'

export const caseIds = [
  'D1',
  'D2',
  'D3',
  'D4',
  'D5',
  'D6',
  'D7',
  'D8',
  'D9',
  'D10',
  'D11',
  'D12',
  'D13',
  'D14',
  'D15',
  'D16',
  'D17',
  'D18',
  'D19',
  'D20',
  'X3',
  'X4',
  'X5',
  'X12',
  'X15',
  'X16',
  'X17',
  'X18',
] as const
export type CaseId = (typeof caseIds)[number]

export interface Subject {
  readonly definition: AnyDestination
  readonly fixtures: Fixtures
}

/** A test of the suite. Its title begins with the id where it has one. */
export interface Case {
  readonly id?: CaseId
  readonly title: string
  /** Why it cannot be shown at this destination; then it is not run. */
  readonly cannot?: string
  readonly run: (stage: Stage) => Promise<void>
}

export type Suite = (subject: Subject) => readonly Case[]
