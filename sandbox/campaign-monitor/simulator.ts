/** The simulator of Campaign Monitor: sign-in and API key, clients, lists, custom fields, subscribers, suppression list. */
import type { VendorDefinition } from '../frame/vendor.ts'
import { assumedCallsPerMinute, guarding } from './access.ts'
import { refusals } from './answers.ts'
import { campaignMonitorLists } from './lists.ts'
import { mailboxRoutes } from './mailbox.ts'
import { campaignMonitorOAuth } from './oauth.ts'
import { pageRoutes } from './pages.ts'
import { forbids, subscriberRoutes } from './subscriber-routes.ts'
import { campaignMonitorSubscribers } from './subscribers.ts'
import { schema } from './tables.ts'

export interface CampaignMonitorSettings {
  /** How long an access token lives; the vendor's 14 days by default. Not divided by the pace. */
  readonly tokenSeconds?: number
  /** A renewal kills the refresh token it was asked with, and gives another; true by default. */
  readonly rotatesRefreshTokens?: boolean
  readonly callsPerMinute?: number
  /** Clients of the account, 1 or 2. */
  readonly clients?: number
}

/** 14 days. */
const usualTokenSeconds = 1_209_600

export const campaignMonitor = (settings: CampaignMonitorSettings): VendorDefinition => ({
  port: 4711,
  schema,
  start(world) {
    const oauth = campaignMonitorOAuth(
      world,
      settings.tokenSeconds ?? usualTokenSeconds,
      settings.rotatesRefreshTokens ?? true,
    )
    const lists = campaignMonitorLists(world, settings.clients ?? 1)
    const subscribers = campaignMonitorSubscribers(world, lists)
    const guarded = [
      ...lists.routes,
      ...pageRoutes(world, lists, subscribers),
      ...subscriberRoutes(world, lists, subscribers),
    ]
    const guard = guarding(world, oauth, settings.callsPerMinute ?? assumedCallsPerMinute)
    return {
      routes: [...oauth.routes, ...guarded.map(guard), ...mailboxRoutes(lists, subscribers)],
      refusals,
      settle: () => undefined,
      forbids: forbids(lists, subscribers),
      lists: lists.all,
      members: lists.members,
    }
  },
})
