/** What a client is answered with in place of the vendor's own answer. */

/** A stand-in for the vendor's answer. `echo`: words that repeat the request's secret and its people. */
export interface StandIn {
  readonly status: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | 'echo'
}
