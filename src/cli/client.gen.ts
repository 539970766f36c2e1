/** The client of the API, generated from docs/openapi.json by scripts/generate.ts: change the API, not this file. */

/** A call as the document describes it: `address` has its path parameters in braces. */
export interface Call {
  readonly method: string
  readonly address: string
  readonly path?: Readonly<Record<string, string>> | undefined
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>> | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  readonly body?: unknown
}

export interface Answer<T> {
  readonly status: number
  readonly body: T
  /** Of a single thing: what a change of it gives as `if-match`. */
  readonly etag?: string
}

/** `end`: the state will not change any more. */
export interface ServerEvent<T> {
  readonly event: 'progress' | 'end'
  readonly state: T
}

/** Sends calls. It throws what it makes of an answer that is a problem document. */
export interface Transport {
  request<T>(call: Call): Promise<Answer<T>>
  events<T>(call: Call): AsyncIterable<ServerEvent<T>>
}

export interface Approval {
  readonly deltaHash: string
}

export interface Batch {
  readonly number: number
  readonly listId: string
  readonly operation: 'add' | 'remove'
  readonly route: number
  /** The place of its first record in the outbox. */
  readonly from: number
  readonly to: number
  readonly state: 'pending' | 'sending' | 'accepted' | 'done' | 'split'
  readonly sentAt?: string
  /** When the next look at the job of the service is due. */
  readonly dueAt?: string
  /** When a request left whose answer was never read. */
  readonly lostAt?: string
}

export interface BatchCounts {
  readonly pending: number
  readonly sending: number
  readonly accepted: number
  readonly done: number
}

