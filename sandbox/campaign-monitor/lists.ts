/** Clients, lists and their custom fields. https://www.campaignmonitor.com/api/v3-3/lists/ (checked 2026-11-21). */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { exampleCredentials } from '../credentials.ts'
import { integer, type Row, text } from '../frame/database.ts'
import { type Answer, type Call, parseJson, type VendorList, type World } from '../frame/vendor.ts'
import type { GuardedRoute } from './access.ts'
import { fault, ok } from './answers.ts'
import { listStats } from './stats.ts'

const own = exampleCredentials['campaign-monitor']
const clients = [
  { ClientID: own.clientOfAccount, Name: 'Sandbox Client' },
  { ClientID: own.otherClient, Name: 'Another Client' },
]

export interface CustomField {
  /** In brackets. */
  readonly key: string
  readonly name: string
  readonly type: string
}

export interface Lists {
  readonly routes: readonly GuardedRoute[]
  all(): VendorList[]
  /** The row of a list, or undefined. */
  find(id: string): Row | undefined
  fields(list: number): readonly CustomField[]
  members(id: string): Iterable<string>
}

/** The last part of a path, without the `.json` that says in which form to answer; XML is not simulated. */
export const idOf = (call: Call, name = 'file'): string =>
  (call.params[name] ?? '').replace(/\.json$/, '').toLowerCase()

const listBody = z.object({
  Title: z.string().default(''),
  ConfirmedOptIn: z.boolean().default(false),
  UnsubscribeSetting: z.string().default('AllClientLists'),
})
const types = ['Text', 'Number', 'MultiSelectOne', 'MultiSelectMany', 'Date', 'Country', 'USState']
const fieldBody = z.object({
  FieldName: z.string().default(''),
  DataType: z.string().default(''),
  Options: z.array(z.string()).nullish(),
  VisibleInPreferenceCenter: z.boolean().default(true),
})
const optionTexts = z.array(z.string())

/** The key of a name: what is no letter or digit is dropped. The rule is not documented; examples drop spaces. */
const keyOf = (name: string): string => `[${name.replace(/[^A-Za-z0-9_]/g, '')}]`

const bodyOf = <T>(call: Call, shape: z.ZodType<T>): T | undefined => shape.safeParse(parseJson(call.body)?.value).data

