import { sendgrid } from '../../src/destinations/sendgrid.ts'
import { describeDestination } from './describe-destination.ts'
import { sendgridFixtures } from './vendors/sendgrid.ts'

describeDestination(sendgrid, sendgridFixtures)
