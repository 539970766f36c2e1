/** Rules about the language: no holes in the types, no default exports, no barrels, names, sizes. */
import { at, isPropertyName, nameOf, type Syntax, textAt, type Visit } from './syntax.ts'
import { type Breach, breachAt, isTest, type Rule, type SourceFile } from './tree.ts'

const MAX_LINES = 400

/** Longer files, and why. */
const long: Readonly<Record<string, string>> = {
  'src/errors.ts': 'one table, so that every error has its place',
  'src/cli/client.gen.ts': 'generated from the description of the API',
}

const each = (file: SourceFile, judge: (visit: Visit) => string | undefined): Breach[] =>
  file.visits.flatMap((visit) => {
    const what = judge(visit)
    return what === undefined ? [] : [breachAt(file, visit.node, what)]
  })

const isConst = (type: Syntax | undefined): boolean => nameOf(at(type, 'typeName')) === 'const'

const withoutParentheses = (node: Syntax | undefined): Syntax | undefined =>
  node?.type === 'ParenthesizedExpression' ? withoutParentheses(at(node, 'expression')) : node

/** What the engine sends back into a talk is typed once, where a talk asks. */
const isAnswerOfAsk = (file: SourceFile, { node, up }: Visit): boolean =>
  file.path === 'src/destination-kit/kit.ts' &&
  withoutParentheses(at(node, 'expression'))?.type === 'YieldExpression' &&
  nameOf(at(at(node, 'typeAnnotation'), 'typeName')) === 'Reply' &&
  up.some((ancestor) => ancestor.type === 'ClassDeclaration' && nameOf(at(ancestor, 'id')) === 'Ask')

const typeHole = (file: SourceFile, visit: Visit): string | undefined => {
  const { node } = visit
  switch (node.type) {
    case 'TSAnyKeyword':
      return 'any'
    case 'TSAsExpression':
    case 'TSTypeAssertion':
      return isConst(at(node, 'typeAnnotation')) || isAnswerOfAsk(file, visit) ? undefined : 'a cast'
    case 'TSNonNullExpression':
      return 'a non-null assertion'
    case 'PropertyDefinition':
    case 'VariableDeclarator':
      return node.definite === true ? 'a definite assignment' : undefined
    default:
      return undefined
  }
}

const noTypeHoles: Rule = {
  name: 'no holes in the types',
  check: (file) => each(file, (visit) => typeHole(file, visit)),
}

const noSilencing: Rule = {
  name: 'no silenced tools',
  check: (file) =>
    file.comments
      .filter((comment) => /@ts-(ignore|expect-error|nocheck)|biome-ignore/.test(comment))
      .map((comment) => ({ path: file.path, what: comment.trim() })),
}

const isDefaultExport = ({ node }: Visit): boolean =>
  node.type === 'ExportDefaultDeclaration' ||
  (node.type === 'ExportSpecifier' && nameOf(at(node, 'exported')) === 'default')

const noDefaultExports: Rule = {
  name: 'no default exports',
  check: (file) =>
    file.path === 'vitest.config.ts'
      ? []
      : each(file, (visit) => (isDefaultExport(visit) ? 'a default export' : undefined)),
}

const statementsOf = (file: SourceFile): Syntax[] =>
  file.visits.filter(({ up }) => up.length === 1).map(({ node }) => node)

/** `export ... from`, or `export { ... }` without a declaration of its own. */
const isReExport = (node: Syntax): boolean =>
  node.type === 'ExportAllDeclaration' ||
  (node.type === 'ExportNamedDeclaration' && at(node, 'declaration') === undefined)

const noBarrels: Rule = {
  name: 'no barrel files',
  check(file) {
    const own = statementsOf(file).filter((node) => node.type !== 'ImportDeclaration')
    return own.length > 0 && own.every(isReExport) ? [{ path: file.path, what: 'only exports what others made' }] : []
  },
}

const EMPTY_WORDS = ['util', 'utils', 'helper', 'helpers', 'manager', 'managers']
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
const hasEmptyWord = (name: string): boolean => wordsOf(name).some((word) => EMPTY_WORDS.includes(word))

const isForeignName = (visit: Visit): boolean => {
  const parent = visit.up[0]
  if (parent?.type === 'ImportSpecifier') return parent.imported === visit.node
  return parent?.type === 'MemberExpression' && isPropertyName(visit)
}

const namesThatSay: Rule = {
  name: 'names that say something',
  check(file) {
    const inPath = hasEmptyWord(file.path) ? [{ path: file.path, what: 'the path says nothing' }] : []
    const inNames = each(file, (visit) => {
      const name = nameOf(visit.node)
      return name !== undefined && hasEmptyWord(name) && !isForeignName(visit) ? name : undefined
    })
    return [...inPath, ...inNames]
  },
}

const shortFiles: Rule = {
  name: 'short files',
  check(file) {
    const lines = file.text.replace(/\n$/, '').split('\n').length
    return lines > MAX_LINES && long[file.path] === undefined
      ? [{ path: file.path, what: `${lines} lines, ${MAX_LINES} are the most` }]
      : []
  },
}

/** A file says in its head what it is for. */
const headed: Rule = {
  name: 'a head that says the role',
  check: (file) =>
    file.text.startsWith('/**') || isTest(file.path) || file.path === 'vitest.config.ts'
      ? []
      : [{ path: file.path, what: 'no head comment' }],
}

const enumerations: Rule = {
  name: 'erasable syntax',
  check: (file) =>
    each(file, ({ node }) =>
      // `declare module` adds types to a package's own, and is erased.
      ['TSEnumDeclaration', 'TSParameterProperty', 'TSModuleDeclaration'].includes(node.type) && node.declare !== true
        ? `${node.type} ${textAt(node, 'kind') ?? ''}`.trim()
        : undefined,
    ),
}

export const languageRules: readonly Rule[] = [
  noTypeHoles,
  noSilencing,
  noDefaultExports,
  noBarrels,
  namesThatSay,
  shortFiles,
  headed,
  enumerations,
]
