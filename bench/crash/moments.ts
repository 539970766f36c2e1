/** The moments of the two long conversations at which the large bench kills, in the order in which a run comes to them. */
import type { RequestEvent, SandboxVendor } from '../../sandbox/sandbox.ts'
import type { GatePoint } from './gates.ts'

export interface RequestMoment {
  readonly kind: 'request'
  readonly name: string
  readonly vendor: SandboxVendor
  readonly phase: RequestEvent['phase']
  readonly method: string
  readonly path: RegExp
  /** Milliseconds between the event and the kill, at most. */
  readonly within?: number
}

export type Moment = {
  /** A vendor's clock stands still until this moment is waited for: no job ends before. */
  readonly releases?: SandboxVendor
} & (
  | RequestMoment
  /** So many bytes of a body are in, and more are to come. */
  | { readonly kind: 'bytes'; readonly name: string; readonly vendor: SandboxVendor }
  | { readonly kind: 'gate'; readonly name: string; readonly point: GatePoint }
)

const paths = {
  sendgrid: {
    create: ['PUT', /^\/v3\/marketing\/contacts\/imports$/],
    upload: ['PUT', /^\/storage\/imports\//],
    look: ['GET', /^\/v3\/marketing\/contacts\/imports\//],
    report: ['GET', /^\/storage\/errors\//],
    removal: ['DELETE', /^\/v3\/marketing\/lists\/[^/]+\/contacts$/],
  },
  'microsoft-advertising': {
    create: ['POST', /^\/Bulk\/v13\/BulkUploadUrl\/Query$/],
    upload: ['POST', /\/UploadBulkFile\//],
    look: ['POST', /^\/Bulk\/v13\/BulkUploadStatus\/Query$/],
    report: ['GET', /\/BulkResult\//],
    removal: ['POST', /\/UploadBulkFile\//],
  },
} as const

/** The vendors that take large files by a conversation of several requests. */
type Vendor = keyof typeof paths
type Step = keyof (typeof paths)[Vendor]

const words = { open: 'before it is done', applied: 'done, not answered', answered: 'answered' } as const

const at = (vendor: Vendor, step: Step, phase: RequestEvent['phase'], within?: number): Moment => {
  const [method, path] = paths[vendor][step]
  const delayed = within === undefined ? {} : { within }
  return { kind: 'request', name: `${vendor} ${step}, ${words[phase]}`, vendor, phase, method, path, ...delayed }
}
const midway = (vendor: Vendor): Moment => ({ kind: 'bytes', name: `${vendor} upload, midway`, vendor })
const gate = (name: string, table: GatePoint['table'], condition: string): Moment => ({
  kind: 'gate',
  name,
  point: { table, condition },
})

/** A report of a million records is read and staged within this time. */
const READING_MS = 400

export const conversation: readonly Moment[] = [
  at('sendgrid', 'create', 'applied'),
  at('microsoft-advertising', 'create', 'applied'),
  gate('a job made, not kept', 'batch', `new.state = 'sending' and new.job is distinct from old.job`),
  midway('sendgrid'),
  at('sendgrid', 'upload', 'applied'),
  midway('microsoft-advertising'),
  at('microsoft-advertising', 'upload', 'applied'),
  gate('a file uploaded, not kept as accepted', 'batch', `new.state = 'accepted' and old.state = 'sending'`),
  at('microsoft-advertising', 'look', 'open'),
  at('sendgrid', 'look', 'applied'),
  at('microsoft-advertising', 'look', 'applied'),
  at('sendgrid', 'look', 'open'),
  { ...at('microsoft-advertising', 'report', 'applied'), releases: 'microsoft-advertising' },
  at('microsoft-advertising', 'report', 'answered', READING_MS),
  { ...at('sendgrid', 'report', 'applied'), releases: 'sendgrid' },
  at('sendgrid', 'report', 'answered', READING_MS),
  gate('outcomes staged, not kept as done', 'batch', `new.state = 'done' and old.state <> 'done'`),
  at('sendgrid', 'removal', 'applied'),
]

export const ending: readonly Moment[] = [
  gate('before settle', 'run', `new.phase = 'settling'`),
  gate('between settle and its mark', 'run', `new.phase = 'ended'`),
]

/** So many moments: those of the conversation as often as it takes, and the ending once. */
export const momentsFor = (kills: number): Moment[] => {
  const last = ending.slice(0, kills)
  const first = Array.from({ length: kills - last.length }, (_, index) => conversation[index % conversation.length])
  return [...first.filter((moment) => moment !== undefined), ...last]
}
