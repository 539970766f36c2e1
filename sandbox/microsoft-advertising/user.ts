/** The signed-in user: https://learn.microsoft.com/en-us/advertising/customer-management-service/getuser (checked 2026-11-21). */
import { exampleCredentials } from '../credentials.ts'
import { type Answer, parseJson, type Route } from '../frame/vendor.ts'
import { apiFault, operationFault, tracked } from './faults.ts'

const own = exampleCredentials['microsoft-advertising']
const userId = '51000001'
/** Role of a super admin. */
const superAdmin = 41

const user = {
  AuthenticationToken: null,
  ContactInfo: {
    Address: null,
    ContactByPhone: null,
    ContactByPostalMail: null,
    Email: 'sandbox.user@example.com',
    EmailFormat: 'Html',
    Fax: null,
    HomePhone: null,
    Id: '61000001',
    Mobile: null,
    Phone1: null,
    Phone2: null,
  },
  CustomerId: own.customerId,
  ForwardCompatibilityMap: null,
  Id: userId,
  JobTitle: null,
  LastModifiedByUserId: userId,
  LastModifiedTime: '2026-01-01T00:00:00Z',
  Lcid: 'EnglishUS',
  Name: { FirstName: 'Sandbox', LastName: 'User', MiddleInitial: null },
  Password: null,
  SecretAnswer: null,
  SecretQuestion: null,
  TimeStamp: null,
  UserLifeCycleStatus: 'Active',
  UserName: 'sandbox.user@example.com',
}

const roles = [
  {
    AccountIds: null,
    CustomerId: own.customerId,
    CustomerLinkPermission: null,
    LinkedAccountIds: null,
    RoleId: superAdmin,
  },
]

export const userRoute: Route = {
  method: 'POST',
  path: '/CustomerManagement/v13/User/Query',
  answer(call): Answer {
    const body = parseJson(call.body)?.value
    if (typeof body !== 'object' || body === null) return operationFault(100)
    const asked = 'UserId' in body ? body.UserId : null
    if (asked !== null && asked !== undefined && asked !== userId) return apiFault(106)
    return tracked(200, { User: user, CustomerRoles: roles })
  },
}
