/** The simulator of one Iterable project: its lists, its users, its data fields. */
import type { Call, VendorDefinition } from '../frame/vendor.ts'
import { guarding } from './access.ts'
import { refusals } from './answers.ts'
import { iterableFields } from './fields.ts'
import { iterableLists, type ListSettings } from './lists.ts'
import { memberRoutes, type ProjectType } from './members.ts'
import { schema } from './tables.ts'
import { iterableUsers, type UserSettings } from './users.ts'

export interface IterableSettings extends ListSettings, UserSettings {
  /** How the project knows its users; by address and user ID unless said. */
  readonly project?: ProjectType
  /** What the project does with fields that it does not know; it makes them unless said. */
  readonly newFields?: 'create' | 'drop'
}

/** Deleting or forgetting people, and changing what they are subscribed to. Reading is allowed. */
const forbids = ({ method, path }: Call): string | undefined => {
  const changesPeople =
    (method === 'DELETE' && path.startsWith('/api/users/')) ||
    /^\/api\/users\/(forget|unforget|updateSubscriptions|bulkUpdateSubscriptions|updateEmail|merge)$/.test(path) ||
    path.startsWith('/api/subscriptions/') ||
    path.startsWith('/api/subscribeByToken/')
  return changesPeople && method !== 'GET' ? `${method} ${path}` : undefined
}

export const iterable = (settings: IterableSettings): VendorDefinition => ({
  port: 4713,
  schema,
  start(world) {
    const fields = iterableFields(world, settings.newFields ?? 'create')
    const lists = iterableLists(world, settings)
    const users = iterableUsers(world, settings)
    const project = settings.project ?? 'hybrid'
    const routes = [
      ...memberRoutes({ world, lists, users, fields, project }),
      ...lists.routes,
      ...fields.routes,
      ...users.routes(lists.listsOf),
    ]
    return {
      routes: routes.map(guarding(world)),
      refusals,
      settle: () => lists.settle(world.now()),
      forbids,
      lists: lists.all,
      members: lists.members,
    }
  },
})
