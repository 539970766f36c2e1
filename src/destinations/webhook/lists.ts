/** The lists of a webhook's receiver: it opens one for each segment, and has them looked at. */
import { z } from 'zod'
import { type List, type Place, Stop, send, type Talk, type WantedList } from '../../destination-kit/kit.ts'
import { answerOf, ask } from './calls.ts'

type Here = Place<'url', never>

const listShape = z.object({
  id: z.string().min(1).max(200),
  name: z.string().min(1).max(1000),
  members: z.number().int().nonnegative().optional(),
  mark: z.string().optional(),
})
const one = z.object({ list: listShape })

const asList = ({ id, name, members }: z.infer<typeof listShape>): List => ({
  id,
  name,
  ...(members === undefined ? {} : { size: members }),
})

export const listGone = (): Stop => new Stop('list-missing', 'The receiver of the webhook has this list no more.')

/** Every list, in one answer. */
export function* allLists({ settings }: Here): Talk<readonly List[]> {
  const reply = yield* send(ask(settings, 'lists'))
  return answerOf(reply, z.object({ lists: z.array(listShape) })).lists.map(asList)
}

/** The list of this id, or undefined when the receiver says that it is gone, by 410. */
export function* oneList(id: string, { settings }: Here): Talk<List | undefined> {
  const reply = yield* send({ ...ask(settings, 'look', { list: { id } }), expect: [410] })
  if (reply.status === 410) return undefined
  const { list } = answerOf(reply, one)
  if (list.id !== id) throw new Stop('unreadable', 'The receiver of the webhook shows another list than was asked for.')
  return asList(list)
}

/**
 * The list with our mark, whatever it is named by now, else the one of exactly this name, else a new one that bears the
 * mark. Asked again after a lost answer, the receiver gives the same list.
 */
export function* ensureList(
  { name, mark }: WantedList,
  { settings }: Here,
): Talk<{ readonly list: List; readonly ours: boolean }> {
  const reply = yield* send(ask(settings, 'open', { list: { name, mark } }))
  const { list } = answerOf(reply, one)
  const ours = list.mark === mark
  if (!ours && list.name !== name) {
    throw new Stop(
      'unreadable',
      'The receiver of the webhook opened a list that has neither the name nor the mark asked for.',
    )
  }
  return { list: asList(list), ours }
}
