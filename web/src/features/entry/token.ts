/** What a link carries behind `#token=`, where no server and no log sees it. */
export const tokenOf = (hash: string): string => new URLSearchParams(hash.replace(/^#/, '')).get('token') ?? ''
