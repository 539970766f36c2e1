/** A person keeps the CustomerId from refresh to refresh, and no two people get the same. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSmallTables, type Row, type SmallTables } from './small-tables.ts'

let tables: SmallTables

beforeEach(async () => {
  tables = await openSmallTables()
})
afterEach(async () => tables.engine.close())

describe('a person stays the same person', () => {
  test('when the same tables come again, and when rows change their order', async () => {
    await tables.unified(
      [
        ['1', null, 'a@x.no'],
        ['2', null, 'b@x.no'],
      ],
      [
        ['7', '1', null],
        ['8', null, 'c@x.no'],
      ],
    )
    const first = await tables.assignments()
    await tables.unified(
      [
        ['2', null, 'b@x.no'],
        ['1', null, 'a@x.no'],
      ],
      [
        ['8', null, 'c@x.no'],
        ['7', '1', null],
      ],
    )
    expect(await tables.assignments()).toEqual(first)
    expect(new Set(Object.values(first)).size).toBe(3)
  })

  test('on another machine', async () => {
    const rows: readonly (readonly Row[])[] = [[['1', null, 'a@x.no']], [['8', null, 'c@x.no']]]
    await tables.unified(...rows)
    const here = await tables.assignments()
    await tables.engine.close()
    tables = await openSmallTables()
    await tables.unified(...rows)
    expect(await tables.assignments()).toEqual(here)
  })

  test('when the address changes, and when the record leaves and returns', async () => {
    await tables.unified([
      ['1', null, 'a@x.no'],
      ['2', null, 'b@x.no'],
    ])
    const first = await tables.assignments()
    await tables.unified([['1', null, 'new@x.no']])
    const profiles = await tables.unified([
      ['1', null, 'new@x.no'],
      ['2', null, 'b@x.no'],
    ])
    expect(await tables.assignments()).toEqual(first)
    expect((await tables.profileRows(profiles.table)).map(({ customer }) => customer).sort()).toEqual(
      Object.values(first).sort(),
    )
  })

  test('when a more important record joins: the id that is known stays', async () => {
    await tables.unified([['9', null, null]], [['7', '1', 'a@x.no']])
    const { B7 } = await tables.assignments()
    await tables.unified(
      [
        ['9', null, null],
        ['1', null, null],
      ],
      [['7', '1', 'a@x.no']],
    )
    expect(await tables.assignments()).toMatchObject({ A1: B7, B7 })
  })

  test('when two become one: the more important record keeps its id', async () => {
    await tables.unified([['1', null, 'a@x.no']], [['7', null, 'b@x.no']])
    const before = await tables.assignments()
    const profiles = await tables.unified([['1', null, 'a@x.no']], [['7', '1', 'b@x.no']])
    expect(await tables.assignments()).toEqual({ A1: before.A1, B7: before.A1 })
    expect(profiles.rows).toBe(1)
  })

  test('when one becomes two: the more important part keeps the id, the other gets one of its own', async () => {
    await tables.unified([['1', null, 'a@x.no']], [['7', '1', 'b@x.no']])
    const { A1 } = await tables.assignments()
    const profiles = await tables.unified([['1', null, 'a@x.no']], [['7', null, 'b@x.no']])
    const after = await tables.assignments()
    expect(after.A1).toBe(A1)
    expect(after.B7).not.toBe(A1)
    expect(new Set((await tables.profileRows(profiles.table)).map(({ customer }) => customer)).size).toBe(2)
  })

  test('an id that moved with one record is not given again to the record that it was made of', async () => {
    await tables.unified(
      [['9', null, null]],
      [
        ['7', null, 'b@x.no'],
        ['8', null, 'c@x.no'],
      ],
    )
    const { B7 } = await tables.assignments()
    // A1 joins B7 and takes over its id; then B7 leaves A1, who keeps it.
    await tables.unified(
      [
        ['9', null, null],
        ['1', null, 'b@x.no'],
      ],
      [
        ['7', null, 'b@x.no'],
        ['8', null, 'c@x.no'],
      ],
    )
    await tables.unified(
      [
        ['9', null, null],
        ['1', null, 'z@x.no'],
      ],
      [
        ['7', null, 'b@x.no'],
        ['8', null, 'c@x.no'],
      ],
    )
    const after = await tables.assignments()
    expect(after.A1).toBe(B7)
    expect(new Set([after.A9, after.A1, after.B7, after.B8]).size).toBe(4)
  })
})
