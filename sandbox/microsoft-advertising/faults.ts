/**
 * Microsoft Advertising's faults and partial errors. Bodies:
 * https://learn.microsoft.com/en-us/advertising/guides/operation-error-codes and .../batcherror (checked 2026-11-21).
 * Which HTTP status goes with which code is not documented for REST: 401 for 109 was seen by others, the rest is assumed.
 */
import { randomUUID } from 'node:crypto'
import type { Answer, Refusals } from '../frame/vendor.ts'

const errors = {
  0: ['InternalError', 'An internal error has occurred.'],
  100: ['NullRequest', 'The request message is null.'],
  105: [
    'InvalidCredentials',
    'Authentication failed. Either supplied credentials are invalid or the account is inactive',
  ],
  106: ['UserIsNotAuthorized', 'The user is not authorized to perform this action.'],
  109: ['AuthenticationTokenExpired', 'Authentication token expired. Please renew it or obtain a new token.'],
  116: ['RequestMissingHeaders', 'One or more required header elements are missing from the request.'],
  117: ['CallRateExceeded', 'You have exceeded the number of calls that you are allowed to make in a minute.'],
  3219: ['BulkServiceFormatVersionRequired', 'The format version is required.'],
  3220: ['BulkServiceInvalidBulkUploadUrl', 'Invalid bulk upload URL.'],
  3221: ['BulkServiceNoFileFound', 'No file uploaded.'],
  3222: ['BulkServiceMultipleFilesFound', 'More than one file uploaded.'],
  3223: ['BulkServiceInvalidFileExtension', 'The file extension is not recognized.'],
  3224: ['BulkServiceUrlAlreadyUsedForUpload', 'The URL has already been used for file upload.'],
  3226: ['BulkServiceUrlExpired', 'The URL has expired and cannot be used for uploads.'],
  3227: ['BulkServiceTooManyRequests', 'Too many requests.'],
  4201: ['BulkServiceInvalidRequestId', 'The specified RequestId is not valid.'],
  4203: ['BulkServiceUnknownTypeForRow', 'The Type column of the row was not recognized.'],
  4204: [
    'BulkServiceNoMoreCallsPermittedForTheTimePeriod',
    'No more bulk upload calls will be permitted for this account for the current time period.',
  ],
  4835: ['InvalidAudienceId', 'The audience ID is invalid.'],
  4837: ['DuplicateAudienceId', 'Duplicate audience IDs are not allowed.'],
  4838: ['InvalidAudienceName', 'The audience name is invalid.'],
  4841: ['InvalidAudienceDescription', 'Audience description is invalid.'],
  4842: ['InvalidAudienceMembershipDuration', 'Audience membership duration is invalid.'],
  4843: ['AudienceParentIdDoesNotMatchScope', 'Audience parent id does not match the scope.'],
  4844: ['AudiencesArrayShouldNotBeNullOrEmpty', 'Audiences are required.'],
  4845: ['AudienceIsNull', 'Audience cannot be null.'],
  4846: ['AudienceIdIsNull', 'Audience id cannot be null.'],
  4847: ['AudienceIdIsNotNull', 'Audience id must be null.'],
  4848: ['InvalidAudienceParentId', 'Audience parent id is invalid or not specified.'],
  4849: ['InvalidAudienceScope', 'Audience scope is invalid or not specified.'],
  4850: ['AudiencesArrayExceedsLimit', 'Audiences array exceeds the limit size.'],
  4851: ['AudienceIdsArrayShouldNotBeNullOrEmpty', 'Audience ids array should not be null or empty.'],
  4852: ['AudienceIdsArrayExceedsLimit', 'Audience ids array exceeds the limit size.'],
  4853: ['DuplicateAudienceName', 'Audience name is duplicate.'],
  4855: ['AudienceCanNotChangeScopeOnUpdate', 'Audience scope cannot be changed on update.'],
  4859: ['InvalidAudienceType', 'Audience Type is invalid.'],
  6999: ['CampaignServiceBatchLimitExceeded', 'The maximum number of items per request would be exceeded.'],
  8000: ['InvalidCustomerListId', 'Invalid CustomerList Id'],
  8001: ['InvalidCustomerListActionType', 'The Customer List Action Type can only be Add, Replace, or Delete.'],
  8002: ['CustomerListItemSubTypeNotSupported', 'The Customer List Item sub type is not supported.'],
  8003: [
    'CustomerListTermsAndConditionsNotAccepted',
    "The Customer Match 'Terms And Conditions' are not yet Accepted.",
  ],
  8004: ['EmailMustBeHashed', "Email address can't be in plain text and must be hashed."],
  8006: ['EitherEmailOrCRMIDShouldBeProvided', 'Either email address or CRM Id should be provided.'],
} as const

