/** Text from outside as it can be stored and shown: whole characters, none of them a control character. */
export const printable = (text: string): string => text.toWellFormed().replace(/\p{Cc}/gu, '\uFFFD')