/** `clientCount` 1 leaves out the other client. */
export const campaignMonitorLists = (world: World, clientCount: number): Lists => {
  const { db } = world
  const known = clients.slice(0, clientCount)
  const isClient = (id: string): boolean => known.some(({ ClientID }) => ClientID === id)
  const selectAll = db.prepare(
    `SELECT *, (SELECT count(*) FROM subscriber WHERE subscriber.list = list.number AND state = 'Active') AS members FROM list ORDER BY number`,
  )
  const selectOne = db.prepare('SELECT * FROM list WHERE id = ?')
  const selectOfClient = db.prepare('SELECT * FROM list WHERE client = ? ORDER BY title')
  const sameTitle = db.prepare('SELECT 1 AS n FROM list WHERE client = ? AND title = ?')
  const insert = db.prepare(
    'INSERT INTO list (id, client, title, confirmed_opt_in, unsubscribe_setting) VALUES (?, ?, ?, ?, ?)',
  )
  const remove = db.prepare('DELETE FROM list WHERE id = ?')
  const removeMembers = db.prepare('DELETE FROM subscriber WHERE list = ?')
  const statsOf = listStats(db)
  const selectFields = db.prepare('SELECT * FROM custom_field WHERE list = ? ORDER BY rowid')
  const selectField = db.prepare('SELECT 1 AS n FROM custom_field WHERE list = ? AND (name = ? OR key = ?)')
  const insertField = db.prepare(
    'INSERT INTO custom_field (list, name, key, type, options, visible) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const selectMembers = db.prepare(`SELECT email FROM subscriber WHERE list = ? AND state = 'Active' ORDER BY email`)

  const onClient =
    (answer: (client: string, call: Call) => Answer, name = 'client') =>
    (call: Call): Answer =>
      isClient(idOf(call, name)) ? answer(idOf(call, name), call) : fault(102)

  const onList =
    (answer: (list: Row, call: Call) => Answer, name = 'id') =>
    (call: Call): Answer => {
      const row = selectOne.get(idOf(call, name))
      return row === undefined ? fault(101) : answer(row, call)
    }

  const create = onClient((client, call) => {
    const body = bodyOf(call, listBody)
    if (body === undefined) return fault(400)
    const { Title, ConfirmedOptIn, UnsubscribeSetting } = body
    if (Title === '') return fault(251)
    if (sameTitle.get(client, Title) !== undefined) return fault(250)
    if (UnsubscribeSetting !== 'AllClientLists' && UnsubscribeSetting !== 'OnlyThisList') return fault(261)
    const id = randomBytes(16).toString('hex')
    insert.run(id, client, Title, ConfirmedOptIn ? 1 : 0, UnsubscribeSetting)
    return { status: 201, json: id, records: 1 }
  }, 'file')

  const show = onList(
    (row) =>
      ok({
        ConfirmedOptIn: integer(row, 'confirmed_opt_in') === 1,
        Title: text(row, 'title'),
        UnsubscribePage: '',
        ListID: text(row, 'id'),
        ConfirmationSuccessPage: '',
        UnsubscribeSetting: text(row, 'unsubscribe_setting'),
      }),
    'file',
  )

  const stats = onList((row, call) => ok(statsOf(integer(row, 'number'), call.now)))

  const drop = onList((row) => {
    removeMembers.run(integer(row, 'number'))
    remove.run(text(row, 'id'))
    return { status: 200, text: '', records: 1 }
  }, 'file')

  const showFields = onList((row) =>
    ok(
      selectFields.all(integer(row, 'number')).map((field) => ({
        FieldName: text(field, 'name'),
        Key: text(field, 'key'),
        DataType: text(field, 'type'),
        FieldOptions: optionTexts.parse(JSON.parse(text(field, 'options'))),
        VisibleInPreferenceCenter: integer(field, 'visible') === 1,
      })),
    ),
  )

  const createField = onList((row, call) => {
    const body = bodyOf(call, fieldBody)
    if (body === undefined) return fault(400)
    const { FieldName: name, DataType: type, Options: options, VisibleInPreferenceCenter: visible } = body
    const key = keyOf(name)
    if (name.trim() === '' || name.length > 100) return fault(254)
    if (!types.includes(type)) return fault(259)
    const isMulti = type.startsWith('Multi')
    if (isMulti && (options ?? []).length === 0) return fault(257)
    if (!isMulti && (options ?? []).length > 0) return fault(256)
    if (selectField.get(integer(row, 'number'), name, key) !== undefined) return fault(255)
    insertField.run(integer(row, 'number'), name, key, type, JSON.stringify(options ?? []), visible ? 1 : 0)
    return { status: 201, json: key, records: 1 }
  })

  const api = '/api/v3.3'
  return {
    routes: [
      { method: 'GET', path: `${api}/clients.json`, permission: 'any', answer: () => ok(known) },
      {
        method: 'GET',
        path: `${api}/clients/{client}/lists.json`,
        permission: 'any',
        answer: onClient((client) =>
          ok(selectOfClient.all(client).map((row) => ({ ListID: text(row, 'id'), Name: text(row, 'title') }))),
        ),
      },
      { method: 'POST', path: `${api}/lists/{file}`, permission: 'ManageLists', write: true, answer: create },
      { method: 'GET', path: `${api}/lists/{file}`, permission: 'any', answer: show },
      { method: 'DELETE', path: `${api}/lists/{file}`, permission: 'ManageLists', write: true, answer: drop },
      { method: 'GET', path: `${api}/lists/{id}/stats.json`, permission: 'any', answer: stats },
      { method: 'GET', path: `${api}/lists/{id}/customfields.json`, permission: 'any', answer: showFields },
      {
        method: 'POST',
        path: `${api}/lists/{id}/customfields.json`,
        permission: 'ManageLists',
        write: true,
        answer: createField,
      },
    ],
    all: () =>
      selectAll
        .all()
        .map((row) => ({ id: text(row, 'id'), name: text(row, 'title'), members: integer(row, 'members') })),
    find: (id) => selectOne.get(id),
    fields: (list) =>
      selectFields
        .all(list)
        .map((row) => ({ key: text(row, 'key'), name: text(row, 'name'), type: text(row, 'type') })),
    *members(id) {
      const row = selectOne.get(id)
      if (row === undefined) return
      for (const member of selectMembers.all(integer(row, 'number'))) yield text(member, 'email').toLowerCase()
    },
  }
}
