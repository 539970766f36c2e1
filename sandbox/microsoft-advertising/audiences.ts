/**
 * Microsoft Advertising's audiences, of type customer list only.
 * https://learn.microsoft.com/en-us/advertising/campaign-management-service/customerlist (checked 2026-11-21).
 */
import { z } from 'zod'
import { exampleCredentials } from '../credentials.ts'
import { integer, type Row, text, textOrNull } from '../frame/database.ts'
import { type Answer, type Call, parseJson, type Route, type VendorList, type World } from '../frame/vendor.ts'
import { batchError, type Code, operationFault, tracked } from './faults.ts'

const own = exampleCredentials['microsoft-advertising']
const mostPerCall = 100
const longestName = 128
const longestDescription = 1024
const defaultMembershipDays = 30
const mostMembershipDays = 390
const firstId = 800_000_000
const campaign = '/CampaignManagement/v13'

export interface Audiences {
  readonly routes: readonly Route[]
  all(): VendorList[]
  /** The audience of this id, which is a string as all ids of this API. */
  find(id: string): Row | undefined
  /** Makes one audience of its body in a call; the code of what is wrong with it otherwise. */
  create(item: unknown): string | Code
  /** The parent that a list of this scope has. */
  parentOf(scope: string): string | undefined
  members(id: string): Iterable<string>
}

type AudienceBody = Readonly<Record<string, unknown>>
const audienceBody = z.record(z.string(), z.unknown())
const audiencesBody = z.object({ Audiences: z.array(z.unknown()).nullish() })
const idsBody = z.object({ AudienceIds: z.array(z.unknown()).nullish() })
const queryBody = idsBody.extend({ Type: z.string() })

const absent = (value: unknown): boolean => value === undefined || value === null