export interface Batches {
  readonly items: readonly Batch[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface Blanks {
  /** What the field holds after it was sent for a person who has no value. */
  readonly none: 'cleared' | 'kept' | 'empty'
  /** What it holds after an empty text was sent. */
  readonly empty: 'cleared' | 'kept' | 'empty'
}

export interface Choice {
  /** The value of the setting. */
  readonly id: string
  readonly name: string
}

export interface Choices {
  readonly items: readonly Choice[]
}

export interface Connection {
  readonly id: string
  readonly name: string
  readonly destination: string
  readonly settings: Readonly<Record<string, string>>
  /** What the check told; null until it was checked. */
  readonly found: Readonly<Record<string, string>> | null
  readonly peopleLimit: number | null
  readonly limitLifted: boolean
  readonly signedIn: boolean
  readonly createdAt: string
}

export interface ConnectionChanges {
  readonly name?: string
  /** In place of those before; what the check found is forgotten. */
  readonly settings?: Readonly<Record<string, string>>
  /** In place of those before; the sign-in is forgotten. */
  readonly credentials?: Readonly<Record<string, string>>
  /** null: none. */
  readonly peopleLimit?: number | null
  /** The documented limit of the service is not kept. */
  readonly limitLifted?: boolean
}

export interface Connections {
  readonly items: readonly Connection[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface CredentialComparison {
  readonly same: boolean
}

export interface CredentialsToCompare {
  readonly credentials: Readonly<Record<string, string>>
}

export interface Destination {
  readonly id: string
  readonly name: string
  /** The word of the service for a list. */
  readonly listWord: string
  /** People sign in at the service; else it takes a key. */
  readonly signIn: boolean
  /** The credential that, when given, takes the place of signing in. */
  readonly keyInstead?: string
  readonly credentials: readonly DestinationCredential[]
  readonly settings: readonly DestinationSetting[]
  readonly identifier: {
    readonly label: string
    readonly hash?: 'sha256'
  }
  readonly fields: readonly DestinationField[]
  /** Absent where nobody has found out. A field that is not matched keeps what it holds. */
  readonly blanks?: Blanks
  /** Fields that the account has of its own can be matched too. */
  readonly accountFields: boolean
  /** A list is made for each segment; else an export names one that is there. */
  readonly makesLists: boolean
  /** The setting of the connection that names the list of an export which names none. */
  readonly defaultList?: string
  readonly people?: {
    readonly value: number
    /** Where it is written. */
    readonly source: string
    /** The day it was looked at. */
    readonly checked: string
    readonly kind: 'documented' | 'measured' | 'assumed'
    readonly over: 'export' | 'connection'
  }
  readonly add: readonly DestinationRoute[]
  readonly remove: readonly DestinationRoute[]
  readonly rates: readonly {
    readonly name: string
    readonly calls: Limit
    readonly seconds: number
  }[]
}

export interface DestinationCredential {
  readonly name: string
  readonly label: string
  readonly help?: string
  readonly oneOf?: readonly string[]
}

export interface DestinationField {
  readonly name: string
  readonly label: string
  readonly help?: string
  readonly oneOf?: readonly string[]
  /** What the service takes; see docs/matching.md. */
  readonly kind: 'text' | 'number' | 'boolean' | 'date'
  /** The longest value, in characters. */
  readonly max?: Limit
  /** An export must fill it, and nobody is sent without a value. */
  readonly required: boolean
}

export interface DestinationRoute {
  /** Used for more records than this. */
  readonly over?: number
  /** Takes only people whom Sund took off the list before. */
  readonly for?: 'returners'
  /** Records in one call. */
  readonly records: Limit
  readonly bytes?: Limit
  readonly parallel: number
  readonly jobs?: Limit
  /** Seconds after which a lost write cannot take effect any more. */
  readonly settles: Limit
}

export interface DestinationSetting {
  readonly name: string
  readonly label: string
  readonly help?: string
  readonly oneOf?: readonly string[]
  readonly of: 'connection' | 'export'
  readonly default?: string
  /** The service tells what it may be, once the connection has credentials. */
  readonly choices: boolean
}

export interface Destinations {
  readonly items: readonly Destination[]
}

export interface DryRun {
  readonly id: string
  readonly exportId: string
  readonly status: 'Processing' | 'Ready' | 'Failed'
  readonly createdAt: string
  readonly endedAt?: string
  /** Of a failed one: why a run would fail too. */
  readonly code?: string
  readonly reason?: string
  /** Of one that is ready. */
  readonly result?: DryRunResult
}

export interface DryRunList {
  /** Absent where no run has bound the list yet. */
  readonly id?: string
  readonly name: string
  /** The run would make it at the service. */
  readonly made: boolean
  readonly segmentIds: readonly string[]
  /** Members that the segments ask for. */
  readonly expected: number
  readonly added: number
  readonly updated: number
  readonly removed: number
  readonly invalid: number
  readonly duplicates: number
  /** Refusals that stand, and would not be tried again yet. */
  readonly standing: number
  /** People of ours who are on the list now. */
  readonly present: number
  /** People who were found on the list; never removed. */
  readonly theirs: number
  /** People who would be removed, and stay, since nobody may be removed from this list. */
  readonly kept: number
  /** Why its removals would wait for an approval. */
  readonly gate?: {
    readonly code: string
    readonly reason: string
  }
}

export interface DryRunResult {
  /** `held`: the run would wait for an approval. `refused`: it would end Failed, and send nobody. */
  readonly verdict: {
    readonly kind: 'pass' | 'held' | 'refused'
    readonly code?: string
    readonly reason?: string
  }
  readonly added: number
  readonly updated: number
  readonly removed: number
  readonly invalid: number
  readonly duplicates: number
  readonly lists: readonly DryRunList[]
  readonly routes: readonly DryRunRoute[]
  /** HTTP requests of the run; of a held one, once it is approved. */
  readonly requests: Range
  /** Of them, those that look at jobs, or ask again for a list that is too new: the service’s own time decides how many. */
  readonly looks: Range
  /** Of sending, under the rates that Sund keeps to at this service. */
  readonly seconds: Range
  /** The nearest limit of people, and how much of it the run would use. */
  readonly limit?: {
    readonly people: number
    readonly value: number
    readonly over: 'export' | 'connection' | 'contract'
    /** 1 is all of it. */
    readonly share: number
  }
  readonly sample: readonly {
    readonly list: string
    readonly kind: 'add' | 'update' | 'remove'
    readonly identifier: string
    readonly customerId: string | null
  }[]
}

export interface DryRunRoute {
  readonly list: string
  readonly operation: 'add' | 'remove'
  readonly route: number
  readonly records: number
  /** Calls or files that hold people. */
  readonly calls: number
  /** Looks at jobs apart. */
  readonly requests: number
  readonly looks: Range
}

export interface Export {
  readonly id: string
  readonly name: string
  readonly connectionId: string
  readonly segmentIds: readonly string[]
  readonly matching: Matching
  readonly settings: Readonly<Record<string, string>>
  readonly listId: string | null
  /** Its last run takes our people off its lists; then it is removed. */
  readonly leaving: boolean
}

export interface ExportWarning {
  /** JSON Pointer to the part of the export. */
  readonly pointer: string
  readonly detail: string
}

export interface ExportWarnings {
  readonly items: readonly ExportWarning[]
}

export interface Exports {
  readonly items: readonly Export[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface FieldProblem {
  readonly in: 'body' | 'query' | 'path' | 'header'
  /** JSON Pointer (RFC 6901) to the value; empty for the whole. */
  readonly pointer: string
  readonly detail: string
}

export interface Health {
  readonly status: 'ok'
}

export interface InvalidPeople {
  readonly items: readonly InvalidPerson[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface InvalidPerson {
  readonly listId: string
  readonly customerId: string
  readonly reason: 'missing' | 'malformed' | 'too-long' | 'not-among'
  /** The field of the service that does not take the value; null where it is the identifier. */
  readonly field: string | null
}

export interface Limit {
  readonly value: number
  /** Where it is written. */
  readonly source: string
  /** The day it was looked at. */
  readonly checked: string
  readonly kind: 'documented' | 'measured' | 'assumed'
}

export interface List {
  readonly id: string
  readonly name: string
  readonly exportId: string
  readonly exportName: string
  /** null where it takes the union of the segments of the export. */
  readonly segmentId: string | null
  /** What the segment is called now. A list keeps the name that it was made with. */
  readonly segmentName: string | null
  readonly destination: string
  /** The ID at the service; null until a run has found or made it. */
  readonly remoteId: string | null
  /** Whose it is, where Sund did not make it and cannot read who is in it. undecided: runs wait for an answer. ours: Sund alone fills it. add-only: others fill it too, and Sund removes nobody. null where nobody had to say. */
  readonly ownership: 'undecided' | 'ours' | 'add-only' | null
  /** Our people are being taken off it: its export has a last run, which a person has to approve. */
  readonly emptying: boolean
  /** Since when the export does not fill it any more. */
  readonly closedAt?: string
  readonly people: ListPeople
}

export interface ListDecision {
  readonly ownership: 'ours' | 'add-only'
}

export interface ListPeople {
  /** Ours, and acknowledged. */
  readonly present: number
  /** Found there; never removed by us. */
  readonly theirs: number
  /** The service has not taken them out yet. */
  readonly removing: number
  /** Sent, and the answer was never read. */
  readonly unknown: number
  readonly left: number
  /** Refused by the service until now. */
  readonly rejected: number
}

export interface ListedSegment {
  readonly id: string
  readonly name: string
  readonly rule: Rule
  /** Over the current profiles; null where it is not sealed over them. */
  readonly members: number | null
}

export interface Lists {
  readonly items: readonly List[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

/** What fills a field of the service; clear asks the service to empty it. */
export type MatchedField =
  | MatchedValue
  | {
      readonly clear: true
    }

/** The name of a profile field, or a transform of such values; see docs/matching.md. */
export type MatchedValue =
  | string
  | {
      readonly trim: MatchedValue
    }
  | {
      readonly case: 'upper' | 'lower' | 'title'
      readonly of: MatchedValue
    }
  | {
      readonly country: 'name' | 'alpha-2' | 'alpha-3'
      readonly of: MatchedValue
    }
  | {
      readonly date: 'YYYY-MM-DD' | 'DD/MM/YYYY' | 'MM/DD/YYYY' | 'DD.MM.YYYY' | 'YYYYMMDD' | 'YYYY'
      readonly of: MatchedValue
    }
  | {
      readonly hash: 'sha256'
      readonly of: MatchedValue
    }
  | {
      readonly constant: string
    }
  | {
      readonly firstOf: readonly MatchedValue[]
    }

export interface Matching {
  readonly identifier: string
  readonly fields: Readonly<Record<string, MatchedField>>
}

export interface MatchingPreview {
  readonly customerId: string
  readonly identifier: PreviewedField
  readonly fields: readonly PreviewedField[]
}

export interface NewConnection {
  readonly name: string
  readonly destination: string
  readonly settings?: Readonly<Record<string, string>>
  /** Kept sealed, and never told again. All that the destination asks for. */
  readonly credentials: Readonly<Record<string, string>>
  /** The most people that the contract with the service allows. */
  readonly peopleLimit?: number
}

export interface NewExport {
  readonly name: string
  readonly connectionId: string
  readonly segmentIds: readonly string[]
  readonly matching: Matching
  readonly settings?: Readonly<Record<string, string>>
  /** The ID of the list at the service; null where a list is made for each segment, or the connection names one. */
  readonly listId?: string | null
}

export interface NewSegment {
  readonly name: string
  readonly rule: Rule
}

export interface OpenApiDocument {
  readonly openapi: string
}

export interface Outcome {
  /** The place of the record in the outbox. */
  readonly seq: number
  readonly listId: string
  readonly kind: 'add' | 'update' | 'remove'
  /** As the service takes it: an address or its hash; masked unless asked for. */
  readonly identifier: string
  /** Among the current profiles; null where nobody there has this address. */
  readonly customerId: string | null
  /** unsent: no request has held it, or the run is Held. */
  readonly fate: 'applied' | 'rejected' | 'unknown' | 'unsent'
  readonly code?: string
  /** The words of the service, or why nobody knows. */
  readonly reason?: string
  /** The service will never take it. */
  readonly final: boolean
  /** The ID that the service gave. */
  readonly remoteId?: string
}

export interface Outcomes {
  readonly items: readonly Outcome[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface PreviewWanted {
  readonly customerId?: string
  /** In place of that of the export, without saving it. */
  readonly matching?: {
    readonly identifier: string
    readonly fields: Readonly<Record<string, MatchedField>>
  }
}

export interface PreviewedField {
  /** The field of the service; empty for the identifier. */
  readonly name: string
  readonly label: string
  /** Fields of the profile. */
  readonly before: readonly {
    readonly field: string
    readonly value: string | null
  }[]
  /** What would be sent; null where there is no value. */
  readonly after: string | null
  /** Why this person is not sent. */
  readonly refused?: 'missing' | 'malformed' | 'too-long' | 'not-among'
}

export interface Problem {
  /** urn:sund:problem: followed by the code. */
  readonly type: string
  readonly title: string
  readonly status: number
  /** Stable; see docs/errors.md. */
  readonly code: string
  /** What happened, on which thing. */
  readonly detail: string
  /** What to do next. */
  readonly hint: string
  /** The values that are wrong, each with its place. */
  readonly errors?: readonly FieldProblem[]
}

export interface Profile {
  readonly customerId: string
  /** By name; dates as ISO text. Addresses and numbers are masked unless they are asked for. */
  readonly fields: Readonly<Record<string, string | number | boolean | null>>
}

export type ProfileSearch =
  | {
      readonly email: string
    }
  | {
      readonly customerId: string
    }

export interface Profiles {
  readonly items: readonly Profile[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface ProfilesVersion {
  readonly version: number
  readonly rows: number
  readonly fields: readonly {
    readonly name: string
    readonly type: 'text' | 'number' | 'date' | 'boolean'
    readonly identifier?: 'email'
  }[]
}

/** The same twice where it is certain. */
export interface Range {
  readonly least: number
  readonly most: number
}

export interface Refresh {
  readonly id: string
  readonly status: 'Queued' | 'Refreshing' | 'Successful' | 'Failed'
  /** Which step it is in, or failed in. */
  readonly step?: string
  /** Why it failed. */
  readonly reason?: string
  readonly createdAt: string
  /** Absent while it is under way. */
  readonly finishedAt?: string
}

export interface RefreshProgress {
  readonly id: string
  readonly status: 'Queued' | 'Refreshing' | 'Successful' | 'Failed'
  /** Which step it is in, or failed in. */
  readonly step?: string
  /** Why it failed. */
  readonly reason?: string
  readonly createdAt: string
  /** Absent while it is under way. */
  readonly finishedAt?: string
  /** Of its exports; they go on after it has finished. */
  readonly runs: readonly Run[]
}

export interface Refreshes {
  readonly items: readonly Refresh[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface Reject {
  readonly customerId: string | null
  /** Masked unless asked for; null where it is known no more. */
  readonly identifier: string | null
  readonly operation: 'add' | 'remove'
  readonly code: string
  /** The words of the service. */
  readonly reason: string
  /** The service will never take it, so it is not tried again. */
  readonly final: boolean
  /** The run in which it was refused last. */
  readonly runId: string
  readonly firstAt: string
  readonly nextTryAt?: string
}

export interface Rejects {
  readonly items: readonly Reject[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface RequestedRun {
  readonly id: string
  readonly exportId: string
  readonly refreshId?: string
  readonly status: RunStatus
  readonly phase: 'queued' | 'planning' | 'sealed' | 'delivering' | 'settling' | 'ended'
  readonly reasonCode?: string
  /** Why it did not end Successful. */
  readonly reason?: string
  /** Of a Held run: what an approval names. */
  readonly deltaHash?: string
  /** A person approved what it does. */
  readonly approved: boolean
  /** It takes our people off lists that the export fills no more, and does nothing else. */
  readonly last: boolean
  /** Another run was asked for meanwhile; it starts after this one. */
  readonly again: boolean
  readonly added: number
  readonly updated: number
  readonly removed: number
  readonly rejected: number
  readonly unknown: number
  readonly invalid: number
  readonly duplicates: number
  readonly requests: number
  readonly writes: number
  readonly createdAt: string
  readonly startedAt?: string
  readonly cancelRequestedAt?: string
  /** Absent while it is live. */
  readonly settledAt?: string
  /** It was under way already, or waiting, and is the same run. */
  readonly joined: boolean
}

/** A condition, or conditions joined by all or any. */
export type Rule =
  | {
      readonly all: readonly Rule[]
    }
  | {
      readonly any: readonly Rule[]
    }
  | {
      readonly field: string
      readonly op: string
      readonly value?: string | number | boolean
      readonly values?: readonly (string | number | boolean)[]
      readonly ignoreCase?: boolean
    }

export interface RuleToPreview {
  readonly rule: Rule
}

export interface Run {
  readonly id: string
  readonly exportId: string
  readonly refreshId?: string
  readonly status: RunStatus
  readonly phase: 'queued' | 'planning' | 'sealed' | 'delivering' | 'settling' | 'ended'
  readonly reasonCode?: string
  /** Why it did not end Successful. */
  readonly reason?: string
  /** Of a Held run: what an approval names. */
  readonly deltaHash?: string
  /** A person approved what it does. */
  readonly approved: boolean
  /** It takes our people off lists that the export fills no more, and does nothing else. */
  readonly last: boolean
  /** Another run was asked for meanwhile; it starts after this one. */
  readonly again: boolean
  readonly added: number
  readonly updated: number
  readonly removed: number
  readonly rejected: number
  readonly unknown: number
  readonly invalid: number
  readonly duplicates: number
  readonly requests: number
  readonly writes: number
  readonly createdAt: string
  readonly startedAt?: string
  readonly cancelRequestedAt?: string
  /** Absent while it is live. */
  readonly settledAt?: string
}

export interface RunList {
  readonly listId: string
  readonly expected: number
  readonly added: number
  readonly updated: number
  readonly removed: number
  /** Members found on the list; never removed by us. */
  readonly theirs: number
  /** Who would have been removed, and stays, since the list is add-only. */
  readonly kept: number
  readonly approved: boolean
}

export interface RunProgress {
  readonly id: string
  readonly exportId: string
  readonly refreshId?: string
  readonly status: RunStatus
  readonly phase: 'queued' | 'planning' | 'sealed' | 'delivering' | 'settling' | 'ended'
  readonly reasonCode?: string
  /** Why it did not end Successful. */
  readonly reason?: string
  /** Of a Held run: what an approval names. */
  readonly deltaHash?: string
  /** A person approved what it does. */
  readonly approved: boolean
  /** It takes our people off lists that the export fills no more, and does nothing else. */
  readonly last: boolean
  /** Another run was asked for meanwhile; it starts after this one. */
  readonly again: boolean
  readonly added: number
  readonly updated: number
  readonly removed: number
  readonly rejected: number
  readonly unknown: number
  readonly invalid: number
  readonly duplicates: number
  readonly requests: number
  readonly writes: number
  readonly createdAt: string
  readonly startedAt?: string
  readonly cancelRequestedAt?: string
  /** Absent while it is live. */
  readonly settledAt?: string
  /** Batches in each state. */
  readonly batches: BatchCounts
  /** What it did to each list; empty until it is settled. */
  readonly lists: readonly RunList[]
}

export type RunStatus = 'Queued' | 'Processing' | 'Successful' | 'Partial' | 'Held' | 'Failed' | 'Skipped' | 'Canceled'

export interface Runs {
  readonly items: readonly Run[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface Segment {
  readonly id: string
  readonly name: string
  readonly rule: Rule
}

export interface SegmentPreview {
  readonly members: number
  /** All current profiles. */
  readonly profiles: number
  readonly profilesVersion: number
}

export interface Segments {
  readonly items: readonly ListedSegment[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface SetAsideRow {
  readonly file: string
  /** Where the row begins, from 1. */
  readonly line: number
  /** null where the row as a whole is malformed. */
  readonly column: string | null
  readonly reason: 'malformed' | 'not_of_type' | 'key_missing' | 'key_repeated'
}

export interface SetAsideRows {
  readonly items: readonly SetAsideRow[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface Settings {
  /** The folder in which the files of the sources lie; null where nobody has said. */
  readonly sourcesFolder: string | null
}

export interface SignIn {
  readonly status: 'none' | 'waiting' | 'signed-in' | 'failed'
  /** The page of the service that the person opens, while it waits. */
  readonly url?: string
  readonly code?: string
  /** Why it failed. */
  readonly reason?: string
}

export interface Source {
  readonly id: string
  readonly definition: SourceTable
}

export interface SourceTable {
  readonly name: string
  readonly file: string
  readonly format?: 'csv' | 'parquet' | 'jsonl'
  readonly encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'latin1'
  readonly compression?: 'gzip' | 'none'
  readonly delimiter: ',' | ';' | '\t' | '|'
  readonly key: string
  readonly columns: readonly (
    | {
        readonly name: string
        readonly type: 'text'
        readonly semantic?: 'email'
      }
    | {
        readonly name: string
        readonly type: 'number'
      }
    | {
        readonly name: string
        readonly type: 'date'
        readonly dateForms?: readonly ('iso' | 'month-first' | 'day-first')[]
      }
    | {
        readonly name: string
        readonly type: 'boolean'
        readonly words?: {
          readonly yes: readonly string[]
          readonly no: readonly string[]
        }
      }
  )[]
}

export interface SourceTableInput {
  readonly name: string
  readonly file: string
  readonly format?: 'csv' | 'parquet' | 'jsonl'
  readonly encoding?: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'latin1'
  readonly compression?: 'gzip' | 'none'
  readonly delimiter?: ',' | ';' | '\t' | '|'
  readonly key: string
  readonly columns: readonly (
    | {
        readonly name: string
        readonly type: 'text'
        readonly semantic?: 'email'
      }
    | {
        readonly name: string
        readonly type: 'number'
      }
    | {
        readonly name: string
        readonly type: 'date'
        readonly dateForms?: readonly ('iso' | 'month-first' | 'day-first')[]
      }
    | {
        readonly name: string
        readonly type: 'boolean'
        readonly words?: {
          readonly yes: readonly string[]
          readonly no: readonly string[]
        }
      }
  )[]
}

export interface Sources {
  readonly items: readonly Source[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface Table {
  readonly name: string
  /** Counts the times that it was ingested. */
  readonly version: number
  readonly rows: number
  /** Rows that were not taken in. */
  readonly setAside: number
  readonly sealedAt: string
  readonly file: string
  readonly key: string
  readonly columns: readonly {
    readonly name: string
    readonly type: 'text' | 'number' | 'date' | 'boolean'
  }[]
}

export interface Tables {
  readonly items: readonly Table[]
  readonly page: number
  readonly size: number
  /** Items on all pages together. */
  readonly total: number
}

export interface Unification {
  readonly tables: readonly {
    readonly table: string
    readonly key: string
  }[]
  readonly match: readonly {
    readonly by: 'exact' | 'email'
    readonly columns: readonly {
      readonly table: string
      readonly column: string
    }[]
  }[]
  readonly fields: readonly {
    readonly name: string
    readonly type: 'text' | 'number' | 'date' | 'boolean'
    readonly identifier?: 'email'
    readonly from: readonly {
      readonly table: string
      readonly column: string
    }[]
  }[]
}

export interface VendorField {
  readonly name: string
  readonly label: string
  readonly help?: string
  readonly oneOf?: readonly string[]
  /** What the service takes; see docs/matching.md. */
  readonly kind: 'text' | 'number' | 'boolean' | 'date'
  /** The longest value, in characters. */
  readonly max?: Limit
  /** An export must fill it, and nobody is sent without a value. */
  readonly required: boolean
  /** The account has made it; else the service always has it. */
  readonly own: boolean
}

export interface VendorFields {
  readonly items: readonly VendorField[]
}

export interface VendorList {
  readonly id: string
  readonly name: string
  /** null where the service does not tell. */
  readonly size: number | null
  /** What to know before people are sent there. */
  readonly notice: string | null
}

export interface VendorLists {
  readonly items: readonly VendorList[]
}

export const createClient = (transport: Transport) => ({
  /** Say whether Sund works. */
  getHealth: (): Promise<Answer<Health>> => transport.request<Health>({ method: 'GET', address: '/health' }),
  /** Describe this API (OpenAPI 3.1). */
  getOpenApi: (): Promise<Answer<OpenApiDocument>> =>
    transport.request<OpenApiDocument>({ method: 'GET', address: '/api/v1/openapi.json' }),
  /** List sources. */
  listSources: (
    input: {
      readonly query?: {
        readonly page?: number
        readonly size?: number
        readonly search?: string
        readonly sort?: 'name' | '-name' | 'id' | '-id'
      }
    } = {},
  ): Promise<Answer<Sources>> =>
    transport.request<Sources>({ method: 'GET', address: '/api/v1/sources', query: input.query }),
  /** Add a source; the next refresh reads it. */
  createSource: (input: {
    readonly headers?: { readonly 'idempotency-key'?: string }
    readonly body: SourceTableInput
  }): Promise<Answer<Source>> =>
    transport.request<Source>({ method: 'POST', address: '/api/v1/sources', headers: input.headers, body: input.body }),
  /** Show a source. */
  getSource: (input: { readonly path: { readonly id: string } }): Promise<Answer<Source>> =>
    transport.request<Source>({ method: 'GET', address: '/api/v1/sources/{id}', path: input.path }),
  /** Replace the definition of a source. */
  replaceSource: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'if-match'?: string }
    readonly body: SourceTableInput
  }): Promise<Answer<Source>> =>
    transport.request<Source>({
      method: 'PUT',
      address: '/api/v1/sources/{id}',
      path: input.path,
      headers: input.headers,
      body: input.body,
    }),
  /** Remove a source; what was ingested from it stays until the unification no longer names it. */
  removeSource: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'if-match'?: string }
  }): Promise<Answer<undefined>> =>
    transport.request<undefined>({
      method: 'DELETE',
      address: '/api/v1/sources/{id}',
      path: input.path,
      headers: input.headers,
    }),
  /** List the tables as they were last ingested, by name. */
  listTables: (
    input: { readonly query?: { readonly page?: number; readonly size?: number } } = {},
  ): Promise<Answer<Tables>> =>
    transport.request<Tables>({ method: 'GET', address: '/api/v1/tables', query: input.query }),
  /** Show a table as it was last ingested. */
  getTable: (input: { readonly path: { readonly name: string } }): Promise<Answer<Table>> =>
    transport.request<Table>({ method: 'GET', address: '/api/v1/tables/{name}', path: input.path }),
  /** List where the rows stand that were not taken in, and why. */
  listSetAsideRows: (input: {
    readonly path: { readonly name: string }
    readonly query?: { readonly page?: number; readonly size?: number }
  }): Promise<Answer<SetAsideRows>> =>
    transport.request<SetAsideRows>({
      method: 'GET',
      address: '/api/v1/tables/{name}/set-aside',
      path: input.path,
      query: input.query,
    }),
  /** Show how tables become profiles. */
  getUnification: (): Promise<Answer<Unification>> =>
    transport.request<Unification>({ method: 'GET', address: '/api/v1/unification' }),
  /** Define how tables become profiles; the next refresh does it so. */
  replaceUnification: (input: {
    readonly headers?: { readonly 'if-match'?: string; readonly 'if-none-match'?: '*' }
    readonly body: Unification
  }): Promise<Answer<Unification>> =>
    transport.request<Unification>({
      method: 'PUT',
      address: '/api/v1/unification',
      headers: input.headers,
      body: input.body,
    }),
  /** List the current profiles. */
  listProfiles: (
    input: {
      readonly query?: { readonly page?: number; readonly size?: number; readonly reveal?: 'true' | 'false' }
    } = {},
  ): Promise<Answer<Profiles>> =>
    transport.request<Profiles>({ method: 'GET', address: '/api/v1/profiles', query: input.query }),
  /** Find people by customer ID or exact email address. */
  searchProfiles: (input: {
    readonly query?: { readonly page?: number; readonly size?: number; readonly reveal?: 'true' | 'false' }
    readonly body: ProfileSearch
  }): Promise<Answer<Profiles>> =>
    transport.request<Profiles>({
      method: 'POST',
      address: '/api/v1/profiles/search',
      query: input.query,
      body: input.body,
    }),
  /** Show which version of the profiles is current, and its fields. */
  getProfilesVersion: (): Promise<Answer<ProfilesVersion>> =>
    transport.request<ProfilesVersion>({ method: 'GET', address: '/api/v1/profiles/version' }),
  /** Show one profile. */
  getProfile: (input: {
    readonly path: { readonly customerId: string }
    readonly query?: { readonly reveal?: 'true' | 'false' }
  }): Promise<Answer<Profile>> =>
    transport.request<Profile>({
      method: 'GET',
      address: '/api/v1/profiles/{customerId}',
      path: input.path,
      query: input.query,
    }),
  /** List segments. */
  listSegments: (
    input: {
      readonly query?: {
        readonly page?: number
        readonly size?: number
        readonly search?: string
        readonly sort?: 'name' | '-name' | 'id' | '-id'
      }
    } = {},
  ): Promise<Answer<Segments>> =>
    transport.request<Segments>({ method: 'GET', address: '/api/v1/segments', query: input.query }),
  /** Make a segment; the next refresh finds its members. */
  createSegment: (input: {
    readonly headers?: { readonly 'idempotency-key'?: string }
    readonly body: NewSegment
  }): Promise<Answer<Segment>> =>
    transport.request<Segment>({
      method: 'POST',
      address: '/api/v1/segments',
      headers: input.headers,
      body: input.body,
    }),
  /** Count the current profiles that a rule takes, without saving it. */
  previewSegment: (input: { readonly body: RuleToPreview }): Promise<Answer<SegmentPreview>> =>
    transport.request<SegmentPreview>({ method: 'POST', address: '/api/v1/segments/preview', body: input.body }),
  /** Show a segment. */
  getSegment: (input: { readonly path: { readonly id: string } }): Promise<Answer<Segment>> =>
    transport.request<Segment>({ method: 'GET', address: '/api/v1/segments/{id}', path: input.path }),
  /** Replace a segment. */
  replaceSegment: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'if-match'?: string }
    readonly body: NewSegment
  }): Promise<Answer<Segment>> =>
    transport.request<Segment>({
      method: 'PUT',
      address: '/api/v1/segments/{id}',
      path: input.path,
      headers: input.headers,
      body: input.body,
    }),
  /** Remove a segment that no export uses. */
  removeSegment: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'if-match'?: string }
  }): Promise<Answer<undefined>> =>
    transport.request<undefined>({
      method: 'DELETE',
      address: '/api/v1/segments/{id}',
      path: input.path,
      headers: input.headers,
    }),
  /** List the services that people can be sent to. */
  listDestinations: (): Promise<Answer<Destinations>> =>
    transport.request<Destinations>({ method: 'GET', address: '/api/v1/destinations' }),
  /** Show what a service asks, takes and allows. */
  getDestination: (input: { readonly path: { readonly slug: string } }): Promise<Answer<Destination>> =>
    transport.request<Destination>({ method: 'GET', address: '/api/v1/destinations/{slug}', path: input.path }),
  /** List connections. */
  listConnections: (
    input: {
      readonly query?: {
        readonly page?: number
        readonly size?: number
        readonly search?: string
        readonly sort?: 'name' | '-name' | 'id' | '-id'
        readonly destination?: string
      }
    } = {},
  ): Promise<Answer<Connections>> =>
    transport.request<Connections>({ method: 'GET', address: '/api/v1/connections', query: input.query }),
  /** Make a connection. */
  createConnection: (input: {
    readonly headers?: { readonly 'idempotency-key'?: string }
    readonly body: NewConnection
  }): Promise<Answer<Connection>> =>
    transport.request<Connection>({
      method: 'POST',
      address: '/api/v1/connections',
      headers: input.headers,
      body: input.body,
    }),
  /** Show a connection, without its credentials. */
  getConnection: (input: { readonly path: { readonly id: string } }): Promise<Answer<Connection>> =>
    transport.request<Connection>({ method: 'GET', address: '/api/v1/connections/{id}', path: input.path }),
  /** Change what is given of a connection. */
  changeConnection: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'if-match'?: string }
    readonly body: ConnectionChanges
  }): Promise<Answer<Connection>> =>
    transport.request<Connection>({
      method: 'PATCH',
      address: '/api/v1/connections/{id}',
      path: input.path,
      headers: input.headers,
      body: input.body,
    }),
  /** Remove a connection that no export uses; its credentials are destroyed. */
  removeConnection: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'if-match'?: string }
  }): Promise<Answer<undefined>> =>
    transport.request<undefined>({
      method: 'DELETE',
      address: '/api/v1/connections/{id}',
      path: input.path,
      headers: input.headers,
    }),
  /** Prove the credentials at the service, and keep what it tells. */
  checkConnection: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'idempotency-key'?: string }
  }): Promise<Answer<Connection>> =>
    transport.request<Connection>({
      method: 'POST',
      address: '/api/v1/connections/{id}/check',
      path: input.path,
      headers: input.headers,
    }),
  /** List the lists at the service, to choose one. */
  listVendorLists: (input: {
    readonly path: { readonly id: string }
    readonly query?: { readonly setting?: string | readonly string[] }
  }): Promise<Answer<VendorLists>> =>
    transport.request<VendorLists>({
      method: 'GET',
      address: '/api/v1/connections/{id}/lists',
      path: input.path,
      query: input.query,
    }),
  /** List what a setting of the connection may name at the service, to choose one. */
  listChoices: (input: {
    readonly path: { readonly id: string; readonly setting: string }
  }): Promise<Answer<Choices>> =>
    transport.request<Choices>({
      method: 'GET',
      address: '/api/v1/connections/{id}/choices/{setting}',
      path: input.path,
    }),
  /** List the fields that can be matched: those of the destination, and those that the account has of its own. */
  listVendorFields: (input: {
    readonly path: { readonly id: string }
    readonly query?: { readonly setting?: string | readonly string[]; readonly list?: string }
  }): Promise<Answer<VendorFields>> =>
    transport.request<VendorFields>({
      method: 'GET',
      address: '/api/v1/connections/{id}/fields',
      path: input.path,
      query: input.query,
    }),
  /** Start a sign-in at the service; it ends when the person has agreed on the page. */
  startSignIn: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'idempotency-key'?: string }
  }): Promise<Answer<SignIn>> =>
    transport.request<SignIn>({
      method: 'POST',
      address: '/api/v1/connections/{id}/sign-in',
      path: input.path,
      headers: input.headers,
    }),
  /** Show how far the sign-in is. */
  getSignIn: (input: { readonly path: { readonly id: string } }): Promise<Answer<SignIn>> =>
    transport.request<SignIn>({ method: 'GET', address: '/api/v1/connections/{id}/sign-in', path: input.path }),
  /** Tell whether these are the credentials of a connection, all together. */
  compareCredentials: (input: {
    readonly path: { readonly id: string }
    readonly body: CredentialsToCompare
  }): Promise<Answer<CredentialComparison>> =>
    transport.request<CredentialComparison>({
      method: 'POST',
      address: '/api/v1/connections/{id}/credentials/compare',
      path: input.path,
      body: input.body,
    }),
  /** List exports. */
  listExports: (
    input: {
      readonly query?: {
        readonly page?: number
        readonly size?: number
        readonly search?: string
        readonly sort?: 'name' | '-name' | 'id' | '-id'
        readonly connection?: string
      }
    } = {},
  ): Promise<Answer<Exports>> =>
    transport.request<Exports>({ method: 'GET', address: '/api/v1/exports', query: input.query }),
  /** Make an export; this does not run it. */
  createExport: (input: {
    readonly headers?: { readonly 'idempotency-key'?: string }
    readonly body: NewExport
  }): Promise<Answer<Export>> =>
    transport.request<Export>({ method: 'POST', address: '/api/v1/exports', headers: input.headers, body: input.body }),
  /** Show an export. */
  getExport: (input: { readonly path: { readonly id: string } }): Promise<Answer<Export>> =>
    transport.request<Export>({ method: 'GET', address: '/api/v1/exports/{id}', path: input.path }),
  /** Replace an export; a run under way keeps to what it began with. */
  replaceExport: (input: {
    readonly path: { readonly id: string }
    readonly query?: { readonly people?: 'leave' | 'remove' }
    readonly headers?: { readonly 'if-match'?: string }
    readonly body: NewExport
  }): Promise<Answer<Export>> =>
    transport.request<Export>({
      method: 'PUT',
      address: '/api/v1/exports/{id}',
      path: input.path,
      query: input.query,
      headers: input.headers,
      body: input.body,
    }),
  /** Remove an export with its runs and what is known of its lists; people stay in them at the service. */
  removeExport: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'if-match'?: string }
  }): Promise<Answer<undefined>> =>
    transport.request<undefined>({
      method: 'DELETE',
      address: '/api/v1/exports/{id}',
      path: input.path,
      headers: input.headers,
    }),
  /** Take our people off the lists of an export, then remove it. */
  leaveExport: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'if-match'?: string }
  }): Promise<Answer<RequestedRun>> =>
    transport.request<RequestedRun>({
      method: 'POST',
      address: '/api/v1/exports/{id}/leave',
      path: input.path,
      headers: input.headers,
    }),
  /** Show what would be sent of one real person. */
  previewExport: (input: {
    readonly path: { readonly id: string }
    readonly query?: { readonly reveal?: 'true' | 'false' }
    readonly body: PreviewWanted
  }): Promise<Answer<MatchingPreview>> =>
    transport.request<MatchingPreview>({
      method: 'POST',
      address: '/api/v1/exports/{id}/preview',
      path: input.path,
      query: input.query,
      body: input.body,
    }),
  /** List what speaks against an export without forbidding it. */
  listExportWarnings: (input: { readonly path: { readonly id: string } }): Promise<Answer<ExportWarnings>> =>
    transport.request<ExportWarnings>({ method: 'GET', address: '/api/v1/exports/{id}/warnings', path: input.path }),
  /** Find out what a run of an export would do, without doing it. */
  startDryRun: (input: { readonly path: { readonly id: string } }): Promise<Answer<DryRun>> =>
    transport.request<DryRun>({ method: 'POST', address: '/api/v1/exports/{id}/dry-run', path: input.path }),
  /** Show a dry run, and what it told. */
  getDryRun: (input: {
    readonly path: { readonly id: string }
    readonly query?: { readonly reveal?: 'true' | 'false' }
  }): Promise<Answer<DryRun>> =>
    transport.request<DryRun>({
      method: 'GET',
      address: '/api/v1/dry-runs/{id}',
      path: input.path,
      query: input.query,
    }),
  /** Run an export now, or join its live run. */
  startRun: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'idempotency-key'?: string }
  }): Promise<Answer<RequestedRun>> =>
    transport.request<RequestedRun>({
      method: 'POST',
      address: '/api/v1/exports/{id}/runs',
      path: input.path,
      headers: input.headers,
    }),
  /** Send no more batches of a run and settle it; let go of a Held one. */
  cancelRun: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'idempotency-key'?: string }
  }): Promise<Answer<Run>> =>
    transport.request<Run>({
      method: 'POST',
      address: '/api/v1/runs/{id}/cancel',
      path: input.path,
      headers: input.headers,
    }),
  /** Send a Held delta, if it is still the same when it is planned again. */
  approveRun: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'idempotency-key'?: string }
    readonly body: Approval
  }): Promise<Answer<Run>> =>
    transport.request<Run>({
      method: 'POST',
      address: '/api/v1/runs/{id}/approve',
      path: input.path,
      headers: input.headers,
      body: input.body,
    }),
  /** List runs, the newest first. */
  listRuns: (
    input: {
      readonly query?: {
        readonly page?: number
        readonly size?: number
        readonly export?: string
        readonly refresh?: string
        readonly status?: RunStatus
      }
    } = {},
  ): Promise<Answer<Runs>> => transport.request<Runs>({ method: 'GET', address: '/api/v1/runs', query: input.query }),
  /** Show a run with its progress. */
  getRun: (input: { readonly path: { readonly id: string } }): Promise<Answer<RunProgress>> =>
    transport.request<RunProgress>({ method: 'GET', address: '/api/v1/runs/{id}', path: input.path }),
  /** List the batches of a run, by number. */
  listBatches: (input: {
    readonly path: { readonly id: string }
    readonly query?: { readonly page?: number; readonly size?: number }
  }): Promise<Answer<Batches>> =>
    transport.request<Batches>({
      method: 'GET',
      address: '/api/v1/runs/{id}/batches',
      path: input.path,
      query: input.query,
    }),
  /** Follow a run until it is settled. */
  watchRun: (input: { readonly path: { readonly id: string } }): AsyncIterable<ServerEvent<RunProgress>> =>
    transport.events<RunProgress>({ method: 'GET', address: '/api/v1/runs/{id}/events', path: input.path }),
  /** List what became of the records of a run, in the order of sending. */
  listOutcomes: (input: {
    readonly path: { readonly id: string }
    readonly query?: {
      readonly page?: number
      readonly size?: number
      readonly fate?: 'applied' | 'rejected' | 'unknown' | 'unsent'
      readonly list?: string
      readonly reveal?: 'true' | 'false'
    }
  }): Promise<Answer<Outcomes>> =>
    transport.request<Outcomes>({
      method: 'GET',
      address: '/api/v1/runs/{id}/outcomes',
      path: input.path,
      query: input.query,
    }),
  /** List members of the segments who cannot be sent, for their identifier or a value. */
  listInvalidPeople: (input: {
    readonly path: { readonly id: string }
    readonly query?: { readonly page?: number; readonly size?: number; readonly list?: string }
  }): Promise<Answer<InvalidPeople>> =>
    transport.request<InvalidPeople>({
      method: 'GET',
      address: '/api/v1/runs/{id}/invalid',
      path: input.path,
      query: input.query,
    }),
  /** List the lists that exports fill. */
  listLists: (
    input: {
      readonly query?: {
        readonly page?: number
        readonly size?: number
        readonly search?: string
        readonly sort?: 'name' | '-name' | 'id' | '-id'
        readonly export?: string
      }
    } = {},
  ): Promise<Answer<Lists>> =>
    transport.request<Lists>({ method: 'GET', address: '/api/v1/lists', query: input.query }),
  /** Show a list, and how many people the ledger knows there. */
  getList: (input: { readonly path: { readonly id: string } }): Promise<Answer<List>> =>
    transport.request<List>({ method: 'GET', address: '/api/v1/lists/{id}', path: input.path }),
  /** Forget a list that its export fills no more; people stay in it at the service. */
  forgetList: (input: { readonly path: { readonly id: string } }): Promise<Answer<undefined>> =>
    transport.request<undefined>({ method: 'DELETE', address: '/api/v1/lists/{id}', path: input.path }),
  /** Say whose a list is that Sund did not make and cannot read. */
  decideList: (input: { readonly path: { readonly id: string }; readonly body: ListDecision }): Promise<Answer<List>> =>
    transport.request<List>({
      method: 'POST',
      address: '/api/v1/lists/{id}/ownership',
      path: input.path,
      body: input.body,
    }),
  /** Take our people off a list that its export fills no more, then forget it. */
  emptyList: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'idempotency-key'?: string }
  }): Promise<Answer<RequestedRun>> =>
    transport.request<RequestedRun>({
      method: 'POST',
      address: '/api/v1/lists/{id}/empty',
      path: input.path,
      headers: input.headers,
    }),
  /** Have the next run make a list anew that is gone at the service. */
  createListAgain: (input: {
    readonly path: { readonly id: string }
    readonly headers?: { readonly 'idempotency-key'?: string }
  }): Promise<Answer<List>> =>
    transport.request<List>({
      method: 'POST',
      address: '/api/v1/lists/{id}/create-again',
      path: input.path,
      headers: input.headers,
    }),
  /** List the people whom the service refuses in a list, until it takes them or they leave the segment. */
  listRejects: (input: {
    readonly query: {
      readonly page?: number
      readonly size?: number
      readonly list: string
      readonly final?: 'true' | 'false'
      readonly reveal?: 'true' | 'false'
    }
  }): Promise<Answer<Rejects>> =>
    transport.request<Rejects>({ method: 'GET', address: '/api/v1/rejects', query: input.query }),
  /** Refresh everything now. */
  startRefresh: (
    input: { readonly headers?: { readonly 'idempotency-key'?: string } } = {},
  ): Promise<Answer<Refresh>> =>
    transport.request<Refresh>({ method: 'POST', address: '/api/v1/refreshes', headers: input.headers }),
  /** List refreshes, the newest first. */
  listRefreshes: (
    input: { readonly query?: { readonly page?: number; readonly size?: number } } = {},
  ): Promise<Answer<Refreshes>> =>
    transport.request<Refreshes>({ method: 'GET', address: '/api/v1/refreshes', query: input.query }),
  /** Show a refresh with the runs of its exports. */
  getRefresh: (input: { readonly path: { readonly id: string } }): Promise<Answer<RefreshProgress>> =>
    transport.request<RefreshProgress>({ method: 'GET', address: '/api/v1/refreshes/{id}', path: input.path }),
  /** Follow a refresh until it and the runs of its exports have ended. */
  watchRefresh: (input: { readonly path: { readonly id: string } }): AsyncIterable<ServerEvent<RefreshProgress>> =>
    transport.events<RefreshProgress>({ method: 'GET', address: '/api/v1/refreshes/{id}/events', path: input.path }),
  /** Show the settings of the installation. */
  getSettings: (): Promise<Answer<Settings>> =>
    transport.request<Settings>({ method: 'GET', address: '/api/v1/settings' }),
  /** Replace the settings of the installation. */
  replaceSettings: (input: {
    readonly headers?: { readonly 'if-match'?: string }
    readonly body: Settings
  }): Promise<Answer<Settings>> =>
    transport.request<Settings>({
      method: 'PUT',
      address: '/api/v1/settings',
      headers: input.headers,
      body: input.body,
    }),
})

export type Client = ReturnType<typeof createClient>
