/** The steps for connections: made, changed, and given other credentials where those of the environment differ. */
import type { FileConnection, SundFile } from '../../domain/sund-file.ts'
import { SundError } from '../../errors.ts'
import type { Answer, Connection, ConnectionChanges } from '../client.gen.ts'
import { credentialsOf } from '../credentials.ts'
import type { ReadFile } from '../input-file.ts'
import type { Session } from '../session.ts'
import { everything } from '../things.ts'
import { type Section, withRemovals } from './definitions.ts'
import { type Difference, differencesOf } from './differences.ts'
import type { Ids, Step } from './step.ts'

/** Told in place of credentials, which are never shown. */
const OTHER_CREDENTIALS: Difference = { path: 'credentials', before: '(kept)', after: '(other ones)' }

type Texts = Readonly<Record<string, string>>

const createStep = ({ client }: Session, ids: Ids, wanted: FileConnection, credentials: Texts = {}): Step => {
  const { name, destination, settings, peopleLimit } = wanted
  const limit = peopleLimit === undefined || peopleLimit === null ? {} : { peopleLimit }
  return {
    change: { action: 'create', kind: 'connection', name },
    carryOut: async () => {
      const { body } = await client.createConnection({ body: { name, destination, settings, credentials, ...limit } })
      ids.connections.set(name, body.id)
    },
  }
}

/** Undefined where nothing differs. Credentials go out only where the server says that they are others than its own. */
const updateStep = async (
  { client }: Session,
  { body: current, etag = '' }: Answer<Connection>,
  { name, destination, settings, peopleLimit }: FileConnection,
  credentials: Texts | undefined,
): Promise<Step | undefined> => {
  if (destination !== current.destination) throw new SundError('cli.other_destination', { name })
  const path = { id: current.id }
  const isOther =
    credentials !== undefined && !(await client.compareCredentials({ path, body: { credentials } })).body.same
  const settingsDiffer = differencesOf(current.settings, settings).length > 0
  const limitDiffers = peopleLimit !== undefined && peopleLimit !== current.peopleLimit
  const differences = [
    ...differencesOf({ settings: current.settings }, { settings }),
    ...(limitDiffers ? differencesOf({ peopleLimit: current.peopleLimit }, { peopleLimit }) : []),
    ...(isOther ? [OTHER_CREDENTIALS] : []),
  ]
  if (differences.length === 0) return undefined
  const body: ConnectionChanges = {
    ...(settingsDiffer ? { settings } : {}),
    ...(limitDiffers ? { peopleLimit } : {}),
    ...(isOther ? { credentials } : {}),
  }
  return {
    change: { action: 'update', kind: 'connection', name, differences },
    carryOut: async () => void (await client.changeConnection({ path, headers: { 'if-match': etag }, body })),
  }
}

/** Throws SundError cli.other_destination, and WrongFile where a variable of the credentials is not set. */
export const connectionsSection = async (session: Session, read: ReadFile<SundFile>, ids: Ids): Promise<Section> => {
  const { client, io } = session
  const there = await everything((query) => client.listConnections({ query: { ...query, sort: 'id' } }))
  for (const { id, name } of there) ids.connections.set(name, id)
  const { connections } = read.value
  if (connections === undefined) return { steps: [], removals: [], extras: [] }
  const steps: Step[] = []
  for (const [at, wanted] of connections.entries()) {
    const credentials = credentialsOf(wanted, read, ['connections', at], io.environment)
    const id = ids.connections.get(wanted.name)
    const step =
      id === undefined
        ? createStep(session, ids, wanted, credentials)
        : await updateStep(session, await client.getConnection({ path: { id } }), wanted, credentials)
    if (step !== undefined) steps.push(step)
  }
  const extra = there.filter(({ name }) => !connections.some((wanted) => wanted.name === name))
  return await withRemovals('connection', steps, extra, {
    get: (id) => client.getConnection({ path: { id } }),
    remove: (id, etag) => client.removeConnection({ path: { id }, headers: { 'if-match': etag } }),
    note: 'its credentials are destroyed',
  })
}
