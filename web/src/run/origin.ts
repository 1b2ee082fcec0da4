/** Whether an address is of our own origin, so that loading it tells nobody else anything. */
export const isOwn = (address: string, origin: string): boolean =>
  URL.canParse(address, origin) && new URL(address, origin).origin === origin
