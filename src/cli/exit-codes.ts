/** What the exit code of `sund` says: one table, which docs/cli.md shows. */

export const exitCodes = {
  done: { code: 0, means: 'Done.' },
  failed: { code: 1, means: 'Something failed; the message says what.' },
  usage: { code: 2, means: 'The command line, a file or a value in it is wrong. Nothing was changed.' },
  notSuccessful: {
    code: 3,
    means:
      'The run, or a run of the refresh, or the refresh itself ended neither Successful nor Partial; or a run would, as a dry run tells.',
  },
  notFound: { code: 4, means: 'There is nothing of this name or id.' },
  conflict: { code: 5, means: 'Not possible now: changed meanwhile, in use, or there already.' },
  noAccess: { code: 6, means: 'Sund cannot be reached at this address, or does not accept the token.' },
  pending: { code: 7, means: '`sund plan --check`: the file would change something.' },
} as const satisfies Readonly<Record<string, { readonly code: number; readonly means: string }>>

export type Exit = keyof typeof exitCodes

/** By the status of a problem, which is that of HTTP. */
export const exitOfStatus = (status: number): Exit => {
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
    case 428:
      return 'usage'
    case 401:
    case 403:
      return 'noAccess'
    case 404:
    case 410:
      return 'notFound'
    case 409:
    case 412:
      return 'conflict'
    default:
      return 'failed'
  }
}
