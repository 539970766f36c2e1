/** Every destination with what the suite is told of it. */
import { campaignMonitor } from '../../../src/destinations/campaign-monitor.ts'
import { dotdigital } from '../../../src/destinations/dotdigital.ts'
import { iterable } from '../../../src/destinations/iterable.ts'
import { microsoftAdvertising } from '../../../src/destinations/microsoft-advertising.ts'
import { sendgrid } from '../../../src/destinations/sendgrid.ts'
import { webhook } from '../../../src/destinations/webhook.ts'
import type { Subject } from '../case.ts'
import { campaignMonitorFixtures } from './campaign-monitor.ts'
import { dotdigitalFixtures } from './dotdigital.ts'
import { iterableFixtures } from './iterable.ts'
import { microsoftAdvertisingFixtures } from './microsoft-advertising.ts'
import { sendgridFixtures } from './sendgrid.ts'
import { webhookFixtures } from './webhook.ts'

export const subjects: readonly Subject[] = [
  { definition: campaignMonitor, fixtures: campaignMonitorFixtures },
  { definition: dotdigital, fixtures: dotdigitalFixtures },
  { definition: iterable, fixtures: iterableFixtures },
  { definition: microsoftAdvertising, fixtures: microsoftAdvertisingFixtures },
  { definition: sendgrid, fixtures: sendgridFixtures },
  { definition: webhook, fixtures: webhookFixtures },
]
