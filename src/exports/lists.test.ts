/** Which row and which vendor list an export fills, when what it names changes, and what a list must be to be filled. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OpenConnection } from '../connections/open-connection.ts'
import { unwatched } from '../delivery/conversation.ts'
import { acme } from '../delivery/fixtures/acme.ts'
import { HttpReply } from '../delivery/reply.ts'
import { type AnyDestination, type List, send } from '../destination-kit/kit.ts'
import { createConnection } from '../store/connection.ts'
import type { ControlPlane } from '../store/control-plane.ts'
import { createExport, type Export, updateExport } from '../store/export.ts'
import { type ExportList, findList, listsOf } from '../store/list.ts'
import { createSegment, type Segment } from '../store/segment.ts'
import { startTestServer, type TestServer } from '../store/test-database.ts'
import { vaultOf } from '../vault/vault.ts'
import { bind, listsOfExport } from './lists.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const { signal } = new AbortController()

/** A vendor account whose lists are looked up by id or made by name; `asked` says how they were. */
class Account {
  readonly asked: string[] = []
  readonly lists = new Map<string, List>()
  readonly name: string

  constructor(name: string, ...lists: readonly List[]) {
    this.name = name
    for (const list of lists) this.lists.set(list.id, list)
  }

  get connection(): OpenConnection {
    const { asked, lists, name: account } = this
    const destination: AnyDestination = {
      ...acme(),
      account: () => account,
      *list(id) {
        yield* send({ method: 'GET', path: `/by-id/${id}` })
        return lists.get(id)
      },
      *ensureList({ name }) {
        yield* send({ method: 'POST', path: `/by-name/${name}` })
        return { list: { id: `made-${name}`, name }, ours: true }
      },
    }
    const ask = async ({ path }: { readonly path?: string }) => {
      asked.push(path ?? '')
      return new HttpReply({ status: 200, headers: {}, text: '{}' }, [])
    }
    return { destination, place: { settings: {}, found: {} }, channel: { ask } }
  }
}

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => await server.stop())

let db: ControlPlane['db']
let segment: Segment
let exported: Export
beforeEach(async () => {
  db = (await server.freshDatabase()).db
  const connection = await createConnection(db, vaultOf(randomBytes(32), 'the test'), {
    name: 'Acme',
    destination: 'acme',
    settings: {},
    credentials: { key: 'key-1234567' },
  })
  segment = await createSegment(db, 'Everybody', { field: 'City', op: 'is', value: 'Oslo' })
  exported = await createExport(db, {
    name: 'Weekly',
    connectionId: connection.id,
    settings: {},
    matching: { identifier: 'Email', fields: {} },
    segmentIds: [segment.id],
  })
})

/** The export's only list at the account, bound as a run binds it. */
const filled = async (account: Account, listRemoteId: string | null): Promise<ExportList> => {
  exported = await updateExport(db, exported.id, { listRemoteId })
  const [wanted, second] = await listsOfExport(db, account.connection, exported, [segment], NOW)
  if (wanted === undefined || second !== undefined) throw new Error('There must be one list.')
  const { list } = wanted
  const binding = { db, connection: account.connection, signal, watch: unwatched(signal) }
  if (list.remoteId === undefined) await bind(binding, list, exported.listRemoteId, true)
  const bound = (await listsOf(db, exported.id)).find(({ id }) => id === list.id)
  if (bound === undefined) throw new Error('The list is gone.')
  return bound
}