const durationOf = (value: unknown): number | undefined => {
  if (absent(value)) return defaultMembershipDays
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined
  return value === -1 || (value >= 1 && value <= mostMembershipDays) ? value : undefined
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= longestName

const isDescription = (value: unknown): value is string | null | undefined =>
  absent(value) || (typeof value === 'string' && value.length <= longestDescription)

const parentOf: Readonly<Record<string, string>> = { Account: own.accountId, Customer: own.customerId }

export const microsoftAudiences = (world: World): Audiences => {
  const { db } = world
  // Nobody has told the vendor that a member is still there: at the end of the membership duration they drop out.
  const current =
    'member.audience = audience.number AND (membership_duration = -1 OR added_at + membership_duration * 86400000 > ?)'
  const selectCounted = db.prepare(
    `SELECT *, (SELECT count(*) FROM member WHERE ${current}) AS members FROM audience ORDER BY number`,
  )
  const selectAll = db.prepare('SELECT * FROM audience ORDER BY number')
  const selectOne = db.prepare('SELECT * FROM audience WHERE number = ?')
  const selectByName = db.prepare('SELECT number FROM audience WHERE name = ?')
  const selectMembers = db.prepare(
    `SELECT hash FROM member JOIN audience ON ${current} WHERE audience.number = ? ORDER BY hash`,
  )
  const insert = db.prepare(
    'INSERT INTO audience (name, description, scope, parent_id, membership_duration) VALUES (?, ?, ?, ?, ?) RETURNING *',
  )
  const update = db.prepare('UPDATE audience SET name = ?, description = ?, membership_duration = ? WHERE number = ?')
  const remove = db.prepare('DELETE FROM audience WHERE number = ?')
  const removeMembers = db.prepare('DELETE FROM member WHERE audience = ?')

  const idOf = (row: Row): string => String(firstId + integer(row, 'number'))
  const find = (id: unknown): Row | undefined =>
    typeof id === 'string' && /^\d{1,15}$/.test(id) ? selectOne.get(Number(id) - firstId) : undefined

  const shown = (row: Row) => ({
    AudienceNetworkSize: null,
    CustomerShare: null,
    Description: textOrNull(row, 'description'),
    ForwardCompatibilityMap: null,
    Id: idOf(row),
    MembershipDuration: integer(row, 'membership_duration'),
    Name: text(row, 'name'),
    ParentId: text(row, 'parent_id'),
    Scope: text(row, 'scope'),
    SearchSize: null,
    SupportedCampaignTypes: [],
    Type: 'CustomerList',
  })

  const body = <T>(call: Call, shape: z.ZodType<T>): T | undefined => {
    const parsed = parseJson(call.body)
    const result = parsed === undefined ? undefined : shape.safeParse(parsed.value)
    return result?.success ? result.data : undefined
  }

  /** Carries out what it can, item by item; the rest is named in PartialErrors by its place. */
  const eachItem = <T extends object | string | true>(items: readonly unknown[], one: (item: unknown) => T | Code) => {
    const failed: ReturnType<typeof batchError>[] = []
    const results = items.map((item, index) => {
      const result = one(item)
      if (typeof result !== 'number') return result
      failed.push(batchError(result, index))
      return null
    })
    return { results, failed }
  }

  const query = (call: Call): Answer => {
    const asked = body(call, queryBody)
    if (asked === undefined) return operationFault(100)
    const ids = asked.AudienceIds ?? []
    if (ids.length > mostPerCall) return operationFault(4852)
    const ofType = asked.Type.split(/[ ,]+/).includes('CustomerList')
    if (ids.length === 0) {
      return tracked(200, { Audiences: ofType ? selectAll.all().map(shown) : [], PartialErrors: [] })
    }
    const { results, failed } = eachItem(ids, (id) => {
      const row = ofType ? find(id) : undefined
      return row === undefined ? 4835 : shown(row)
    })
    return tracked(200, { Audiences: results, PartialErrors: failed })
  }

  const scopeProblem = (item: AudienceBody): Code | undefined => {
    if (typeof item.Scope !== 'string' || parentOf[item.Scope] === undefined) return 4849
    if (typeof item.ParentId !== 'string' || !/^\d+$/.test(item.ParentId)) return 4848
    return item.ParentId === parentOf[item.Scope] ? undefined : 4843
  }

  const createOne = (item: unknown): string | Code => {
    const parsed = audienceBody.safeParse(item)
    if (!parsed.success) return 4845
    const { Id, Type, Name, Description, MembershipDuration, Scope, ParentId } = parsed.data
    if (!absent(Id)) return 4847
    if (Type !== 'CustomerList') return 4859
    if (!isName(Name)) return 4838
    if (!isDescription(Description)) return 4841
    const duration = durationOf(MembershipDuration)
    if (duration === undefined) return 4842
    const problem = scopeProblem(parsed.data)
    if (problem !== undefined) return problem
    if (selectByName.get(Name) !== undefined) return 4853
    const row = insert.get(Name, Description ?? null, String(Scope), String(ParentId), duration)
    return row === undefined ? 0 : idOf(row)
  }

  const audiencesOf = (call: Call): readonly unknown[] | Answer => {
    const items = body(call, audiencesBody)?.Audiences ?? []
    if (items.length === 0) return operationFault(4844)
    return items.length > mostPerCall ? operationFault(4850) : items
  }

  const create = (call: Call): Answer => {
    const items = audiencesOf(call)
    if ('status' in items) return items
    const { results, failed } = eachItem(items, createOne)
    return tracked(200, { AudienceIds: results, PartialErrors: failed }, { records: items.length })
  }

  /** What is null or left out stays as it is. */
  const changeOne = (item: unknown): true | Code => {
    const parsed = audienceBody.safeParse(item)
    if (!parsed.success) return 4845
    const { Id, Name, Description, MembershipDuration, Scope } = parsed.data
    if (absent(Id)) return 4846
    const row = find(Id)
    if (row === undefined) return 4835
    if (!absent(Scope) && Scope !== text(row, 'scope')) return 4855
    const name = absent(Name) ? text(row, 'name') : Name
    if (!isName(name)) return 4838
    if (!isDescription(Description)) return 4841
    const duration = absent(MembershipDuration) ? integer(row, 'membership_duration') : durationOf(MembershipDuration)
    if (duration === undefined) return 4842
    const other = selectByName.get(name)
    if (other !== undefined && integer(other, 'number') !== integer(row, 'number')) return 4853
    update.run(name, Description ?? textOrNull(row, 'description'), duration, integer(row, 'number'))
    return true
  }

  const change = (call: Call): Answer => {
    const items = audiencesOf(call)
    if ('status' in items) return items
    return tracked(200, { PartialErrors: eachItem(items, changeOne).failed }, { records: items.length })
  }

  const drop = (call: Call): Answer => {
    const ids = body(call, idsBody)?.AudienceIds ?? []
    if (ids.length === 0) return operationFault(4851)
    if (ids.length > mostPerCall) return operationFault(4852)
    const { failed } = eachItem(ids, (id) => {
      const row = find(id)
      if (row === undefined) return 4835
      removeMembers.run(integer(row, 'number'))
      remove.run(integer(row, 'number'))
      return true
    })
    return tracked(200, { PartialErrors: failed }, { records: ids.length })
  }

  return {
    routes: [
      { method: 'POST', path: `${campaign}/Audiences/QueryByIds`, answer: query },
      { method: 'POST', path: `${campaign}/Audiences`, write: true, answer: create },
      { method: 'PUT', path: `${campaign}/Audiences`, write: true, answer: change },
      { method: 'DELETE', path: `${campaign}/Audiences`, write: true, answer: drop },
    ],
    all: () =>
      selectCounted.all(Math.floor(world.now())).map((row) => ({
        id: idOf(row),
        name: text(row, 'name'),
        members: integer(row, 'members'),
      })),
    find,
    create: createOne,
    parentOf: (scope) => parentOf[scope],
    *members(id) {
      const row = find(id)
      if (row === undefined) return
      for (const member of selectMembers.all(Math.floor(world.now()), integer(row, 'number')))
        yield text(member, 'hash')
    },
  }
}
