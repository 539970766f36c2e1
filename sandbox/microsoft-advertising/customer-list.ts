/**
 * Adding hashes to a customer list and taking them off.
 * https://learn.microsoft.com/en-us/advertising/campaign-management-service/applycustomerlistuserdata (checked 2026-11-21).
 */
import { z } from 'zod'
import { integer } from '../frame/database.ts'
import { type Answer, type Call, parseJson, type Route, type World } from '../frame/vendor.ts'
import type { Audiences } from './audiences.ts'
import { batchError, operationFault, tracked } from './faults.ts'

const mostItems = 1000
export const hashShape = /^[0-9a-f]{64}$/
export const applyPath = '/CampaignManagement/v13/CustomerListUserData/Apply'

const applyBody = z.object({
  CustomerListUserData: z.object({
    AcceptCustomerMatchTerm: z.unknown().optional(),
    ActionType: z.unknown().optional(),
    AudienceId: z.unknown().optional(),
    CustomerListItemSubType: z.unknown().optional(),
    CustomerListItems: z.array(z.unknown()).nullish(),
  }),
})

const listBody = (call: Call): z.infer<typeof applyBody>['CustomerListUserData'] | undefined => {
  const parsed = parseJson(call.body)
  const result = parsed === undefined ? undefined : applyBody.safeParse(parsed.value)
  return result?.success ? result.data.CustomerListUserData : undefined
}

/** Replace throws away whoever is on the list and not in these thousand. */
export const forbids = (call: Call): string | undefined => {
  if (call.path !== applyPath) return undefined
  const action = listBody(call)?.ActionType
  return typeof action === 'string' && action.toLowerCase() === 'replace' ? `Replace on ${applyPath}` : undefined
}

/** Faults of the whole call are answered with 400. Assumed: others saw some of them among the PartialErrors of a 200. */
export const customerListRoute = (
  world: World,
  audiences: Audiences,
  refuses: (hash: string) => boolean = () => false,
): Route => {
  const add = world.db.prepare(
    `INSERT INTO member (audience, hash, added_at) VALUES (?, ?, ?)
     ON CONFLICT (audience, hash) DO UPDATE SET added_at = excluded.added_at`,
  )
  const remove = world.db.prepare('DELETE FROM member WHERE audience = ? AND hash = ?')

  const apply = (call: Call): Answer => {
    const body = listBody(call)
    if (body === undefined) return operationFault(100)
    const items = body.CustomerListItems ?? []
    if (items.length > mostItems) return { ...operationFault(6999), records: items.length }
    const { ActionType: action, AudienceId: audienceId } = body
    if (action !== 'Add' && action !== 'Remove') return operationFault(8001)
    if (body.CustomerListItemSubType !== 'Email') return operationFault(8002)
    const audience = typeof audienceId === 'string' ? audiences.find(audienceId) : undefined
    if (audience === undefined || typeof audienceId !== 'string') return operationFault(8000)
    if (body.AcceptCustomerMatchTerm !== true) return operationFault(8003)
    if (items.length === 0) return operationFault(8006)

    const list = integer(audience, 'number')
    const failed: ReturnType<typeof batchError>[] = []
    const identifiers: string[] = []
    for (const [index, item] of items.entries()) {
      if (world.discard) continue
      const isRefused = typeof item !== 'string' || !hashShape.test(item) || (action === 'Add' && refuses(item))
      if (isRefused) failed.push(batchError(8004, index, 'CustomerListItems'))
      else {
        if (action === 'Add') add.run(list, item, Math.floor(call.now))
        else remove.run(list, item)
        identifiers.push(item)
      }
    }
    const operation = action === 'Add' ? 'add' : 'remove'
    const delivered = world.discard ? [] : [{ listId: audienceId, operation, identifiers } as const]
    return tracked(200, { PartialErrors: failed }, { records: items.length, delivered })
  }

  return { method: 'POST', path: applyPath, write: true, answer: apply }
}
