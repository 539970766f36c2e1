/** Deviations that are right on purpose: where the vendors' traffic or prose says otherwise than their descriptions. */
import type { DescribedVendor } from './descriptions.ts'

export interface Listed {
  /** The line of the deviation; `*` in it stands for any text. */
  readonly line: string
  readonly reason: string
  /** Where the vendor, or somebody who has seen its traffic, says so. */
  readonly source: string
}

const dotdigitalErrors = {
  reason: 'The description of v2 lists no refusals; the vendor’s guide tells their statuses and bodies.',
  source: 'https://developer.dotdigital.com/docs/error-response-types (checked 2026-11-21)',
}
const editorial = {
  reason: 'A field of editorial errors alone, which the template shows as an example of a derived type.',
  source:
    'https://learn.microsoft.com/en-us/advertising/campaign-management-service/editorialerror (checked 2026-11-22)',
}
const bulkFiles = {
  reason:
    'The address is told by a call of the Bulk service; files go there as the guide says, and it is no operation of its own.',
  source: 'https://learn.microsoft.com/en-us/advertising/guides/bulk-download-upload (checked 2026-11-22)',
}
const presigned = {
  reason: 'A file at an address that the answer of a described call tells.',
  source: 'https://www.twilio.com/docs/sendgrid/api-reference/contacts/import-contacts (checked 2026-11-22)',
}

const dotdigital: readonly Listed[] = [
  { line: 'GET /v2/account-info | answer 401 | status is not declared', ...dotdigitalErrors },
  { line: 'GET /v2/address-books/{id} | answer 404 | status is not declared', ...dotdigitalErrors },
  {
    line: 'POST /v2/address-books | answer 200 | status is not declared',
    reason:
      'The vendor’s later specification of address books answers 200. Only people make address books, never Sund.',
    source: 'https://developer.dotdigital.com/reference/create-address-book (checked 2026-11-22)',
  },
  ...['Id', 'Status'].map((name) => ({
    line: `GET /v2/contacts/deletion/{deletionRequestId} | answer 200 | body.${name} is not declared`,
    reason: 'The vendor’s own example of this answer begins its names with capitals. Sund reads both.',
    source: 'https://developer.dotdigital.com/reference/delete-contacts-from-address-book (checked 2026-11-21)',
  })),
]

const iterable: readonly Listed[] = [
  {
    line: 'hosts | request | https://api.eu.iterable.com is not declared',
    reason:
      'Projects in the data center of the EU have a host of their own; the description names that of the US alone.',
    source: 'https://support.iterable.com/hc/en-us/articles/360043464871 (checked 2026-11-21)',
  },
  {
    line: 'GET /api/lists | answer 200 | body.lists.*.createdAt is not of the format int32',
    reason: 'Described as milliseconds since the epoch, which 32 bits cannot hold; traffic has thirteen digits.',
    source: 'https://api.iterable.com/api/docs (checked 2026-11-22)',
  },
]

const microsoft: readonly Listed[] = [
  {
    line: 'GetAudiencesByIds | answer 200 | body.Audiences.*.CombinationRules is missing',
    reason: 'A field of combined lists alone, which the template shows as an example of a derived type.',
    source:
      'https://learn.microsoft.com/en-us/advertising/campaign-management-service/combinedlist (checked 2026-11-22)',
  },
  ...['Appealable', 'DisapprovedText', 'Location', 'PublisherCountry', 'ReasonCode'].map((name) => ({
    line: `* | answer 200 | body.PartialErrors.*.${name} is missing`,
    ...editorial,
  })),
  {
    line: 'POST /Api/Advertiser/CampaignManagement/FileUpload/File/UploadBulkFile/{} | request | is not declared (*',
    ...bulkFiles,
  },
  {
    line: 'GET /Api/Advertiser/CampaignManagement/FileDownload/BulkResult/{} | request | is not declared (*',
    ...bulkFiles,
  },
  {
    line: 'POST /common/oauth2/v2.0/token | request | is not declared (*',
    reason: 'Tokens are given by another service of the vendor.',
    source: 'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow (checked 2026-11-22)',
  },
]

const sendgrid: readonly Listed[] = [
  { line: 'PUT /storage/imports/{} | request | is not declared (*', ...presigned },
  { line: 'GET /storage/errors/{} | request | is not declared (*', ...presigned },
  { line: 'GET /storage/exports/{}/{} | request | is not declared (*', ...presigned },
  {
    line: 'GET /v3/marketing/field_definitions | answer 200 | body.custom_fields is missing',
    reason: 'The key is absent where nothing is defined: clients in use guard against that.',
    source: 'https://github.com/segmentio/action-destinations (checked 2026-11-21)',
  },
  {
    line: 'GET /v3/marketing/field_definitions | answer 200 | body.reserved_fields.*.id is not declared',
    reason: 'The example of the same description has an id on every reserved field; only its schema leaves it out.',
    source:
      'https://www.twilio.com/docs/sendgrid/api-reference/custom-fields/get-all-field-definitions (checked 2026-11-22)',
  },
  {
    line: 'GET /v3/marketing/lists | answer 403 | status is not declared',
    reason: 'A key without the right is refused with 403 at every call; the description of lists leaves that out.',
    source:
      'https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors (checked 2026-11-22)',
  },
  {
    line: 'GET /v3/marketing/lists/{id} | answer 404 | body is object, not array',
    reason:
      'Refusals are an object with a list of errors, as every other description of the vendor and its traffic have it.',
    source:
      'https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors (checked 2026-11-22)',
  },
  ...['body.errors is not declared', 'body.message is missing'].map((what) => ({
    line: `POST /v3/marketing/contacts/search/identifiers/{identifier_type} | answer 400 | ${what}`,
    reason: 'Refusals are an object with a list of errors, as the same description says of the search for addresses.',
    source:
      'https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors (checked 2026-11-22)',
  })),
  {
    line: 'PUT /v3/marketing/contacts | request | body.contacts.*.custom_fields.e* is not declared',
    reason: 'Keys are ids of the account’s fields; the schema has one of them as an example.',
    source: 'https://www.twilio.com/docs/sendgrid/api-reference/contacts/add-or-update-a-contact (checked 2026-11-22)',
  },
]

export const listed: Readonly<Record<DescribedVendor, readonly Listed[]>> = {
  'campaign-monitor': [],
  dotdigital,
  iterable,
  'microsoft-advertising': microsoft,
  sendgrid,
}
