/** Rules about what code reaches without an import: clock, environment, network, vendors' names, SQL in strings. */
import { at, isPropertyName, listAt, literalOf, nameOf, type Visit } from './syntax.ts'
import { type Breach, breachAt, isTest, type Rule, roomOf, type SourceFile } from './tree.ts'

const each = (file: SourceFile, judge: (visit: Visit) => string | undefined): Breach[] =>
  file.visits.flatMap((visit) => {
    const what = judge(visit)
    return what === undefined ? [] : [breachAt(file, visit.node, what)]
  })

const isWithin = (path: string, starts: readonly string[]): boolean => starts.some((start) => path.startsWith(start))

/** The name of a variable that is used here, as opposed to a property of that name. */
const variableOf = (visit: Visit): string | undefined => (isPropertyName(visit) ? undefined : nameOf(visit.node))

// ── clock, randomness, environment, network ─────────────────────────────────────────────────────────
const NETWORK_GLOBALS = ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest']
const IO_GLOBALS = [
  ...['Date', 'Temporal', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
  ...['process', 'console', 'crypto', 'globalThis', ...NETWORK_GLOBALS],
]
/** Of `Date`: these read no clock. */
const READS_TEXT = ['parse', 'UTC']

const pureGlobals: Rule = {
  name: 'destinations do no I/O',
  check(file) {
    if (!isWithin(file.path, ['src/destinations/', 'src/destination-kit/']) || isTest(file.path)) return []
    return each(file, (visit) => {
      const name = variableOf(visit)
      if (name === 'Date' && READS_TEXT.includes(nameOf(at(visit.up[0], 'property')) ?? '')) return undefined
      if (name !== undefined && IO_GLOBALS.includes(name)) return name
      const isRandom = name === 'Math' && nameOf(at(visit.up[0], 'property')) === 'random'
      return isRandom ? 'Math.random' : undefined
    })
  },
}

/** Where requests are made besides tests, and why. */
const networkRooms: Readonly<Record<string, string>> = {
  'src/outbound/': 'the door',
  'src/cli/http.ts': 'the client of our own API, which mostly is on this machine; no data of people leaves by it',
  'sandbox/': 'answers as the vendors do',
  'bench/': 'receives what is measured',
}

const networkGlobals: Rule = {
  name: 'the only door out (globals)',
  check: (file) =>
    isTest(file.path) || isWithin(file.path, Object.keys(networkRooms))
      ? []
      : each(file, (visit) => NETWORK_GLOBALS.find((name) => variableOf(visit) === name)),
}

const isEnvironment = ({ node }: Visit): boolean => {
  if (node.type === 'MemberExpression') {
    return nameOf(at(node, 'object')) === 'process' && nameOf(at(node, 'property')) === 'env'
  }
  if (node.type === 'ImportDeclaration') {
    const isProcess = ['process', 'node:process'].includes(literalOf(at(node, 'source') ?? node) ?? '')
    return isProcess && listAt(node, 'specifiers').some((specifier) => nameOf(at(specifier, 'imported')) === 'env')
  }
  const isFromProcess = node.type === 'VariableDeclarator' && nameOf(at(node, 'init')) === 'process'
  return isFromProcess && listAt(at(node, 'id'), 'properties').some((property) => nameOf(at(property, 'key')) === 'env')
}

const environment: Rule = {
  name: 'the only reader of the environment',
  check: (file) =>
    isTest(file.path) || isWithin(file.path, ['src/config.ts', 'scripts/'])
      ? []
      : each(file, (visit) => (isEnvironment(visit) ? 'process.env outside of src/config.ts' : undefined)),
}

// ── delivery knows no vendor ────────────────────────────────────────────────────────────────────────
const SLUGS = ['dotdigital', 'campaign-monitor', 'microsoft-advertising', 'iterable', 'sendgrid', 'webhook']
/** `Iterable` is also a word of the language, so as a name of something it is no sign. */
const SLUG_NAMES = SLUGS.filter((slug) => slug !== 'iterable').map((slug) => slug.replace('-', ''))
const namesVendor = (text: string): boolean =>
  new RegExp(`\\b(${SLUGS.join('|')})\\b`, 'i').test(text.replaceAll('_', '-'))

const noVendor: Rule = {
  name: 'delivery knows no vendor',
  check: (file) =>
    roomOf(file.path) !== 'src/delivery' || isTest(file.path)
      ? []
      : each(file, ({ node }) => {
          const literal = literalOf(node)
          if (literal !== undefined && namesVendor(literal)) return literal
          const name = nameOf(node)?.toLowerCase() ?? ''
          return SLUG_NAMES.some((slug) => name.includes(slug)) ? name : undefined
        }),
}

// ── SQL ─────────────────────────────────────────────────────────────────────────────────────────────
const QUERIES = ['selectFrom', 'insertInto', 'updateTable', 'deleteFrom', 'mergeInto', 'replaceInto']

const controlPlaneQueries: Rule = {
  name: 'control-plane SQL only in the store',
  check: (file) =>
    isTest(file.path) || roomOf(file.path) === 'src/store'
      ? []
      : each(file, ({ node }) => {
          const name = node.type === 'MemberExpression' ? nameOf(at(node, 'property')) : undefined
          return name !== undefined && QUERIES.includes(name) ? name : undefined
        }),
}

const STATEMENT =
  /^\s*(select\s[\s\S]*\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|merge\s+into\s|(create|drop|alter)\s+(or\s+replace\s+)?(temp\s+|temporary\s+)?(table|view|index|schema)\b|with\s+\S+\s+as\s*\(|copy\s[\s\S]*\s(to|from)\s|attach\s)/i

/** A statement with values in it that no tag binds, or one that is put together with `+`. */
const isPasted = ({ node, up }: Visit): boolean => {
  const text = literalOf(node)
  // `Select ...` with one capital is a sentence.
  if (text === undefined || /^\s*[A-Z][a-z]/.test(text) || !STATEMENT.test(text)) return false
  if (node.type === 'TemplateLiteral') {
    return listAt(node, 'expressions').length > 0 && up[0]?.type !== 'TaggedTemplateExpression'
  }
  return up[0]?.type === 'BinaryExpression' && up[0].operator === '+'
}

const noPastedSql: Rule = {
  name: 'no pasted SQL',
  check: (file) =>
    isTest(file.path) || !file.path.startsWith('src/')
      ? []
      : each(file, (visit) => (isPasted(visit) ? 'SQL put together from strings' : undefined)),
}

const noRawSql: Rule = {
  name: 'no raw SQL',
  check: (file) =>
    isTest(file.path) || isWithin(file.path, ['src/engine/', 'src/store/'])
      ? []
      : each(file, ({ node }) => {
          const isRaw = nameOf(at(node, 'object')) === 'sql' && nameOf(at(node, 'property')) === 'raw'
          return isRaw ? 'sql.raw binds nothing' : undefined
        }),
}

export const reachRules: readonly Rule[] = [
  pureGlobals,
  networkGlobals,
  environment,
  noVendor,
  controlPlaneQueries,
  noPastedSql,
  noRawSql,
]
