/** The ID of a list at a service, by the name that people see there. */
import type { FileExport } from '../domain/sund-file.ts'
import { SundError } from '../errors.ts'
import type { Client } from './client.gen.ts'

/** Throws SundError cli.list_missing, cli.list_ambiguous: no list is ever made or guessed. */
export const vendorListId = async (
  client: Client,
  connection: string,
  name: string,
  settings: FileExport['settings'],
): Promise<string> => {
  const setting = Object.entries(settings).map(([key, value]) => `${key}:${value}`)
  const { items } = (await client.listVendorLists({ path: { id: connection }, query: { setting } })).body
  const found = items.filter((list) => list.name === name)
  const [only] = found
  if (only === undefined) throw new SundError('cli.list_missing', { name })
  if (found.length > 1) throw new SundError('cli.list_ambiguous', { name, count: found.length })
  return only.id
}

/** null where a list is made for each segment, or the connection names one. */
export const listIdOf = async (
  client: Client,
  connection: string,
  { list, listId, settings }: FileExport,
): Promise<string | null> =>
  list === undefined ? (listId ?? null) : await vendorListId(client, connection, list, settings)
