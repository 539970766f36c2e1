/** Asks a simulated vendor as somebody who works there would: to make a list, fill it, or look who is there. */
import { exampleCredentials as keys } from '../../sandbox/credentials.ts'
import type { SandboxVendor } from '../../sandbox/sandbox.ts'
import type { Rig } from './rig.ts'

const headers = {
  'campaign-monitor': { authorization: `Basic ${btoa(`${keys['campaign-monitor'].apiKey}:x`)}` },
  dotdigital: { authorization: `Basic ${btoa(`${keys.dotdigital.user}:${keys.dotdigital.password}`)}` },
  iterable: { 'api-key': keys.iterable.apiKey },
  sendgrid: { authorization: `Bearer ${keys.sendgrid.apiKey}` },
} as const satisfies Partial<Record<SandboxVendor, object>>

/** Vendors whose keys open every call. */
export type OpenVendor = keyof typeof headers

/** The answer, decoded where it is JSON. Throws when it is a refusal. */
export const askAs =
  (rig: () => Rig) =>
  async (vendor: OpenVendor, method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${rig().sandbox.urls[vendor]}${path}`, {
      method,
      headers: { ...headers[vendor], accept: 'application/json', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`The sandbox answers ${answer.status}: ${text}`)
    return /^[[{"]/.test(text) ? JSON.parse(text) : text
  }
