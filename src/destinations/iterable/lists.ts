/** Finds and makes Iterable's static lists. One made by us bears our mark in its description. */
import { z } from 'zod'
import { type List, type Reply, Stop, send, type Talk, type WantedList } from '../../destination-kit/kit.ts'
import { listUnknown, refusalIn, wordsOf } from './answers.ts'

const listShape = z.object({
  id: z.number().int().positive(),
  name: z.string(),
  listType: z.string().nullish(),
  description: z.string().nullish(),
})
type Listed = z.infer<typeof listShape>

const told = z.object({ lists: z.array(listShape) })
const made = z.object({ listId: z.number().int().positive() })

/** People can be put on these alone; `Dynamic`, `Suppression` and `Internal` lists fill otherwise. */
const isStatic = ({ listType }: Listed): boolean => !listType || listType === 'Standard'

const asList = ({ id, name }: Listed): List => ({ id: String(id), name })

/** The id as it stands in a body. Throws Stop('list-missing') when no list can have it. */
export const listIdOf = (id: string): string => {
  if (!/^[1-9]\d{0,18}$/.test(id)) throw new Stop('list-missing', 'This is not the ID of an Iterable list.')
  return id
}

/** Every list of the project; there is no paging. https://api.iterable.com/api/docs#lists_getLists (checked 2026-11-21). */
function* query(): Talk<readonly Listed[]> {
  const reply = yield* send({ method: 'GET', path: '/api/lists', rate: 'lists' })
  return reply.json(told).lists
}

export function* allLists(): Talk<readonly List[]> {
  return (yield* query()).filter(isStatic).map(asList)
}

export function* isListed(id: string): Talk<boolean> {
  return (yield* query()).some((list) => String(list.id) === id)
}

/** Members of a list: text, and late. Undefined where it cannot be read. */
export function* sizeOf(id: string): Talk<number | undefined> {
  const reply: Reply = yield* send({ method: 'GET', path: `/api/lists/${listIdOf(id)}/size`, rate: 'size' })
  const digits = listUnknown(reply) ? undefined : /^\s*"?(\d{1,15})"?\s*$/.exec(reply.text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** The list of this id, or undefined when the project has none. */
export function* listWithoutSize(id: string): Talk<List | undefined> {
  const found = (yield* query()).find((list) => String(list.id) === id)
  if (found === undefined) return undefined
  if (!isStatic(found)) {
    throw new Stop('bad-request', `“${found.name}” is not a static list of Iterable, so nobody can be put on it.`)
  }
  return asList(found)
}

/** The list of this id with its size, or undefined when the project has none. */
export function* oneList(id: string): Talk<List | undefined> {
  const found = yield* listWithoutSize(id)
  if (found === undefined) return undefined
  const size = yield* sizeOf(id)
  return size === undefined ? found : { ...found, size }
}

type Found = { readonly list: List; readonly ours: boolean }

const markText = (mark: string): string => `Sund ${mark}`

/**
 * The static list with our mark, whatever it is named by now, else the one of exactly this name. Of several with our mark,
 * which two lost answers can leave, the oldest, so that every look finds the same one.
 */
function* lookUp({ name, mark }: WantedList): Talk<Found | undefined> {
  const lists = (yield* query()).filter(isStatic)
  const marked = lists.filter(({ description }) => description?.includes(markText(mark))).sort((a, b) => a.id - b.id)
  const [ours] = marked
  if (ours !== undefined) return { list: asList(ours), ours: true }
  const [only, second] = lists.filter((list) => list.name === name)
  if (second !== undefined) {
    throw new Stop('bad-request', `Iterable has several lists named “${name}”. Delete all but one there.`)
  }
  return only === undefined ? undefined : { list: asList(only), ours: false }
}

/**
 * Finds the list of this name, else makes it. Names need not be unique at Iterable, so it is not repeated blindly: after a
 * lost answer it is looked for again, and then known by its mark. https://api.iterable.com/api/docs#lists_create (checked 2026-11-21).
 */
export function* ensureList(wanted: WantedList): Talk<Found> {
  const before = yield* lookUp(wanted)
  if (before !== undefined) return before
  const { name, mark } = wanted
  const reply: Reply = yield* send({
    method: 'POST',
    path: '/api/lists',
    rate: 'create',
    body: { json: { name, description: markText(mark) } },
    expect: [400, 409],
    once: true,
  })
  if (reply.status < 400) return { list: { id: String(reply.json(made).listId), name }, ours: true }
  const after = yield* lookUp(wanted)
  if (after !== undefined) return after
  const refusal = refusalIn(reply)
  throw new Stop(
    'bad-request',
    `Iterable does not make the list “${name}”: ${refusal ? wordsOf(refusal) : 'no reason given'}.`,
  )
}
