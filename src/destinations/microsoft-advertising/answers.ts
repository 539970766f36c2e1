/** How Microsoft Advertising's errors are read: its own codes decide, whatever the HTTP status. */
import { z } from 'zod'
import { type Cause, type Reply, Stop, type Verdict } from '../../destination-kit/kit.ts'
import { readJson, vendorWords } from '../../destination-kit/words.ts'

const errorShape = z.object({
  Code: z.union([z.number().int(), z.string().regex(/^\d+$/).transform(Number)]),
  ErrorCode: z.string().nullish(),
  Message: z.string().nullish(),
  Index: z.number().int().nullish(),
})
const errorList = z.array(errorShape.nullable()).nullish()

/**
 * A fault names `Errors`, or `OperationErrors` and `BatchErrors`; an answer of 200 may hold `PartialErrors`. A refused
 * upload is one error itself. In the state of a bulk job, `Errors` are the job's, not the call's.
 */
const bodyShape = z.object({
  Errors: errorList,
  OperationErrors: errorList,
  BatchErrors: errorList,
  PartialErrors: errorList,
  Code: z.unknown().optional(),
  RequestStatus: z.unknown().optional(),
})

export interface VendorError {
  readonly code: number
  /** Its name, else its number. */
  readonly name: string
  /** Without personal values: messages may repeat what was sent. */
  readonly words: string
  /** Place of the item that it is about. */
  readonly index?: number
}

const asError = (error: z.infer<typeof errorShape>): VendorError => {
  const name = error.ErrorCode || String(error.Code)
  const words = vendorWords(error.Message ?? '') || name
  const index = error.Index
  return typeof index === 'number' ? { code: error.Code, name, words, index } : { code: error.Code, name, words }
}

const withoutGaps = (errors: z.infer<typeof errorList>): VendorError[] =>
  (errors ?? []).filter((error) => error !== null).map(asError)

/** Undefined when the answer is not one of Microsoft Advertising's. */
const readErrors = (reply: Reply): VendorError[] | undefined => {
  const body = readJson(reply.text, bodyShape)
  if (body === undefined) return undefined
  const own = body.Code === undefined || body.Code === null ? undefined : readJson(reply.text, errorShape)
  const errors = [body.Errors, body.OperationErrors, body.BatchErrors, body.PartialErrors].flatMap(withoutGaps)
  return own === undefined ? errors : [...errors, asError(own)]
}

/** Is this the state of a bulk job? */
const isJobState = (reply: Reply): boolean => typeof readJson(reply.text, bodyShape)?.RequestStatus === 'string'

/**
 * Every error of an answer that a talk reads. Throws Stop('unreadable') when they cannot be read: an answer without
 * errors means success here, so it must not be one whose errors we do not understand.
 */
export const errorsIn = (reply: Reply): VendorError[] => {
  const errors = readErrors(reply)
  if (errors === undefined) throw new Stop('unreadable', 'Microsoft Advertising gave an answer that cannot be read.')
  return errors
}

/** Of removals too: https://learn.microsoft.com/en-us/advertising/bulk-service/customer-list (checked 2026-11-21). */
const termsMissing =
  'The Customer Match terms are not accepted for this account. Without them nobody can be added or taken off: accept them in the export, or at Microsoft Advertising itself.'

/**
 * Codes that end every call, each with what a person can do.
 * https://learn.microsoft.com/en-us/advertising/guides/operation-error-codes (checked 2026-11-21).
 */
