/** Keeps who was read from a list in a file, for a dry run: the ledger must not learn of them. */
import { z } from 'zod'
import type { MemberSink } from '../delivery/read-members.ts'
import type { Member } from '../destination-kit/kit.ts'
import type { Spool } from '../outbound/spool.ts'

const kept = z.array(z.object({ identifier: z.string(), remoteId: z.string().optional() }))

/** A slice in memory at a time. */
export class SpooledMembers implements MemberSink {
  readonly #open: () => Promise<Spool>
  #spool: Spool | undefined
  #slices: { readonly from: number; readonly length: number }[] = []

  constructor(open: () => Promise<Spool>) {
    this.#open = open
  }

  async clear(): Promise<void> {
    this.#slices = []
    const spool = this.#spool
    this.#spool = undefined
    await spool?.close()
  }

  async take(members: readonly Member[]): Promise<void> {
    this.#spool ??= await this.#open()
    const piece = Buffer.from(JSON.stringify(members))
    this.#slices.push({ from: this.#spool.bytes, length: piece.length })
    await this.#spool.append(piece)
  }

  /** The slices, as they were taken. */
  async *read(): AsyncIterable<readonly Member[]> {
    for (const { from, length } of this.#slices) {
      const text = (await this.#spool?.slice(from, length))?.toString('utf8') ?? ''
      yield kept
        .parse(JSON.parse(text))
        .map(({ identifier, remoteId }) => (remoteId === undefined ? { identifier } : { identifier, remoteId }))
    }
  }
}
