/** Finds and makes Customer Match audiences. One made by us bears our mark in its description. */
import { z } from 'zod'
import { type List, type Place, type Reply, Stop, send, type Talk, type WantedList } from '../../destination-kit/kit.ts'
import { code, errorsIn, stopFor, type VendorError } from './answers.ts'

export type ExportSettings = 'customerId' | 'accountId' | 'terms'

/** Ids are 64 bits wide, so they come as text; a number that JavaScript may have rounded is refused. */
const idShape = z.union([z.string().regex(/^-?\d+$/), z.number().int().refine(Number.isSafeInteger).transform(String)])

const audienceShape = z.object({
  Id: idShape,
  Name: z.string(),
  Description: z.string().nullish(),
  Type: z.string().nullish(),
  MembershipDuration: z.number().int().nullish(),
})
type Audience = z.infer<typeof audienceShape>

const queried = z.object({ Audiences: z.array(audienceShape.nullable()).nullish() })
const created = z.object({ AudienceIds: z.array(idShape.nullable()).nullish() })

const longestName = 128

/** What an answer holds besides the expected errors is a reason to stop: a state we do not understand is not success. */
const errorsBut = (reply: Reply, expected?: number): VendorError[] => {
  const errors = errorsIn(reply)
  const stop = stopFor(errors)
  if (stop !== undefined) throw stop
  const other = errors.find((error) => error.code !== expected)
  if (other !== undefined) {
    throw new Stop('bad-request', `Microsoft Advertising refuses: ${other.words} (${other.name} ${other.code})`)
  }
  return errors
}

/**
 * Customer lists of the account by id, or all of them. There is no paging.
 * https://learn.microsoft.com/en-us/advertising/campaign-management-service/getaudiencesbyids (checked 2026-11-21).
 */
function* query(ids: readonly string[] | null): Talk<Audience[]> {
  const reply = yield* send({
    method: 'POST',
    path: '/CampaignManagement/v13/Audiences/QueryByIds',
    host: 'campaign',
    rate: 'campaign',
    body: { json: { AudienceIds: ids, Type: 'CustomerList', ReturnAdditionalFields: null } },
    reads: true,
  })
  // Without ids there is none to be unknown.
  const errors = errorsBut(reply, ids === null ? undefined : code.audienceUnknown)
  const audiences = reply.json(queried).Audiences
  if (reply.status >= 400 && errors.length > 0) return []
  if (!audiences) throw new Stop('unreadable', 'Microsoft Advertising gave no list of audiences.')
  return audiences.filter((audience) => audience !== null).filter(({ Type }) => !Type || Type === 'CustomerList')
}

/** Days that somebody stays in an audience after being added last; without end. The vendor's own default is 30 for what does not say. */
const WITHOUT_END = -1

const daysOf = ({ MembershipDuration: days }: Audience): string =>
  typeof days === 'number' ? `${days} days` : 'a time that Microsoft Advertising does not tell'

const isWithoutEnd = ({ MembershipDuration: days }: Audience): boolean => days === WITHOUT_END

const asList = (audience: Audience): List => {
  const { Id: id, Name: name } = audience
  if (isWithoutEnd(audience)) return { id, name }
  const notice = `Microsoft Advertising drops people from this audience after ${daysOf(audience)}. Set its membership duration to no limit there before it is filled.`
  return { id, name, notice }
}

/**
 * The audience as one that may be filled. Throws Stop('bad-request') where people drop out of it by themselves: nothing
 * tells us, so they would count as present for ever.
 */
const fillable = (audience: Audience): List => {
  if (isWithoutEnd(audience)) return asList(audience)
  throw new Stop(
    'bad-request',
    `The audience “${audience.Name}” (${audience.Id}) drops people after ${daysOf(audience)}, and does not say whom. Set its membership duration to no limit at Microsoft Advertising, or rename it so that Sund makes one of its own; then run again.`,
    { loses: true },
  )
}

export function* allAudiences(): Talk<readonly List[]> {
  return (yield* query(null)).map(asList)
}

/** The audience of this id, or undefined when the account has none. Throws Stop where it must not be filled. */
export function* oneAudience(id: string): Talk<List | undefined> {
  if (!/^-?\d+$/.test(id)) return undefined
  const found = (yield* query([id])).find((audience) => audience.Id === id)
  return found === undefined ? undefined : fillable(found)
}

const bearsMark = (audience: Audience, mark: string): boolean => audience.Description?.includes(markText(mark)) ?? false
const markText = (mark: string): string => `Sund ${mark}`

type Found = { readonly list: List; readonly ours: boolean }

/** The audience with our mark, whatever it is named by now, else the one of exactly this name. */
function* findByName({ name, mark }: WantedList): Talk<Found | undefined> {
  const audiences = yield* query(null)
  const marked = audiences.find((audience) => bearsMark(audience, mark))
  if (marked !== undefined) return { list: fillable(marked), ours: true }
  const [only, second] = audiences.filter((audience) => audience.Name === name)
  if (second !== undefined) {
    throw new Stop('bad-request', `Microsoft Advertising has several audiences named “${name}”. Rename all but one.`)
  }
  return only === undefined ? undefined : { list: fillable(only), ours: false }
}

/**
 * Finds the audience of this name, else makes it. Not repeated blindly: after a lost answer it is looked for again, and
 * then known by its mark. https://learn.microsoft.com/en-us/advertising/campaign-management-service/addaudiences (checked 2026-11-21).
 */
export function* ensureAudience(wanted: WantedList, place: Place<ExportSettings, never>): Talk<Found> {
  const { name, mark } = wanted
  if (name.length > longestName) {
    throw new Stop('bad-request', `An audience's name has at most ${longestName} characters. Shorten “${name}”.`)
  }
  const before = yield* findByName(wanted)
  if (before !== undefined) return before
  const reply = yield* send({
    method: 'POST',
    path: '/CampaignManagement/v13/Audiences',
    host: 'campaign',
    rate: 'campaign',
    body: {
      json: {
        Audiences: [
          {
            Type: 'CustomerList',
            Name: name,
            Description: markText(mark),
            Scope: 'Account',
            ParentId: place.settings.accountId,
            MembershipDuration: WITHOUT_END,
          },
        ],
      },
    },
    once: true,
  })
  const taken = errorsBut(reply, code.duplicateName)
  if (taken.length === 0) {
    const [id] = reply.json(created).AudienceIds ?? []
    if (!id) throw new Stop('unreadable', 'Microsoft Advertising gave no ID of the new audience.')
    return { list: { id, name }, ours: true }
  }
  const after = yield* findByName(wanted)
  if (after !== undefined) return after
  throw new Stop('bad-request', `Another kind of audience is named “${name}”. Rename it or the segment.`)
}

/**
 * Gives an audience another name; false where the account has one of that name. What is left out stays as it is.
 * https://learn.microsoft.com/en-us/advertising/campaign-management-service/updateaudiences (checked 2026-11-22).
 */
export function* renameAudience({ id }: List, name: string): Talk<boolean> {
  if (name.length > longestName) return false
  const reply = yield* send({
    method: 'PUT',
    path: '/CampaignManagement/v13/Audiences',
    host: 'campaign',
    rate: 'campaign',
    body: { json: { Audiences: [{ Type: 'CustomerList', Id: id, Name: name }] } },
  })
  return errorsBut(reply, code.duplicateName).length === 0
}
