/** Where the store tells an operator what it did. Never given anything about a person. */
export interface Log {
  info(message: string): void
  warn(message: string): void
}
