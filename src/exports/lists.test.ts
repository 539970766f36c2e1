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
import { letGo } from '../store/leaving.ts'
import { bindList, type ExportList, findList, listsOf } from '../store/list.ts'
import { decideOwnership } from '../store/list-ownership.ts'
import { createSegment, type Segment } from '../store/segment.ts'
import { startTestServer, type TestServer } from '../store/test-database.ts'
import { vaultOf } from '../vault/vault.ts'
import { bind, chosenList, listsIfUnchanged, listsOfExport } from './lists.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const { signal } = new AbortController()

const members: NonNullable<AnyDestination['members']> = {
  settles: { value: 60, source: 'the test', checked: '2026-11-21', kind: 'assumed' },
  *talk() {
    yield* send({ method: 'GET', path: '/members' })
    return { kind: 'everybody', count: 0 }
  },
}

/** A vendor account whose lists are looked up by id or made by name; `asked` says how they were. */
class Account {
  readonly asked: string[] = []
  readonly lists = new Map<string, List>()
  /** Does the vendor tell who is on a list? */
  tells = false
  /** Does a list of the wanted name bear our mark? */
  ours = true
  readonly name: string

  constructor(name: string, ...lists: readonly List[]) {
    this.name = name
    for (const list of lists) this.lists.set(list.id, list)
  }

