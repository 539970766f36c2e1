/** Reads the vendors' descriptions from a folder, each as it is published. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SandboxVendor } from '../../sandbox/vendors.ts'
import type { Contract } from './contract.ts'
import { campaignMonitorContract, fixtureNames } from './fixtures-contract.ts'
import { openApiContract } from './openapi.ts'
import { templateContract } from './templates.ts'

/** The protocol of the webhook is Sund's own, so nobody else describes it. */
export type DescribedVendor = Exclude<SandboxVendor, 'webhook'>

export const isDescribed = (vendor: SandboxVendor): vendor is DescribedVendor => vendor !== 'webhook'

const read = async (...path: readonly string[]): Promise<string> => {
  const file = join(...path)
  return await readFile(file, 'utf8').catch(() => {
    throw new Error(`The description ${file} cannot be read. docs/contract-check.md tells what belongs in the folder.`)
  })
}

const parsed = async (...path: readonly string[]): Promise<unknown> => {
  const text = await read(...path)
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`The description ${join(...path)} is not JSON.`)
  }
}

const openApi = async (folder: string, files: readonly string[]): Promise<Contract> =>
  openApiContract(await Promise.all(files.map(async (file) => await parsed(folder, file))))

const sendgridFiles = ['contacts', 'lists', 'custom_fields'].map((name) => `sendgrid/tsg_mc_${name}_v3.json`)

/** Throws an Error that names the file that is missing or cannot be read. */
export const contractsIn = async (folder: string): Promise<Record<DescribedVendor, Contract>> => {
  const microsoft = join(folder, 'microsoft-advertising')
  const fixtures = new Map<string, string>()
  for (const name of fixtureNames) fixtures.set(name, await read(folder, 'campaign-monitor', name))
  return {
    'campaign-monitor': campaignMonitorContract((name) => fixtures.get(name) ?? ''),
    dotdigital: await openApi(folder, [
      'dotdigital/dotdigital-contacts-service.json',
      'dotdigital/dotdigital-v2-api-swagger.json',
    ]),
    iterable: await openApi(folder, ['iterable/api-docs.json']),
    'microsoft-advertising': templateContract(
      await parsed(microsoft, 'msads-v13-rest-operations-from-docs.json'),
      await parsed(microsoft, 'msads-error-codes.json'),
    ),
    sendgrid: await openApi(folder, [...sendgridFiles, 'sendgrid/tsg_scopes_v3.json']),
  }
}
