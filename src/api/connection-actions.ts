/** What can be done with a connection at its service: check it, sign in, look for lists. */
import { z } from 'zod'
import { checkedIfNeeded, connect } from '../connections/connect.ts'
import { openConnection } from '../connections/open-connection.ts'
import { converse } from '../delivery/conversation.ts'
import { destinationOf } from '../destinations/index.ts'
import { SundError } from '../errors.ts'
import { explain } from '../exports/ending.ts'
import { getConnection } from '../store/connection.ts'
import { accountFieldsNow, LOOK_UP_PATIENCE_MS, lookUpErrors } from './account-fields.ts'
import { idParams, onceHeaders } from './common.ts'
import { connection, shownConnection } from './connections.ts'
import type { Api, ApiContext } from './context.ts'
import { destinationField, shownField } from './destinations.ts'
import { settingProblems } from './given-values.ts'
import { refuseUnusable } from './problem.ts'
import type { SignInState } from './sign-ins.ts'

const signInState = z
  .object({
    status: z.enum(['none', 'waiting', 'signed-in', 'failed']),
    url: z.string().optional().describe('The page of the service that the person opens, while it waits.'),
    code: z.string().optional(),
    reason: z.string().optional().describe('Why it failed.'),
  })
  .meta({ id: 'SignIn' })

const vendorList = z
  .object({
    id: z.string(),
    name: z.string(),
    size: z.int().nullable().describe('null where the service does not tell.'),
    notice: z.string().nullable().describe('What to know before people are sent there.'),
  })
  .meta({ id: 'VendorList' })

const choice = z
  .object({ id: z.string().describe('The value of the setting.'), name: z.string() })
  .meta({ id: 'Choice' })

const vendorField = destinationField
  .extend({ own: z.boolean().describe('The account has made it; else the service always has it.') })
  .meta({ id: 'VendorField' })

const shownState = (state: SignInState): z.infer<typeof signInState> => ({ ...state })

/** `name:value`, as many as the destination has settings of an export. */
const settingParts = z
  .union([z.string(), z.array(z.string()).max(50)])
  .transform((given) => (typeof given === 'string' ? [given] : given))
  .pipe(z.array(z.string().regex(/^[A-Za-z][A-Za-z0-9]*:/)))

const settingsOf = (parts: readonly string[]): Record<string, string> =>
  Object.fromEntries(parts.map((part) => [part.slice(0, part.indexOf(':')), part.slice(part.indexOf(':') + 1)]))

