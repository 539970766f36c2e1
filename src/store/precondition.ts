/** What must hold of a row for a change to be made: asked while the row is locked, so that nobody changes it in between. */

/** Throws where the row is not what the caller takes it for; then nothing is changed. */
export type Precondition<T> = (current: T) => void

export const unconditional = (): void => undefined