export const stops: ReadonlyMap<number, readonly [Cause, string]> = new Map<number, readonly [Cause, string]>([
  [100, ['bad-request', 'Microsoft Advertising could not read the call.']],
  [
    106,
    [
      'permission',
      'The signed-in user has no access to this customer or account. Check the Customer ID and Account ID.',
    ],
  ],
  [108, ['auth', 'Microsoft suspects misuse of the signed-in user. Set a new password there and sign in again.']],
  [113, ['bad-request', 'Microsoft Advertising could not read the call.']],
  [116, ['bad-request', 'The Customer ID or the Account ID is missing.']],
  [120, ['auth', 'These sign-in details were merged into others. Sign in again with the primary ones.']],
  [122, ['auth', 'Sign in again with a work account.']],
  [123, ['auth', 'Sign in again with a personal Microsoft account.']],
  [1001, ['permission', 'The signed-in user is not allowed to do this.']],
  [1030, ['bad-request', 'The Account ID is missing.']],
  [3221, ['bad-request', 'Microsoft Advertising found no file in the upload.']],
  [3222, ['bad-request', 'Microsoft Advertising found more than one file in the upload.']],
  [3223, ['bad-request', 'Microsoft Advertising does not take this kind of file.']],
  [3500, ['permission', 'This customer may not use the Bulk service of Microsoft Advertising.']],
  [3913, ['terms', termsMissing]],
  [4838, ['bad-request', 'Microsoft Advertising does not take the name of this audience. Rename the segment.']],
  [4842, ['bad-request', 'The membership duration must be -1 or from 1 to 390 days.']],
  [4848, ['bad-request', 'The Account ID is not one that audiences can belong to.']],
  [4849, ['bad-request', 'Microsoft Advertising does not take the scope of this audience.']],
  [4865, ['quota', 'The account holds as many audiences as it may. Delete some at Microsoft Advertising.']],
  [4866, ['quota', 'The customer holds as many audiences as it may. Delete some at Microsoft Advertising.']],
  [8000, ['list-missing', 'Microsoft Advertising does not know this audience (any more).']],
  [8001, ['bad-request', 'Microsoft Advertising does not take this change of an audience.']],
  [8002, ['bad-request', 'Microsoft Advertising does not take addresses for this audience.']],
  [8003, ['terms', termsMissing]],
])

/** Ends the run for the first error that no other choice of rows would change. */
export const stopFor = (errors: readonly VendorError[]): Stop | undefined => {
  for (const error of errors) {
    const stop = stops.get(error.code)
    if (stop !== undefined) return new Stop(stop[0], `${stop[1]} (${error.name} ${error.code})`)
  }
  return undefined
}

export const code = {
  internal: 0,
  invalidCredentials: 105,
  tokenExpired: 109,
  callRateExceeded: 117,
  uploadUrlInvalid: 3220,
  uploadUrlUsed: 3224,
  tooManyRows: 3225,
  uploadUrlExpired: 3226,
  tooManyUploads: 3227,
  otherItemsFailed: 4200,
  jobUnknown: 4201,
  entityUnknown: 4202,
  bulkRateExceeded: 4204,
  audienceUnknown: 4835,
  duplicateName: 4853,
  tooManyItems: 6999,
} as const

type Signal = Exclude<Verdict, Stop>

/**
 * 105 also means a wrong developer token: the engine asks for a new access token once, and stops when that did not help.
 * An internal error about single records of a call that was answered is theirs; asking again might never end.
 */
const signalOf = (error: VendorError, status: number): Signal | undefined => {
  switch (error.code) {
    case code.invalidCredentials:
    case code.tokenExpired:
      return { kind: 'refresh' }
    // https://learn.microsoft.com/en-us/advertising/guides/services-protocol#throttling (checked 2026-11-21)
    case code.callRateExceeded:
    case code.tooManyUploads:
      return { kind: 'retry', after: 60 }
    case code.bulkRateExceeded:
      return { kind: 'retry', after: 900 }
    case code.internal:
      return status >= 400 ? { kind: 'retry' } : undefined
    case code.tooManyItems:
      return { kind: 'split', reason: 'Microsoft Advertising takes fewer items in one call.' }
    case code.tooManyRows:
      return { kind: 'split', reason: 'Microsoft Advertising takes fewer rows in one file.' }
    // These mean something else to each talk.
    case code.audienceUnknown:
    case code.duplicateName:
    case code.uploadUrlInvalid:
    case code.uploadUrlUsed:
    case code.uploadUrlExpired:
    case code.jobUnknown:
      return { kind: 'pass' }
    default:
      return undefined
  }
}

const urgency: readonly Signal['kind'][] = ['refresh', 'retry', 'split', 'pass']

/** The gravest thing that the codes say; a status without a code that we know is left to the shared mapping. */
export const judge = (reply: Reply): Verdict | undefined => {
  if (isJobState(reply)) return undefined
  const errors = readErrors(reply) ?? []
  const stop = stopFor(errors)
  if (stop !== undefined) return stop
  const signals = errors.flatMap((error) => signalOf(error, reply.status) ?? [])
  for (const kind of urgency) {
    const found = signals.find((signal) => signal.kind === kind)
    if (found !== undefined) return found
  }
  return undefined
}