export const connectionActionRoutes = (app: Api, context: ApiContext): void => {
  const { server, signIns, stopping } = context
  // A client gives up sooner than a run would.
  const ports = { ...server.ports, patienceMs: LOOK_UP_PATIENCE_MS }

  app.post(
    '/connections/:id/check',
    {
      schema: {
        operationId: 'checkConnection',
        summary: 'Prove the credentials at the service, and keep what it tells',
        tags: ['connections'],
        params: idParams,
        headers: onceHeaders,
        response: { 200: connection },
      },
      config: { errors: lookUpErrors },
    },
    async ({ params }) => {
      const row = await getConnection(ports.db, params.id)
      try {
        return shownConnection(await connect(ports, row, stopping))
      } catch (error) {
        throw explain(error, destinationOf(row.destination).name)
      }
    },
  )

  app.get(
    '/connections/:id/lists',
    {
      schema: {
        operationId: 'listVendorLists',
        summary: 'List the lists at the service, to choose one',
        tags: ['connections'],
        params: idParams,
        querystring: z.strictObject({
          setting: settingParts
            .optional()
            .describe('A setting that the destination asks of an export, as name:value; once for each.'),
        }),
        response: { 200: z.object({ items: z.array(vendorList) }).meta({ id: 'VendorLists' }) },
      },
      config: { errors: [...lookUpErrors, 'request.unusable'] },
    },
    async ({ params, query }) => {
      const row = await getConnection(ports.db, params.id)
      const destination = destinationOf(row.destination)
      const settings = settingsOf(query.setting ?? [])
      refuseUnusable(
        settingProblems(destination, 'export', settings).map((one) => ({ ...one, in: 'query', path: ['setting'] })),
      )
      try {
        const { place, channel } = await openConnection(ports, await checkedIfNeeded(ports, row, stopping), settings)
        const lists = await converse(() => destination.lists(place), channel, stopping)
        return {
          items: lists.map(({ id, name, size, notice }) => ({
            id,
            name,
            size: size ?? null,
            notice: notice ?? null,
          })),
        }
      } catch (error) {
        throw explain(error, destination.name)
      }
    },
  )

  app.get(
    '/connections/:id/choices/:setting',
    {
      schema: {
        operationId: 'listChoices',
        summary: 'List what a setting of the connection may name at the service, to choose one',
        description: 'For settings that the destination says can be chosen. The connection need not have been checked.',
        tags: ['connections'],
        params: idParams.extend({ setting: z.string().min(1).max(100) }),
        response: { 200: z.object({ items: z.array(choice) }).meta({ id: 'Choices' }) },
      },
      config: { errors: [...lookUpErrors, 'destination.no_choices'] },
    },
    async ({ params }) => {
      const row = await getConnection(ports.db, params.id)
      const { name, choices = {} } = destinationOf(row.destination)
      const talk = Object.hasOwn(choices, params.setting) ? choices[params.setting] : undefined
      if (talk === undefined) {
        throw new SundError('destination.no_choices', { destination: name, setting: params.setting })
      }
      try {
        const { place, channel } = await openConnection(ports, row)
        return { items: [...(await converse(() => talk(place), channel, stopping))] }
      } catch (error) {
        throw explain(error, name)
      }
    },
  )

  app.get(
    '/connections/:id/fields',
    {
      schema: {
        operationId: 'listVendorFields',
        summary:
          'List the fields that can be matched: those of the destination, and those that the account has of its own',
        tags: ['connections'],
        params: idParams,
        querystring: z.strictObject({
          setting: settingParts.optional(),
          list: z
            .string()
            .min(1)
            .max(500)
            .optional()
            .describe('The ID of the list, where each list has fields of its own.'),
        }),
        response: { 200: z.object({ items: z.array(vendorField) }).meta({ id: 'VendorFields' }) },
      },
      config: { errors: [...lookUpErrors, 'request.unusable'] },
    },
    async ({ params, query }) => {
      const row = await getConnection(ports.db, params.id)
      const destination = destinationOf(row.destination)
      const settings = settingsOf(query.setting ?? [])
      refuseUnusable(
        settingProblems(destination, 'export', settings).map((one) => ({ ...one, in: 'query', path: ['setting'] })),
      )
      const account = await accountFieldsNow(context, row, { settings, listId: query.list ?? null })
      return {
        items: [
          ...destination.fields.map((field) => ({ ...shownField(field), own: false })),
          ...account.map((field) => ({ ...shownField(field), own: true })),
        ],
      }
    },
  )

  app.post(
    '/connections/:id/sign-in',
    {
      schema: {
        operationId: 'startSignIn',
        summary: 'Start a sign-in at the service; it ends when the person has agreed on the page',
        tags: ['connections'],
        params: idParams,
        headers: onceHeaders,
        response: { 202: signInState },
      },
      config: { errors: ['connection.missing', 'connection.no_sign_in'] },
    },
    async ({ params }, reply) => {
      const state = await signIns.start(await getConnection(ports.db, params.id))
      return await reply
        .code(202)
        .header('location', `/api/v1/connections/${params.id}/sign-in`)
        .send(shownState(state))
    },
  )

  app.get(
    '/connections/:id/sign-in',
    {
      schema: {
        operationId: 'getSignIn',
        summary: 'Show how far the sign-in is',
        tags: ['connections'],
        params: idParams,
        response: { 200: signInState },
      },
      config: { errors: ['connection.missing'] },
    },
    async ({ params }) => shownState(signIns.stateOf(await getConnection(ports.db, params.id))),
  )
}
