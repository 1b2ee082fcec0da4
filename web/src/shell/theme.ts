/** Light or dark: the system's preference until the person chooses. `/theme.js` applies the same rule before first paint. */

import { create } from 'zustand'

export type Theme = 'light' | 'dark'
const KEY = 'loomwork.theme'

const shown = (): Theme => (document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light')

export const useTheme = create<{ theme: Theme }>(() => ({ theme: shown() }))

function apply(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  useTheme.setState({ theme })
}

export function chooseTheme(theme: Theme): void {
  apply(theme)
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export function followSystemTheme(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ({ matches }) => {
    if (!hasChosen()) apply(matches ? 'dark' : 'light')
  })
}

function hasChosen(): boolean {
  try {
    return localStorage.getItem(KEY) !== null
  } catch {
    return false
  }
}
