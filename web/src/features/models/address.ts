/** Where on the Models page a provider's own form is. */

export const PROVIDER = 'provider'

export const modelsAddress = (provider: string): string => `/models?${new URLSearchParams({ [PROVIDER]: provider })}`
