/** `sund plan` and `sund apply`: an installation as a file. */
import { type Command, Option } from 'commander'
import { sundFile } from '../domain/sund-file.ts'
import { PartlyDone } from './failure.ts'
import { planOf } from './file/plan.ts'
import { changeText, planText } from './file/show.ts'
import type { Change, Plan } from './file/step.ts'
import { readShaped } from './input-file.ts'
import { progressLine } from './progress.ts'
import type { Parting } from './resource.ts'
import type { Session, Shell } from './session.ts'

const USUAL_FILE = 'sund.yaml'

const withPrune = (command: Command): Command =>
  command
    .option('--prune', 'remove what the file does not name, in the parts that it has', false)
    .addOption(
      new Option(
        '--people <what>',
        'our people on lists that an export of the file fills no more: leave them, or remove them by runs that a person approves',
      )
        .choices(['leave', 'remove'])
        .default('leave'),
    )

interface PlanOptions {
  readonly prune: boolean
  readonly people: Parting
}

const planned = async (session: Session, file: string, { prune, people }: PlanOptions): Promise<Plan> =>
  await planOf(session, await readShaped(session.io, file, sundFile), { prune, people })

const changesOf = ({ steps }: Plan): Change[] => steps.map(({ change }) => change)

/** Carries the steps out in order. Throws PartlyDone where one is refused after others. */
const carryOut = async ({ io }: Session, { steps }: Plan): Promise<void> => {
  const { show, end } = progressLine(io)
  const done: Change[] = []
  try {
    for (const step of steps) {
      show(changeText(step.change))
      await step.carryOut()
      done.push(step.change)
    }
  } catch (error) {
    if (done.length === 0) throw error
    throw new PartlyDone(done, done.map(changeText), error)
  } finally {
    end()
  }
}

export const addPlanAndApply = (shell: Shell, program: Command): void => {
  withPrune(
    shell.verb(program, `plan [file]`, `Show what a file (default: ${USUAL_FILE}) would change, and change nothing`),
  )
    .option('--check', 'exit with 7 where it would change something', false)
    .action(
      shell.act(async (session, file: string = USUAL_FILE, options: PlanOptions & { check: boolean }) => {
        const plan = await planned(session, file, options)
        return {
          json: { changes: changesOf(plan), extras: plan.extras },
          text: planText(plan),
          exit: options.check && plan.steps.length > 0 ? 'pending' : 'done',
        }
      }),
    )

  withPrune(
    shell.verb(program, `apply [file]`, `Make Sund what a file (default: ${USUAL_FILE}) says; this runs nothing`),
  ).action(
    shell.act(async (session, file: string = USUAL_FILE, options: PlanOptions) => {
      const plan = await planned(session, file, options)
      await carryOut(session, plan)
      const lines = changesOf(plan).map((change) => `${changeText(change)}\n`)
      return {
        json: { applied: changesOf(plan), extras: plan.extras },
        text: lines.length === 0 ? planText(plan) : `${lines.join('')}\nApplied.\n`,
      }
    }),
  )
}
