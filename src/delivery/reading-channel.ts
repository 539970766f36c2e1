/** A channel that can only look: what could change the vendor's data is not sent. */
import { isWrite } from './address.ts'
import type { Channel } from './channel.ts'

/** A talk would now have written something; nothing was sent. */
export class WouldWrite extends Error {
  constructor() {
    super('The conversation has come to a request that writes.')
    this.name = 'WouldWrite'
  }
}

/** The mark tells it apart from a channel that writes, which has none. */
export interface ReadingChannel extends Channel {
  readonly reads: true
}

/** Throws WouldWrite in place of sending a request that writes. */
export const readingChannel = (channel: Channel): ReadingChannel => ({
  reads: true,
  async ask(request, watch, signal, attached) {
    if (isWrite(request)) throw new WouldWrite()
    return await channel.ask(request, watch, signal, attached)
  },
})
