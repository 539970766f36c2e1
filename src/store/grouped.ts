/** Writes that come while another is under way are written together. */

interface Waiting<T> {
  readonly item: T
  resolve(): void
  reject(error: unknown): void
}

/**
 * One write at a time. `together` is all or nothing; where it fails for one of the items (`isOnes`) each is written by
 * `alone`, and whoever gave it gets its error. Any other failure is everybody's: what was asked for may be written all the same,
 * and would be refused when it is written again.
 */
export const grouped = <T>(
  alone: (item: T) => Promise<void>,
  together: (items: readonly T[]) => Promise<void>,
  isOnes: (error: unknown) => boolean,
): ((item: T) => Promise<void>) => {
  let waiting: Waiting<T>[] = []
  let writing = false

  const writeEach = async (group: readonly Waiting<T>[]): Promise<void> => {
    for (const { item, resolve, reject } of group) await alone(item).then(resolve, reject)
  }
  const write = async (group: readonly Waiting<T>[]): Promise<void> => {
    if (group.length === 1) return await writeEach(group)
    try {
      await together(group.map(({ item }) => item))
    } catch (error) {
      if (isOnes(error)) return await writeEach(group)
      for (const { reject } of group) reject(error)
      return
    }
    for (const { resolve } of group) resolve()
  }
  const writeAll = async (): Promise<void> => {
    writing = true
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      await write(group)
    }
    writing = false
  }
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      // It never rejects: every error is somebody's.
      if (!writing) void writeAll()
    })
}
