/** What is answered without a token: whether Sund works, and the description of the API. */
import { z } from 'zod'
import { readSetting } from '../store/setting.ts'
import type { Api, ApiContext } from './context.ts'

const health = z.object({ status: z.literal('ok') }).meta({ id: 'Health' })

export const healthRoutes = (app: Api, { server }: ApiContext): void => {
  app.get(
    '/health',
    {
      schema: {
        operationId: 'getHealth',
        summary: 'Say whether Sund works',
        tags: ['health'],
        response: { 200: health },
      },
      config: { open: true },
    },
    async () => {
      // Fails, and is answered as a failure, where the control plane is not reached.
      await readSetting(server.ports.db, 'health', z.unknown())
      return { status: 'ok' as const }
    },
  )

  app.get(
    '/api/v1/openapi.json',
    {
      schema: {
        operationId: 'getOpenApi',
        summary: 'Describe this API (OpenAPI 3.1)',
        tags: ['health'],
        response: { 200: z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument' }) },
      },
      config: { open: true },
    },
    async () => z.looseObject({ openapi: z.string() }).parse(app.swagger()),
  )
}
