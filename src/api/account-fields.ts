/** Asks a service for the fields that the account has of its own, while somebody waits for the answer. */
import { checkedIfNeeded } from '../connections/connect.ts'
import { openConnection } from '../connections/open-connection.ts'
import type { MatchField } from '../destination-kit/fields.ts'
import { destinationOf } from '../destinations/index.ts'
import type { Matching } from '../domain/matching.ts'
import { SundError } from '../errors.ts'
import { explain } from '../exports/ending.ts'
import { accountNames, askAccountFields } from '../exports/matched-fields.ts'
import type { Texts } from '../store/columns.ts'
import type { Connection } from '../store/connection.ts'
import type { ApiContext } from './context.ts'

/** A person waits: a service that fails for so long is down. */
export const LOOK_UP_PATIENCE_MS = 15_000

export interface FieldsWanted {
  readonly settings: Texts
  readonly listId: string | null
}

export const lookUpErrors = [
  ...(['connection.missing', 'connection.not_signed_in', 'destination.setting_missing'] as const),
  ...(['run.destination_refused', 'run.destination_unreachable'] as const),
] as const

/** Throws SundError, as `lookUpErrors` says. */
export const accountFieldsNow = async (
  { server, stopping }: ApiContext,
  row: Connection,
  { settings, listId }: FieldsWanted,
): Promise<readonly MatchField[]> => {
  try {
    const ports = { ...server.ports, patienceMs: LOOK_UP_PATIENCE_MS }
    const connection = await openConnection(ports, await checkedIfNeeded(ports, row, stopping), settings)
    const list = listId === null ? undefined : { id: listId, name: listId }
    return await askAccountFields({ connection, list, signal: stopping })
  } catch (error) {
    throw explain(error, destinationOf(row.destination).name)
  }
}

type MatchingWanted = FieldsWanted & { readonly matching: Matching }

/** As `accountFieldsNow`, and without asking where only fields of the destination itself are matched. */
export const accountFieldsFor = async (
  context: ApiContext,
  row: Connection,
  wanted: MatchingWanted,
): Promise<readonly MatchField[]> =>
  accountNames(destinationOf(row.destination), wanted.matching).length === 0
    ? []
    : await accountFieldsNow(context, row, wanted)

/** As `accountFieldsFor`; undefined where the service cannot be asked now. */
export const accountFieldsIfAsked = async (
  context: ApiContext,
  row: Connection,
  wanted: MatchingWanted,
): Promise<readonly MatchField[] | undefined> => {
  try {
    return await accountFieldsFor(context, row, wanted)
  } catch (error) {
    if (error instanceof SundError && error.code !== 'run.unexpected') return undefined
    throw error
  }
}
