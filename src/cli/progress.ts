/** The line that is written over while a command waits, on a terminal; elsewhere nothing. */
import { plain } from './output.ts'
import type { Io } from './session.ts'

const BAR = 20

/** `[########------------] 40 %`; empty where it is not known how much there is. */
export const bar = (done: number, total: number): string => {
  if (total <= 0) return ''
  const share = Math.min(1, Math.max(0, done / total))
  const full = Math.round(share * BAR)
  return `[${'#'.repeat(full)}${'-'.repeat(BAR - full)}] ${Math.floor(share * 100)} %`
}

export interface ProgressLine {
  show(line: string): void
  end(): void
}

export const progressLine = ({ columns, err }: Io): ProgressLine => {
  if (columns === undefined) return { show: () => undefined, end: () => undefined }
  return {
    show: (line) => err(`\r\x1b[2K${[...plain(line)].slice(0, columns - 1).join('')}`),
    end: () => err('\r\x1b[2K'),
  }
}