  get connection(): OpenConnection {
    const { asked, lists, name: account, tells, ours } = this
    const destination: AnyDestination = {
      ...acme(),
      account: () => account,
      *list(id) {
        yield* send({ method: 'GET', path: `/by-id/${id}` })
        return lists.get(id)
      },
      *ensureList({ name }) {
        yield* send({ method: 'POST', path: `/by-name/${name}` })
        return { list: { id: `made-${name}`, name }, ours }
      },
      ...(tells ? { members } : {}),
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

type Choosing = readonly [
  defaultList: string | undefined,
  settings: Readonly<Record<string, string>>,
  chosen: string | undefined,
]
const choosingOf = (
  defaultList: string | undefined,
  settings: Readonly<Record<string, string>>,
  chosen?: string,
): Choosing => [defaultList, settings, chosen]

test('a list that was let go while its run looked is not taken up again for what the run had read', async () => {
  const account = new Account('one')
  const { id } = await filled(account, null)
  const before = exported
  const changed = await updateExport(db, before.id, { segmentIds: [] }, undefined, async (tx) => {
    await letGo(tx, before.id, () => true, { people: 'remove', at: NOW })
  })
  expect(await listsIfUnchanged(db, account.connection, before, [segment], NOW)).toBeUndefined()
  expect(await listsOf(db, before.id)).toMatchObject([{ id, closed: true, emptying: true }])
  expect(await listsIfUnchanged(db, account.connection, changed, [], NOW)).toEqual([])
})

describe('the one list that an export goes into', () => {
  const choosing = (defaultList: string | undefined, settings: Readonly<Record<string, string>>, chosen?: string) => {
    const { connection } = new Account('one')
    const destination = { ...connection.destination, ...(defaultList === undefined ? {} : { defaultList }) }
    const wanted = { ...exported, ...(chosen === undefined ? {} : { listRemoteId: chosen }) }
    return chosenList({ ...connection, destination, place: { settings, found: {} } }, wanted)
  }
  test.each([
    ['its own choice', 'own', choosingOf('book', { book: 'default' }, 'own')],
    ['the default of the connection', 'default', choosingOf('book', { book: 'default' })],
    ['its own choice where there is no default', 'own', choosingOf(undefined, { book: 'default' }, 'own')],
    ['none where nobody names one', undefined, choosingOf(undefined, { book: 'default' })],
    ['none where the setting is not there', undefined, choosingOf('book', {})],
  ])('is %s', (_what, id, [defaultList, settings, chosen]) => {
    expect(choosing(defaultList, settings, chosen)).toBe(id)
  })

  test('by default makes one row for all segments, and another when the default changes', async () => {
    const { connection } = new Account('one')
    const withDefault = (book: string): OpenConnection => ({
      ...connection,
      destination: { ...connection.destination, defaultList: 'book' },
      place: { settings: { book }, found: {} },
    })
    const other = await createSegment(db, 'Others', { field: 'City', op: 'is', value: 'Bergen' })
    const rows = async (book: string) => await listsOfExport(db, withDefault(book), exported, [segment, other], NOW)
    const [first, none] = await rows('B1')
    expect(none).toBeUndefined()
    expect(first?.segmentIds).toEqual([segment.id, other.id])
    if (first === undefined) throw new Error('There is no list.')
    await bindList(db, first.list.id, { account: 'one', remoteId: 'B1', name: 'Book', madeByUs: false })
    expect((await rows('B1'))[0]?.list.id).toBe(first.list.id)
    expect((await rows('B2'))[0]?.list.id).not.toBe(first.list.id)
    expect((await rows('B1'))[0]?.list.id).toBe(first.list.id)
  })
})

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

  test('stays the same row where a person spells its id in another way than the vendor', async () => {
    const account = new Account('one', first)
    const { connection } = account
    const destination = { ...connection.destination, listId: (given: string) => given.trim().toUpperCase() }
    const spelled = { db, connection: { ...connection, destination }, signal, watch: unwatched(signal) }
    const row = async () => {
      const [wanted] = await listsOfExport(db, spelled.connection, exported, [segment], NOW)
      if (wanted === undefined) throw new Error('There must be one list.')
      return wanted.list
    }
    exported = await updateExport(db, exported.id, { listRemoteId: ' l1' })
    const unbound = await row()
    await bind(spelled, unbound, chosenList(spelled.connection, exported), true)
    expect(await row()).toMatchObject({ id: unbound.id, remoteId: 'L1' })
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
    expect(await listsOf(db, exported.id)).toEqual([{ ...one, closed: true }, other])
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

describe('a segment that is renamed', () => {
  const listOf = async (account: Account): Promise<ExportList> => {
    const [wanted] = await listsOfExport(db, account.connection, exported, [segment], NOW)
    if (wanted === undefined) throw new Error('There must be a list.')
    return wanted.list
  }

  test('before its list is made gives it the new name', async () => {
    const account = new Account('one')
    const { id } = await listOf(account)
    segment = { ...segment, name: 'Regulars' }
    expect(await listOf(account)).toMatchObject({ id, name: 'Regulars' })
    expect(await filled(account, null)).toMatchObject({ id, name: 'Regulars', remoteId: 'made-Regulars' })
  })

  test('after it was made keeps the list, by its id', async () => {
    const account = new Account('one')
    const list = await filled(account, null)
    segment = { ...segment, name: 'Regulars' }
    expect(await filled(account, null)).toEqual(list)
    expect(list).toMatchObject({ name: 'Everybody', remoteId: 'made-Everybody' })
  })
})

describe('a list that a person chose', () => {
  const untold: List = { id: 'L1', name: 'Untold' }
  const full: List = { id: 'L1', name: 'Full', size: 1 }

  test.each([
    ['whose size is not told', untold],
    ['that has a member', full],
  ])('%s, at a vendor that does not tell who: asked about, and unbound until it is decided', async (_what, list) => {
    const account = new Account('one', list)
    await expect(filled(account, 'L1')).rejects.toMatchObject({
      code: 'run.list_undecided',
      details: { list: list.name },
    })
    const [row] = await listsOf(db, exported.id)
    expect(row).toMatchObject({ name: 'L1', ownership: { is: 'undecided', of: 'L1' } })
    expect(row?.remoteId).toBeUndefined()
    await expect(filled(account, 'L1')).rejects.toMatchObject({ code: 'run.list_undecided' })
    await decideOwnership(db, row?.id ?? '', 'add-only')
    expect(await filled(account, 'L1')).toMatchObject({
      remoteId: 'L1',
      name: list.name,
      madeByUs: false,
      ownership: { is: 'add-only', of: 'L1' },
    })
  })

  test('is decided about by itself: of another list of this export nothing was said', async () => {
    const account = new Account('one', full, { id: 'L2', name: 'Also full', size: 1 })
    await expect(filled(account, 'L1')).rejects.toMatchObject({ code: 'run.list_undecided' })
    const [row] = await listsOf(db, exported.id)
    await decideOwnership(db, row?.id ?? '', 'ours')
    await expect(filled(account, 'L2')).rejects.toMatchObject({ code: 'run.list_undecided' })
    expect(await listsOf(db, exported.id)).toMatchObject([{ ownership: { is: 'undecided', of: 'L2' } }])
  })

  test('cannot be decided about before a run has found it', async () => {
    const account = new Account('one', full)
    await expect(filled(account, 'L9')).rejects.toMatchObject({ code: 'run.list_missing' })
    const [row] = await listsOf(db, exported.id)
    await expect(decideOwnership(db, row?.id ?? '', 'ours')).rejects.toMatchObject({ code: 'list.not_found_yet' })
    await expect(decideOwnership(db, '999', 'ours')).rejects.toMatchObject({ code: 'list.missing' })
  })

  test.each([untold, full])(
    '$name, at a vendor that tells who: to be read on the first run, and only then',
    async (list) => {
      const account = new Account('one', list)
      account.tells = true
      const row = await filled(account, 'L1')
      const binding = { db, connection: account.connection, signal, watch: unwatched(signal) }
      expect(await bind(binding, row, 'L1', true)).toEqual({ list, mayHoldTheirs: true })
      expect(await bind(binding, row, 'L1', false)).toEqual({ list, mayHoldTheirs: false })
      expect(row.ownership).toBeUndefined()
    },
  )

  test('is taken when it is empty, and again without a look at its size once we have filled it', async () => {
    const empty = new Account('one', { id: 'L1', name: 'Empty', size: 0 })
    const list = await filled(empty, 'L1')
    const ours = new Account('one', { id: 'L1', name: 'Ours', size: 5 })
    const binding = { db, connection: ours.connection, signal, watch: unwatched(signal) }
    await expect(bind(binding, list, 'L1', false)).resolves.toMatchObject({ mayHoldTheirs: false })
    // Nothing of ours is there yet, whoever filled it.
    await expect(bind(binding, list, 'L1', true)).rejects.toMatchObject({ code: 'run.list_undecided' })
  })
})

describe('a list of the segment’s name that somebody else made', () => {
  test('is read where the vendor tells who is there, also when the process died before it was', async () => {
    const account = new Account('one')
    account.tells = true
    account.ours = false
    const row = await filled(account, null)
    expect(row).toMatchObject({ remoteId: 'made-Everybody', madeByUs: false })
    account.lists.set('made-Everybody', { id: 'made-Everybody', name: 'Everybody', size: 3 })
    const binding = { db, connection: account.connection, signal, watch: unwatched(signal) }
    expect(await bind(binding, row, undefined, true)).toMatchObject({ mayHoldTheirs: true })
  })

  test('is asked about where it does not', async () => {
    const account = new Account('one')
    account.ours = false
    await expect(filled(account, null)).rejects.toMatchObject({
      code: 'run.list_undecided',
      details: { list: 'Everybody' },
    })
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
