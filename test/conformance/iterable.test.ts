import { iterable } from '../../src/destinations/iterable.ts'
import { describeDestination } from './describe-destination.ts'
import { iterableFixtures } from './vendors/iterable.ts'

describeDestination(iterable, iterableFixtures)
