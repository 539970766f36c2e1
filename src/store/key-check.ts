/** What the vault needs to know its key again: the sealed rows, and a setting that is one itself. */
import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { KeyCheck } from '../vault/open-vault.ts'
import type { Database } from './schema.ts'
import { readSetting, writeSetting } from './setting.ts'

const SETTING = 'vault.check'

export const keyCheckOf = (db: Kysely<Database>): KeyCheck => ({
  sealedRows: async () => {
    const check = await readSetting(db, SETTING, z.string())
    const rows = await db.selectFrom('connection').select('credentials').execute()
    return [...(check === undefined ? [] : [Buffer.from(check, 'base64')]), ...rows.map((row) => row.credentials)]
  },
  keep: (sealed) => writeSetting(db, SETTING, Buffer.from(sealed).toString('base64')),
})
