/** The simulator of Microsoft Advertising's Customer Match: sign-in, user, audiences, customer lists, Bulk; all hosts on one origin. */
import type { VendorDefinition } from '../frame/vendor.ts'
import { startWork } from '../frame/work.ts'
import { assumedCallsPerMinute, authorizing } from './access.ts'
import { microsoftAudiences } from './audiences.ts'
import { microsoftBulk } from './bulk.ts'
import { bulkUploads } from './bulk-uploads.ts'
import { customerListRoute, forbids } from './customer-list.ts'
import { refusals } from './faults.ts'
import { microsoftOAuth } from './oauth.ts'
import { schema } from './tables.ts'
import { userRoute } from './user.ts'

export interface MicrosoftAdvertisingSettings {
  /** How long an access token lives. Not divided by the pace. */
  readonly tokenSeconds?: number
  readonly callsPerMinute?: number
  /**
   * A refresh token that was used still works, as Microsoft documents; else it is dead, as at stricter services.
   * https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens (checked 2026-11-22).
   */
  readonly keepsUsedRefreshTokens?: boolean
  /** Bytes and rows that a bulk file may have; the vendor's own limits by default. */
  readonly bulkBytes?: number
  readonly bulkRows?: number
  /** Hashes that whoever adds them is told an error for, as if they were none. */
  readonly refuses?: (hash: string) => boolean
}

export const microsoftAdvertising = (settings: MicrosoftAdvertisingSettings): VendorDefinition => ({
  port: 4714,
  schema,
  start(world) {
    const oauth = microsoftOAuth(world, {
      tokenSeconds: settings.tokenSeconds ?? 3600,
      keepsUsed: settings.keepsUsedRefreshTokens ?? false,
    })
    const audiences = microsoftAudiences(world)
    const authorized = authorizing(world, oauth, settings.callsPerMinute ?? assumedCallsPerMinute)
    const work = startWork(world.db)
    const uploads = bulkUploads(world, audiences, work, settings.refuses)
    const bulk = microsoftBulk(world, {
      uploads,
      work,
      oauth,
      ...(settings.bulkBytes === undefined ? {} : { mostBytes: settings.bulkBytes }),
      ...(settings.bulkRows === undefined ? {} : { mostRows: settings.bulkRows }),
    })
    const accountRoutes = [...audiences.routes, customerListRoute(world, audiences, settings.refuses), ...bulk.routes]
    return {
      routes: [
        ...oauth.routes,
        authorized('user', userRoute),
        ...accountRoutes.map((route) => authorized('account', route)),
        ...bulk.openRoutes,
      ],
      refusals,
      settle: () => uploads.settle(world.now()),
      forbids,
      lists: audiences.all,
      members: audiences.members,
    }
  },
})
