/** Plays the browser of somebody who signs in at a simulated vendor. */

/** Opens the page that the vendor sent the browser to: where the sign-in waits, on this machine. */
export const open = async (url: string): Promise<void> => {
  await (await fetch(url)).text()
}
