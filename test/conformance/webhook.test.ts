import { webhook } from '../../src/destinations/webhook.ts'
import { describeDestination } from './describe-destination.ts'
import { webhookFixtures } from './vendors/webhook.ts'

describeDestination(webhook, webhookFixtures)
