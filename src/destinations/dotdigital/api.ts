/** Where Dotdigital's API is: every account lives in one region, which account-info tells. */
import { z } from 'zod'
import { type At, type Place, Stop, send, type Talk } from '../../destination-kit/kit.ts'

export type Setting = 'addressBookId'
export type Finding = 'accountId' | 'endpoint'
export type DotdigitalPlace = Place<Setting, Finding>
export type DotdigitalAt = At<Setting, Finding>

/** The host that answers account-info whatever the account's region. https://developer.dotdigital.com/docs/api-conventions (checked 2026-11-21). */
export const anyRegion = 'https://r1-api.dotdigital.com'

/** Host names of the regions; accounts of old may still be told the vendor's former name. */
export const regionHost = /r\d{1,3}-api\.(?:dotdigital|dotmailer)\.com/

const regionOrigin = new RegExp(`^https://${regionHost.source}$`)

/** The whole address of a path in the account's own region. Throws Stop('auth') where `check` was never done. */
export const inRegion = ({ found }: Pick<DotdigitalPlace, 'found'>, path: string): string => {
  if (found.endpoint === undefined || found.endpoint === '') {
    throw new Stop('auth', 'The region of the Dotdigital account is not known yet. Check the connection.')
  }
  return `${found.endpoint}${path}`
}

const accountShape = z.object({
  id: z.number().int(),
  properties: z.array(z.object({ name: z.string(), value: z.unknown() })),
})

/**
 * The account and the origin of its region, whose address ends in a slash at the vendor. The one call that any region
 * answers. https://developer.dotdigital.com/reference/get-account-information (checked 2026-11-21).
 */
export function* findAccount(): Talk<Record<Finding, string>> {
  const reply = yield* send({ method: 'GET', path: '/v2/account-info', host: 'anyRegion', rate: 'high' })
  const { id, properties } = reply.json(accountShape)
  const told = properties.find(({ name }) => name === 'ApiEndpoint')?.value
  const endpoint = typeof told === 'string' ? told.trim().toLowerCase().replace(/\/+$/, '') : ''
  if (!regionOrigin.test(endpoint)) {
    throw new Stop('unreadable', 'Dotdigital does not tell an address of its own as the region of this account.')
  }
  return { accountId: String(id), endpoint }
}
