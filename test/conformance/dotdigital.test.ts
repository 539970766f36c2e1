import { dotdigital } from '../../src/destinations/dotdigital.ts'
import { describeDestination } from './describe-destination.ts'
import { dotdigitalFixtures } from './vendors/dotdigital.ts'

describeDestination(dotdigital, dotdigitalFixtures)
