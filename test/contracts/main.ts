/** `npm run contracts -- DIR`: every request of every destination, and every answer of its simulator, against what the vendors publish. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type SandboxVendor, sandboxVendors } from '../../sandbox/vendors.ts'
import type { AnyDestination } from '../../src/destination-kit/kit.ts'
import { destinationOf } from '../../src/destinations/index.ts'
import { contractsIn, isDescribed } from './descriptions.ts'
import { everyJourney } from './journeys/journey.ts'
import { listed } from './listed.ts'
import { asked } from './operations.ts'
import { Tally } from './tally.ts'

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Where the definition sends its requests, whichever region is chosen. */
const originsOf = ({ hosts, settings }: AnyDestination): string[] => {
  const regions = settings.region?.oneOf ?? ['']
  const urls = Object.values(hosts).flatMap(({ url }) =>
    typeof url === 'function' ? regions.map((region) => url({ region })) : (url ?? []),
  )
  return [...new Set(urls)]
}

const checked = async (folder: string): Promise<number> => {
  const contracts = await contractsIn(folder)
  const tallies = new Map<SandboxVendor, Tally>(
    sandboxVendors
      .filter(isDescribed)
      .map((vendor) => [vendor, new Tally(vendor, contracts[vendor], listed[vendor], asked[vendor])]),
  )
  for (const [vendor, tally] of tallies) tally.reach(originsOf(destinationOf(vendor)))
  const trouble = await everyJourney((vendor, exchanged) => tallies.get(vendor)?.take(exchanged)).catch(String)
  let [passed, failed] = [0, trouble === undefined ? 0 : 1]
  for (const tally of tallies.values()) {
    const result = tally.result()
    for (const line of result.lines) say(line)
    passed += result.passed
    failed += result.failed
  }
  if (trouble !== undefined) say(`A journey did not end as it should: ${trouble}`)
  say(`${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

const [given] = process.argv.slice(2)
if (given === undefined || !existsSync(resolve(given))) {
  say(
    given === undefined
      ? 'Say which folder has the vendors’ descriptions: npm run contracts -- DIR. docs/contract-check.md tells what belongs there.'
      : `There is no folder ${given}. docs/contract-check.md tells what belongs there.`,
  )
  process.exitCode = 1
} else {
  process.exitCode = await checked(resolve(given)).catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error))
    return 1
  })
}
