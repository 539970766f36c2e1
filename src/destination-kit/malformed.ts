/** Says that a report is damaged, cut, or of another format than its reader takes. */

/** `why` says nothing of the content, which may hold people. */
export class Malformed extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'Malformed'
  }
}
