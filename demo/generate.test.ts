/** The sample tables: their form, their shares, and that the same seed gives the same bytes. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateTables } from './generate.ts'
import { countsOf, evolution, type Generation, samplePeople } from './generations.ts'
import { sampleSegments } from './people.ts'

const SEED = 42
const first: Generation = { people: 5000, seed: SEED }
const second: Generation = { ...first, changes: { added: 0.1, removed: 0.1, changed: 0.1 } }

const folder = mkdtempSync(join(tmpdir(), 'generate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const rowsOf = (where: string, file: string): Record<string, string>[] => {
  const [head = '', ...lines] = readFileSync(join(folder, where, file), 'utf8')
    .trimEnd()
    .split('\n')
  const columns = head.split(',')
  return lines.map((line) => {
    const values = line.split(',')
    expect(values).toHaveLength(columns.length)
    return Object.fromEntries(columns.map((column, place) => [column, values[place] ?? '']))
  })
}

const fingerprints = (where: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(folder, where)).map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(folder, where, file)))
        .digest('hex'),
    ]),
  )

beforeAll(async () => {
  await generateTables({ ...first, folder: join(folder, 'first') })
  await generateTables({ ...second, folder: join(folder, 'second') })
})

const MONTH_FIRST = /^([1-9]|1[0-2])\/([1-9]|[12]\d|3[01])\/\d{4}$/
const ISO = /^\d{4}-\d{2}-\d{2}$/

describe('the tables', () => {
  it.each([
    {
      file: 'Contact.csv',
      head: 'ContactId,FirstName,LastName,FullName,DateOfBirth,Gender,EMail,Telephone,PostCode,StreetAddress,City,State,Country,CreatedOn,Loyalty Tier,Email Subscriber,Income,Occupation,CustomerSatisfaction',
      dates: { CreatedOn: MONTH_FIRST },
    },
    {
      file: 'Customer-Loyalty.csv',
      head: 'LoyaltyId,ContactId,FirstName,LastName,FullName,DateOfBirth,Gender,EMail,Telephone,RewardPoints,CreditCard,CreatedOn',
      dates: { CreatedOn: ISO },
    },
    {
      file: 'OnlinePurchases.csv',
      head: 'ContactId,PurchaseId,ProductId,PurchasedOn,TotalPrice,ActivityTypeDisplay,Subject',
      dates: { PurchasedOn: MONTH_FIRST },
    },
    {
      file: 'POSPurchases.csv',
      head: 'LoyaltyId,PurchaseId,ProductId,PurchasedOn,TotalPrice,RewardPointsAdded,ActivityTypeDisplay,Subject',
      dates: { PurchasedOn: ISO },
    },
    {
      file: 'WebsiteReviews.csv',
      head: 'ReviewId,UserId,ReviewText,ActivityTypeDisplay,ReviewRating,ReviewDate',
      dates: { ReviewDate: MONTH_FIRST },
    },
  ])(
    '$file has its columns, dates in its form, and a key in the first one that ends in Id',
    ({ file, head, dates }) => {
      const rows = rowsOf('first', file)
      expect(Object.keys(rows[0] ?? {}).join(',')).toBe(head)
      for (const [column, form] of Object.entries(dates)) {
        expect(rows.filter((row) => !form.test(row[column] ?? ''))).toEqual([])
      }
      const key = file.includes('Purchases') ? 'PurchaseId' : (head.split(',')[0] ?? '')
      expect(new Set(rows.map((row) => row[key])).size).toBe(rows.length)
    },
  )

  it('has birthdays in the form of each table, for all but a few', () => {
    const forms = { 'Contact.csv': MONTH_FIRST, 'Customer-Loyalty.csv': ISO }
    for (const [file, form] of Object.entries(forms)) {
      const wrong = rowsOf('first', file).filter((row) => !form.test(row.DateOfBirth ?? ''))
      expect(wrong.map((row) => row.DateOfBirth)).toEqual(['', '', '', '', ''])
    }
  })

  it('has an address of its own for everybody, in a domain that nobody has', () => {
    const addresses = rowsOf('first', 'Customer-Loyalty.csv').map((row) => row.EMail ?? '')
    expect(addresses).toHaveLength(5000)
    expect(new Set(addresses.map((address) => address.toLowerCase())).size).toBe(5000)
    expect(addresses.filter((address) => !/^[a-z]+_[a-z]+@[a-z]+\.example$/.test(address))).toEqual([])
  })

  it('has loyalty members without a contact row, and no purchase of nobody', () => {
    const contacts = new Set(rowsOf('first', 'Contact.csv').map((row) => row.ContactId))
    const members = rowsOf('first', 'Customer-Loyalty.csv')
    expect(members.filter((row) => !contacts.has(row.ContactId))).toHaveLength(5)
    const known = new Set(members.flatMap((row) => [row.ContactId, row.LoyaltyId]))
    const bought = ['OnlinePurchases.csv', 'POSPurchases.csv'].flatMap((file) => rowsOf('first', file))
    expect(bought.filter((row) => !known.has(row.ContactId ?? row.LoyaltyId))).toEqual([])
  })

  it.each([
    { what: 'high tier', share: 0.09, is: (row: Record<string, string>) => row['Loyalty Tier'] === 'high' },
    { what: 'subscribers', share: 0.33, is: (row: Record<string, string>) => row['Email Subscriber'] === 'Yes' },
    { what: 'Californians', share: 0.24, is: (row: Record<string, string>) => row.State === 'California' },
    {
      what: 'born in the eighties',
      share: 0.2,
      is: (row: Record<string, string>) => /198\d$/.test(row.DateOfBirth ?? ''),
    },
  ])('has about $share $what', ({ share, is }) => {
    const rows = rowsOf('first', 'Contact.csv')
    expect(Math.abs(rows.filter(is).length / rows.length - share)).toBeLessThan(0.02)
  })

  it('leaves no unfinished file behind', () => {
    expect(readdirSync(join(folder, 'first')).filter((file) => !file.endsWith('.csv'))).toEqual([])
  })
})

describe('a seed', () => {
  it('gives the same bytes again, and another seed gives others', async () => {
    await generateTables({ ...first, folder: join(folder, 'again') })
    await generateTables({ ...first, seed: SEED + 1, folder: join(folder, 'other') })
    expect(fingerprints('again')).toEqual(fingerprints('first'))
    for (const [file, print] of Object.entries(fingerprints('other')))
      expect(print).not.toBe(fingerprints('first')[file])
  })

  it('gives the same first people however many there are', () => {
    const few = [...samplePeople({ people: 10, seed: SEED })]
    const many = samplePeople({ people: 1000, seed: SEED })
    expect([...many].slice(0, 10)).toEqual(few)
  })

  it('gives everybody an address of their own beyond the sample size', () => {
    const addresses = new Set<string>()
    for (const { email } of samplePeople({ people: 100_000, seed: -7 })) addresses.add(email)
    expect(addresses.size).toBe(100_000)
  })
})

describe('a second generation', () => {
  const byId = (where: string) =>
    new Map(rowsOf(where, 'Customer-Loyalty.csv').map((row) => [row.LoyaltyId ?? '', row]))

  it('differs from the first exactly as it says', () => {
    const [before, after] = [byId('first'), byId('second')]
    const fates = [...evolution(second)]
    const idsOf = (kind: string) =>
      fates.flatMap((fate) => {
        const { index } = 'after' in fate ? fate.after : fate.before
        return fate.kind === kind ? [`LOYID_${1000 + index}`] : []
      })
    expect([...before.keys()].filter((id) => !after.has(id))).toEqual(idsOf('removed'))
    expect([...after.keys()].filter((id) => !before.has(id))).toEqual(idsOf('added'))
    const contactBefore = new Map(rowsOf('first', 'Contact.csv').map((row) => [row.ContactId ?? '', row]))
    const changed = fates.filter((fate) => fate.kind === 'changed' && fate.before.contact !== undefined)
    const differing = rowsOf('second', 'Contact.csv').filter((row) => {
      const earlier = contactBefore.get(row.ContactId ?? '')
      return earlier !== undefined && JSON.stringify(earlier) !== JSON.stringify(row)
    })
    expect(differing).toHaveLength(changed.length)
    for (const row of differing) {
      const earlier = contactBefore.get(row.ContactId ?? '') ?? {}
      const columns = Object.keys(row).filter((column) => row[column] !== earlier[column])
      expect([['City'], ['FirstName', 'FullName']]).toContainEqual(columns)
    }
  })

  it('has about the asked shares, and counts them', () => {
    const counts = countsOf(second)
    expect(counts.added).toBe(500)
    expect(Math.abs(counts.removed - 500)).toBeLessThan(75)
    expect(Math.abs(counts.changed - 500)).toBeLessThan(75)
    expect(counts.people).toBe(5000 + counts.added - counts.removed)
    expect(byId('second').size).toBe(counts.people)
  })

  it('moves nobody who stays into or out of a segment', () => {
    for (const fate of evolution(second)) {
      if (fate.kind !== 'changed') continue
      for (const isMember of Object.values(sampleSegments)) expect(isMember(fate.after)).toBe(isMember(fate.before))
    }
  })

  it('leaves the purchases of those who stay as they were', () => {
    const lines = (where: string) => readFileSync(join(folder, where, 'POSPurchases.csv'), 'utf8').split('\n')
    const stayed = byId('second')
    const kept = lines('first').filter((line) => stayed.has(line.split(',')[0] ?? ''))
    const now = new Set(lines('second'))
    expect(kept.length).toBeGreaterThan(10_000)
    expect(kept.filter((line) => !now.has(line))).toEqual([])
  })
})
