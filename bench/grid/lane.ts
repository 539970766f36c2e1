/** All cells of one vendor, one after the other: a refresh, everybody's first run, the next refresh, and so on. */
import type { SandboxVendor } from '../../sandbox/vendors.ts'
import { type Cell, concluded, faultyRun, nameOf, plainRun, type Story, setUpExport } from './cell.ts'
import { type Company, openCompany } from './company.ts'
import type { Fault } from './faults.ts'

export interface CellResult {
  /** `sendgrid/reset/applied` */
  readonly name: string
  readonly problems: readonly string[]
  readonly told: readonly string[]
  readonly hits: number
}

const HOUR_MS = 3_600_000
const FIRST_GUESS = 1000

/** A cell in which nothing goes wrong: it tells how many requests the runs usually take. */
const none: Fault = {
  name: 'nothing',
  what: 'nothing goes wrong',
  wire: { how: 'nobody listens' },
  hits: { seconds: 0 },
}
const control: Cell = { fault: none, phase: 'not-received', code: 'c999' }

/** Does a step of a cell; what it throws is a problem of that cell alone. */
const attempt = async (company: Company, story: Story, what: string, work: () => Promise<unknown>): Promise<void> => {
  // Far enough from the cell before that its rates do not count any more.
  company.clock.pass(HOUR_MS)
  const forbidden = company.sandbox.forbidden().length
  try {
    await work()
  } catch (error) {
    story.problems.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
  for (const it of company.sandbox.forbidden().slice(forbidden)) story.problems.push(`${what}: forbidden: ${it}`)
}

const resultOf = (company: Company, { cell, problems, told, hits, halves }: Story): CellResult => ({
  name: `${company.vendor}/${nameOf(cell)}`,
  problems: [
    ...problems,
    ...(cell !== control && hits === 0 ? ['no request met the fault'] : []),
    ...(cell.phase === 'partly' && halves === 0 ? ['no request was applied in part'] : []),
  ],
  told,
  hits,
})

const travel = async (company: Company, cells: readonly Cell[]): Promise<CellResult[]> => {
  const segments = new Map<Cell, string>()
  for (const cell of cells) segments.set(cell, await company.segment(nameOf(cell), cell.code))
  await company.refresh('first')
  const stories: Story[] = []
  // The control comes first, and is measured by itself.
  const usual = { first: FIRST_GUESS, third: FIRST_GUESS }
  for (const cell of cells) {
    const story = await setUpExport(company, cell, segments.get(cell) ?? '')
    stories.push(story)
    await attempt(company, story, 'first run', async () => {
      const requests = await faultyRun(company, story, 'first', usual.first)
      if (cell === control) usual.first = requests
    })
  }
  await company.refresh('second')
  for (const story of stories) {
    await attempt(company, story, 'second run', async () => await plainRun(company, story, 'second'))
  }
  await company.refresh('third')
  for (const story of stories) {
    await attempt(company, story, 'third run', async () => {
      const requests = await faultyRun(company, story, 'third', usual.third)
      if (story.cell === control) usual.third = requests
      await concluded(company, story)
    })
  }
  if (company.line.strayed() > 0) {
    for (const { cell, problems } of stories) {
      if (cell.fault.name === 'redirect') problems.push('a redirect was followed')
    }
  }
  return stories.map((story) => resultOf(company, story))
}

/** `folder`: an empty one. */
export const runLane = async (
  vendor: SandboxVendor,
  folder: string,
  wanted: readonly Cell[],
): Promise<CellResult[]> => {
  const cells = [control, ...wanted]
  const company = await openCompany(
    vendor,
    folder,
    cells.map(({ code }) => code),
  )
  try {
    return await travel(company, cells)
  } finally {
    await company.close()
  }
}
