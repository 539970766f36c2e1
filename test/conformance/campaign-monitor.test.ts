import { campaignMonitor } from '../../src/destinations/campaign-monitor.ts'
import { describeDestination } from './describe-destination.ts'
import { campaignMonitorFixtures } from './vendors/campaign-monitor.ts'

describeDestination(campaignMonitor, campaignMonitorFixtures)
