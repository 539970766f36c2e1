/** A process of its own for one task: `main.ts <task> <input as JSON>` prints the output as JSON. */
import { firstRun, firstRunInput } from './first-run.ts'
import { ingestInput, ingesting } from './ingest.ts'
import { rate, rateInput } from './rate.ts'
import { seal, sealInput } from './seal.ts'
import { segment, segmentInput } from './segment.ts'
import { unchanged, unchangedInput } from './unchanged.ts'
import { wholeFirstRun, wholeRunInput } from './whole-run.ts'

const run = async (task: string, input: unknown): Promise<unknown> => {
  switch (task) {
    case 'ingest':
      return await ingesting(ingestInput.parse(input))
    case 'seal':
      return await seal(sealInput.parse(input))
    case 'segment':
      return await segment(segmentInput.parse(input))
    case 'first-run':
      return await firstRun(firstRunInput.parse(input))
    case 'rate':
      return await rate(rateInput.parse(input))
    case 'whole-run':
      return await wholeFirstRun(wholeRunInput.parse(input))
    case 'unchanged':
      return await unchanged(unchangedInput.parse(input))
    default:
      throw new Error(`There is no task ${task}.`)
  }
}

const [, , task = '', input = '{}'] = process.argv
process.stdout.write(JSON.stringify(await run(task, JSON.parse(input))))
