import { microsoftAdvertising } from '../../src/destinations/microsoft-advertising.ts'
import { describeDestination } from './describe-destination.ts'
import { microsoftAdvertisingFixtures } from './vendors/microsoft-advertising.ts'

describeDestination(microsoftAdvertising, microsoftAdvertisingFixtures)
