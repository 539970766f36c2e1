/** Where a webhook is, and how it is called: every call is a POST of JSON to its one URL. */
import type { z } from 'zod'
import type { Values } from '../../destination-kit/access.ts'
import { type Reply, type Request, Stop } from '../../destination-kit/kit.ts'

type Settings = Values<'url'>

/** A URL is shown to people and logged, so nothing secret may be in it. */
const usable = (given: string): URL | undefined => {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || url.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined
  return url.search === '' && url.hash === '' ? url : undefined
}

/** Throws Stop('bad-request') where the setting is no URL that may be called. */
const addressOf = ({ url: given }: Settings): URL => {
  const url = usable(given)
  if (url !== undefined) return url
  throw new Stop(
    'bad-request',
    'The URL of the webhook must begin with https:// and have no user name, no query and no fragment. Mend it in the connection.',
  )
}

export const originOf = (settings: Settings): string => addressOf(settings).origin

/** Two spellings of one URL are one receiver. What is no URL is nobody's, and nothing is ever sent to it. */
export const receiverOf = (settings: Settings): string => {
  const url = usable(settings.url)
  return url === undefined ? settings.url : `${url.origin}${url.pathname}`
}

/** Throws Stop('bad-request') where the setting is no URL that may be called. */
export const pathOf = (settings: Settings): string => addressOf(settings).pathname

export type Operation = 'check' | 'lists' | 'look' | 'open'

/** A call that names nobody. Safe twice, as every call of the webhook is. */
export const ask = (
  settings: Settings,
  operation: Operation,
  more: Readonly<Record<string, unknown>> = {},
): Request => ({
  method: 'POST',
  path: pathOf(settings),
  body: { json: { operation, ...more } },
  // Looking changes nothing; opening may make a list.
  ...(operation === 'open' ? {} : { reads: true }),
})

/** Throws Stop('unreadable') for any success but 200, and for another shape: neither says that it was done. */
export const answerOf = <T>(reply: Reply, shape: z.ZodType<T>): T => {
  if (reply.status === 200) return reply.json(shape)
  throw new Stop(
    'unreadable',
    `The webhook answered ${reply.status} where only 200 says that a call was done. Mend its receiver.`,
  )
}
