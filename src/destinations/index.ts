/** The only list of destinations. */
import type { AnyDestination } from '../destination-kit/kit.ts'
import { SundError } from '../errors.ts'
import { campaignMonitor } from './campaign-monitor.ts'
import { dotdigital } from './dotdigital.ts'
import { iterable } from './iterable.ts'
import { microsoftAdvertising } from './microsoft-advertising.ts'
import { sendgrid } from './sendgrid.ts'
import { webhook } from './webhook.ts'

/** Every service that people can be sent to, in order of name. */
export const destinations: readonly AnyDestination[] = [
  campaignMonitor,
  dotdigital,
  iterable,
  microsoftAdvertising,
  sendgrid,
  webhook,
]

/** The destination of this slug. Throws SundError('destination.unknown'). */
export const destinationOf = (slug: string): AnyDestination => {
  const destination = destinations.find(({ id }) => id === slug)
  if (destination === undefined) {
    throw new SundError('destination.unknown', { slug, slugs: destinations.map(({ id }) => id).join(', ') })
  }
  return destination
}
