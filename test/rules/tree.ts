/** The source files as the rules see them: paths, syntax and imports. */
import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { at, listAt, nameOf, parse, type Syntax, textAt, type Visit, walk } from './syntax.ts'

export interface Import {
  /** As written: `zod`, `../errors.ts`. */
  readonly from: string
  /** The path of the file in the tree, where the import is relative. */
  readonly path?: string
  /** The names taken from it, as exported there; `*` for all or for a re-export. */
  readonly names: readonly string[]
}

export interface SourceFile {
  /** From the root of the project, with `/`. */
  readonly path: string
  readonly text: string
  readonly program: Syntax
  readonly comments: readonly string[]
  readonly visits: readonly Visit[]
  readonly imports: readonly Import[]
}

export type Tree = ReadonlyMap<string, SourceFile>

/** A place where a rule is broken. */
export interface Breach {
  readonly path: string
  readonly what: string
}

export interface Rule {
  readonly name: string
  check(file: SourceFile, tree: Tree): Breach[]
}

/** Tests, and what only tests use: a `fixtures` folder beside them. */
export const isTest = (path: string): boolean =>
  path.endsWith('.test.ts') || path.startsWith('test/') || path.includes('/fixtures/')

/** `src/engine/duckdb.ts` is in room `src/engine`; `src/errors.ts` and `sandbox/x/y.ts` in `src/errors.ts` and `sandbox`. */
export const roomOf = (path: string): string => {
  const parts = path.split('/')
  return parts[0] === 'src' ? parts.slice(0, 2).join('/') : (parts[0] ?? '')
}

export const lineOf = (file: SourceFile, node: Syntax): number => file.text.slice(0, node.start).split('\n').length

export const breachAt = (file: SourceFile, node: Syntax, what: string): Breach => ({
  path: file.path,
  what: `line ${lineOf(file, node)}: ${what}`,
})

const namesOf = (node: Syntax): string[] =>
  listAt(node, 'specifiers').map(
    (specifier) => nameOf(at(specifier, 'imported')) ?? nameOf(at(specifier, 'local')) ?? '*',
  )

const importOf = (path: string, { node }: Visit): Import[] => {
  // `source`: import, re-export and import(); import types have it too.
  const from = textAt(at(node, 'source'), 'value')
  if (from === undefined) return []
  const names = node.type === 'ImportDeclaration' ? namesOf(node) : ['*']
  return [{ from, names, ...(from.startsWith('.') ? { path: posix.join(posix.dirname(path), from) } : {}) }]
}

export const sourceFile = (path: string, text: string): SourceFile => {
  const { program, comments } = parse(path, text)
  const visits = [...walk(program)]
  return { path, text, program, comments, visits, imports: visits.flatMap((visit) => importOf(path, visit)) }
}

export const treeOf = (files: Readonly<Record<string, string>>): Tree =>
  new Map(Object.entries(files).map(([path, text]) => [path, sourceFile(path, text)]))

/** All TypeScript files of the project under `root`. */
export const loadTree = (root: string): Tree => {
  const paths = globSync(['{src,sandbox,bench,demo,test,scripts}/**/*.ts', 'vitest.config.ts'], { cwd: root })
  const texts = paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(root, path), 'utf8')])
  return treeOf(Object.fromEntries(texts))
}

/** Every breach of the rules, once each, as lines that a person reads. */
export const breachesOf = (rules: readonly Rule[], tree: Tree): string[] => {
  const told = rules.flatMap((rule) =>
    [...tree.values()].flatMap((file) =>
      rule.check(file, tree).map(({ path, what }) => `${rule.name}: ${path}: ${what}`),
    ),
  )
  return [...new Set(told)]
}