describe('the list that an export fills', () => {
  const first: List = { id: 'L1', name: 'First', size: 0 }
  const second: List = { id: 'L2', name: 'Second', size: 0 }

  test('stays the same row while nothing changes, and while it is not bound', async () => {
    const account = new Account('one', second)
    // The first id is wrong, so it is never bound; the right one takes its place.
    await expect(filled(account, 'L1')).rejects.toMatchObject({ code: 'run.list_missing' })
    const one = await filled(account, 'L2')
    expect(await filled(account, 'L2')).toEqual(one)
    expect(await listsOf(db, exported.id)).toHaveLength(1)
  })

  test('another id is another row; going back takes the old one up again', async () => {
    const account = new Account('one', first, second)
    const one = await filled(account, 'L1')
    const other = await filled(account, 'L2')
    expect(other).toMatchObject({ remoteId: 'L2', name: 'Second' })
    expect(other.id).not.toBe(one.id)
    expect(await filled(account, 'L1')).toEqual(one)
    expect(await filled(account, 'L2')).toEqual(other)
    expect(await findList(db, exported.id)).toEqual(other)
    expect(await listsOf(db, exported.id)).toEqual([one, other])
  })

  test.each([
    ['chosen by its id', 'L1'],
    ['made for a segment', null],
  ])('%s: another account is another row; going back takes the old one up again', async (_how, listRemoteId) => {
    const accounts = [new Account('one', first), new Account('two', first)] as const
    const one = await filled(accounts[0], listRemoteId)
    const other = await filled(accounts[1], listRemoteId)
    expect(other.account).toBe('two')
    expect(other.id).not.toBe(one.id)
    expect(await filled(accounts[0], listRemoteId)).toEqual(one)
    expect(await filled(accounts[1], listRemoteId)).toEqual(other)
  })

  test('a list that another export filled before is still its own', async () => {
    const account = new Account('one', first, second)
    await filled(account, 'L1')
    await filled(account, 'L2')
    exported = await createExport(db, { ...exported, name: 'Daily' })
    await expect(filled(account, 'L1')).rejects.toMatchObject({ code: 'list.taken', details: { export: 'Weekly' } })
  })
})

describe('a list that a person chose', () => {
  test.each([
    ['whose size is not told', { id: 'L1', name: 'Untold' }, 'run.list_size_unknown'],
    ['that has a member', { id: 'L1', name: 'Full', size: 1 }, 'run.list_has_members'],
  ])('%s is refused and stays unbound', async (_what, list, code) => {
    await expect(filled(new Account('one', list), 'L1')).rejects.toMatchObject({
      code,
      details: { list: list.name },
    })
    expect(await listsOf(db, exported.id)).toMatchObject([{ name: 'L1' }])
    expect((await listsOf(db, exported.id))[0]?.remoteId).toBeUndefined()
  })

  test('is taken when it is empty, and again without a look at its size once we have filled it', async () => {
    const empty = new Account('one', { id: 'L1', name: 'Empty', size: 0 })
    const list = await filled(empty, 'L1')
    const ours = new Account('one', { id: 'L1', name: 'Ours', size: 5 })
    const binding = { db, connection: ours.connection, signal, watch: unwatched(signal) }
    await expect(bind(binding, list, 'L1', false)).resolves.toBeUndefined()
    await expect(bind(binding, list, 'L1', true)).rejects.toMatchObject({ code: 'run.list_has_members' })
  })
})

describe('a list that we made and never filled', () => {
  test('is looked up by its id, whatever its name is now', async () => {
    const account = new Account('one')
    const list = await filled(account, null)
    expect(list.remoteId).toBe('made-Everybody')
    account.lists.set('made-Everybody', { id: 'made-Everybody', name: 'Renamed at the vendor' })
    account.asked.length = 0
    await bind({ db, connection: account.connection, signal, watch: unwatched(signal) }, list, undefined, true)
    expect(account.asked).toEqual(['/by-id/made-Everybody'])
    expect(await findList(db, exported.id, segment.id)).toMatchObject({
      id: list.id,
      remoteId: 'made-Everybody',
      name: 'Renamed at the vendor',
    })
  })

  test('and is gone at the vendor: said, and nothing is made anew', async () => {
    const account = new Account('one')
    const list = await filled(account, null)
    account.asked.length = 0
    const binding = { db, connection: account.connection, signal, watch: unwatched(signal) }
    await expect(bind(binding, list, undefined, true)).rejects.toMatchObject({ code: 'run.list_missing' })
    expect(account.asked).toEqual(['/by-id/made-Everybody'])
  })
})
