/** How a vendor is reached and signed in to, as its destination declares it. */

/** Credentials, settings or findings, by name. */
export type Values<K extends string> = Readonly<Record<K, string>>

export type Host<C extends string, S extends string> = {
  headers(secret: Values<C>, token: string, settings: Values<S>): Record<string, string>
} & (
  | {
      /** Whole origin, or how the settings choose it. Written as a method, so that destinations of any settings fit one list. */
      readonly url: string | { choose(settings: Values<S>): string }['choose']
      readonly match?: never
    }
  | {
      /** Of the whole host name in URLs from answers. They lead to the vendor's own hosts, so they get this host's headers. */
      readonly match: RegExp
      readonly url?: never
    }
)

/** How people sign in (authorisation code, loopback or web redirect, PKCE) and how a token is renewed. */
export interface OAuth<C extends string> {
  /** The credential that is the other way in, a key: a connection that has it does not sign in, and its token is empty. */
  readonly unless?: NoInfer<C>
  /** Whole URL of the page where a person agrees. */
  readonly authorize: string
  readonly scope: string
  /** Whole URL where codes and refresh tokens are exchanged, by POST of a form. */
  readonly token: string
  readonly pkce: boolean
  /** The name that the loopback redirect goes by, where the vendor does not take `127.0.0.1`. */
  readonly loopback?: 'localhost'
  /** More parameters of the authorize URL. */
  authorizeQuery(secret: Values<C>): Record<string, string>
  exchangeForm(secret: Values<C>): Record<string, string>
  refreshForm(secret: Values<C>): Record<string, string>
}
