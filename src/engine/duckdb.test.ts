/** The DuckDB engine passes the conformance suites. */

import { describeEngine } from './conformance.ts'
import { describeDialect } from './conformance-dialect.ts'

describeEngine('duckdb')
describeDialect('duckdb')
