/** How a request, a talk or a run ends early, beyond the kit's Stop. */
import { Stop } from '../destination-kit/kit.ts'

/** The vendor could not be reached, or kept failing, for longer than our patience. */
export class VendorDown extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'VendorDown'
  }
}

/** The vendor refuses the call as a whole; a batch of several records is halved. For any other talk it is a bad request. */
export class WholeCallRefused extends Stop {
  constructor(reason: string) {
    super('bad-request', reason)
    this.name = 'WholeCallRefused'
  }
}

/** The answer to a request that must not be sent twice was lost: the talk starts again from its first line. */
export class LostOnce extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'LostOnce'
  }
}

/** A destination's code is wrong: it threw something that is not a Stop, or forgot a `yield*`. */
export class BrokenTalk extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'BrokenTalk'
  }
}

/** The run is ending and nothing of this batch was written yet: it goes back to waiting. */
export class Abandoned extends Error {
  constructor() {
    super('The run is ending; this batch was not sent.')
    this.name = 'Abandoned'
  }
}
