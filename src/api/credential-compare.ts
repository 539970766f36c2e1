/** Whether given credentials are those of a connection: so that whoever keeps definitions in a file need not send them anew each time. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { getConnection, readCredentials } from '../store/connection.ts'
import { canonical } from './canonical.ts'
import { idParams, textValues } from './common.ts'
import type { Api, ApiContext } from './context.ts'

const digest = (credentials: Readonly<Record<string, string>>): Buffer =>
  createHash('sha256').update(canonical(credentials)).digest()

export const credentialCompareRoutes = (app: Api, { server }: ApiContext): void => {
  const { db, vault } = server.ports

  app.post(
    '/connections/:id/credentials/compare',
    {
      schema: {
        operationId: 'compareCredentials',
        summary: 'Tell whether these are the credentials of a connection, all together',
        description: 'Nothing else about the stored ones is told: not which of them differ, nor how.',
        tags: ['connections'],
        params: idParams,
        body: z.strictObject({ credentials: textValues }).meta({ id: 'CredentialsToCompare' }),
        response: { 200: z.object({ same: z.boolean() }).meta({ id: 'CredentialComparison' }) },
      },
      config: { errors: ['connection.missing', 'vault.unreadable'], reads: true },
    },
    async ({ params, body }) => {
      await getConnection(db, params.id)
      const stored = await readCredentials(db, vault, params.id)
      // Hashed, so that equal lengths go into the comparison in constant time.
      return { same: timingSafeEqual(digest(body.credentials), digest(stored)) }
    },
  )
}
