/** The whole suite of a destination, from its definition and a few facts about its vendor. */
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest'
import type { AnyDestination } from '../../src/destination-kit/kit.ts'
import type { Fixtures } from './fixtures.ts'
import { openStage, type Stage } from './stage.ts'
import { casesOf } from './suites.ts'

/**
 * Puts a destination through the whole suite, against its simulator: what it declares, what it says of every answer, what
 * becomes of everybody when things go wrong. What cannot be shown at it is not run; docs/reliability.md says why.
 */
export const describeDestination = (definition: AnyDestination, fixtures: Fixtures): void => {
  describe(definition.name, () => {
    let stage: Stage
    beforeAll(async () => {
      stage = await openStage({ definition, fixtures })
    })
    afterEach(() => stage.wire.clear())
    afterAll(async () => await stage.close())

    for (const { title, cannot, run } of casesOf({ definition, fixtures })) {
      if (cannot === undefined) it(title, async () => await run(stage))
    }
  })
}
