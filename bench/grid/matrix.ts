/** All cells of one vendor, and why some of them cannot be. */
import type { SandboxVendor } from '../../sandbox/vendors.ts'
import type { Cell } from './cell.ts'
import { type Fault, faults, type Phase, phases } from './faults.ts'
import { vendorSays } from './vendor-words.ts'

export interface Impossible {
  readonly name: string
  readonly why: string
}

const whyNot = (vendor: SandboxVendor, { wire, impossible }: Fault, phase: Phase): string | undefined => {
  const { words, jobs } = vendorSays[vendor]
  if (wire.how === 'job' && jobs === undefined) return 'the vendor answers at once and has no jobs to ask about'
  if (wire.how === 'job' && phase !== 'applied') {
    return 'what is asked here is how a job is, which changes nothing; the job itself was accepted and done'
  }
  if (wire.how === 'own words' && words[wire.says] === undefined) return 'the vendor publishes no words for it'
  return impossible?.[phase]
}

export interface Matrix {
  readonly cells: readonly Cell[]
  readonly impossible: readonly Impossible[]
}

/** `only`: the faults (comma separated), the phase, or both, to which it is narrowed. */
export const matrixOf = (
  vendor: SandboxVendor,
  only: { readonly fault?: string; readonly phase?: string } = {},
): Matrix => {
  const wanted = only.fault?.split(',')
  const cells: Cell[] = []
  const impossible: Impossible[] = []
  for (const [index, fault] of faults.entries()) {
    for (const [place, phase] of phases.entries()) {
      if (wanted?.includes(fault.name) === false || (only.phase ?? phase) !== phase) continue
      const why = whyNot(vendor, fault, phase)
      if (why === undefined) cells.push({ fault, phase, code: `c${index * phases.length + place}` })
      else impossible.push({ name: `${vendor}/${fault.name}/${phase}`, why })
    }
  }
  return { cells, impossible }
}
