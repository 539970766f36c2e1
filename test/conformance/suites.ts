/** All that a destination is put through, in order. */
import type { Case, Subject } from './case.ts'
import { answers } from './suites/answers.ts'
import { failures } from './suites/failures.ts'
import { jobs } from './suites/jobs.ts'
import { ledger } from './suites/ledger.ts'
import { limits } from './suites/limits.ts'
import { months } from './suites/months.ts'
import { records } from './suites/records.ts'
import { secrets } from './suites/secrets.ts'
import { last, stops } from './suites/stops.ts'

const suites = [limits, answers, failures, records, jobs, stops, ledger, secrets, months, last]

/** Every case at this destination; those that cannot be shown there say why. */
export const casesOf = (subject: Subject): Case[] => suites.flatMap((suite) => suite(subject))