export type Code = keyof typeof errors

const isCode = (code: number): code is Code => Object.hasOwn(errors, code)
export const nameOf = (code: number): string => errors[isCode(code) ? code : 0][0]

/** An error as the status of an upload tells it. */
export const operationError = (code: Code) => {
  const [ErrorCode, Message] = errors[code]
  return { Code: code, Details: null, ErrorCode, Message }
}

/** An answer with the TrackingId that every answer of Microsoft Advertising carries. */
export const tracked = (
  status: number,
  body: Readonly<Record<string, unknown>>,
  more: Partial<Answer> = {},
): Answer => ({
  ...more,
  status,
  headers: { TrackingId: randomUUID() },
  json: body,
})

const statusOf: Partial<Record<Code, number>> = { 0: 500, 105: 401, 106: 403, 109: 401, 117: 429 }

/** A fault of the API itself: credentials, headers, rate. */
export const apiFault = (code: Code): Answer => {
  const trackingId = randomUUID()
  const [ErrorCode, Message] = errors[code]
  return {
    status: statusOf[code] ?? 400,
    headers: { TrackingId: trackingId },
    json: {
      Errors: [{ Code: code, Detail: null, ErrorCode, Message }],
      TrackingId: trackingId,
      Type: 'AdApiFaultDetail',
    },
  }
}

/** The operation as a whole is refused. */
export const operationFault = (code: Code, details: string | null = null): Answer => {
  const trackingId = randomUUID()
  const [ErrorCode, Message] = errors[code]
  return {
    status: 400,
    headers: { TrackingId: trackingId },
    json: {
      BatchErrors: [],
      OperationErrors: [{ Code: code, Details: details, ErrorCode, Message }],
      TrackingId: trackingId,
      Type: 'ApiFaultDetail',
    },
  }
}

/**
 * The refusal of a file that was posted to an upload URL.
 * https://learn.microsoft.com/en-us/advertising/guides/bulk-download-upload (checked 2026-11-21).
 */
export const uploadFault = (code: Code, requestId: string | null): Answer => {
  const trackingId = randomUUID()
  const [ErrorCode, Message] = errors[code]
  return {
    status: statusOf[code] ?? 400,
    headers: { TrackingId: trackingId },
    json: { TrackingId: trackingId, RequestId: requestId, Code: code, ErrorCode, Message },
  }
}

/** An error in one item of a call that is otherwise carried out; `index` is its place in the request. */
export const batchError = (code: Code, index: number, fieldPath: string | null = null) => {
  const [ErrorCode, Message] = errors[code]
  return {
    Code: code,
    Details: null,
    ErrorCode,
    FieldPath: fieldPath,
    ForwardCompatibilityMap: null,
    Index: index,
    Message,
    Type: 'BatchError',
  }
}

export const refusals: Refusals = {
  notFound: () => tracked(404, { Message: 'No HTTP resource was found that matches the request URI.' }),
  wrongMethod: () => tracked(405, { Message: 'The requested resource does not support this http method.' }),
  tooLarge: () => tracked(413, { Message: 'The request is too large.' }),
  unreadable: () => operationFault(100),
  forbidden: (_call, what) => operationFault(8001, `The sandbox never carries out ${what}.`),
  crashed: () => apiFault(0),
  // No Retry-After: the API's documents say to come back after a minute, the sign-in's to wait and try again.
  busy: ({ path }) =>
    path.startsWith('/common/oauth2/')
      ? { status: 429, json: { error: 'temporarily_unavailable', error_description: 'The service is busy.' } }
      : apiFault(117),
}
