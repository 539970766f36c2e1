/** The simulator of Microsoft Advertising's Customer Match: sign-in, user, audiences, customer lists; all hosts on one origin. */
import type { VendorDefinition } from '../frame/vendor.ts'
import { assumedCallsPerMinute, authorizing } from './access.ts'
import { microsoftAudiences } from './audiences.ts'
import { customerListRoute, forbids } from './customer-list.ts'
import { refusals } from './faults.ts'
import { microsoftOAuth } from './oauth.ts'
import { schema } from './tables.ts'
import { userRoute } from './user.ts'

export interface MicrosoftAdvertisingSettings {
  /** How long an access token lives. Not divided by the pace. */
  readonly tokenSeconds?: number
  readonly callsPerMinute?: number
}

export const microsoftAdvertising = (settings: MicrosoftAdvertisingSettings): VendorDefinition => ({
  port: 4714,
  schema,
  start(world) {
    const oauth = microsoftOAuth(world, settings.tokenSeconds ?? 3600)
    const audiences = microsoftAudiences(world)
    const authorized = authorizing(world, oauth, settings.callsPerMinute ?? assumedCallsPerMinute)
    const accountRoutes = [...audiences.routes, customerListRoute(world, audiences)]
    return {
      routes: [
        ...oauth.routes,
        authorized('user', userRoute),
        ...accountRoutes.map((route) => authorized('account', route)),
      ],
      refusals,
      settle: () => undefined,
      forbids,
      lists: audiences.all,
      members: audiences.members,
    }
  },
})
