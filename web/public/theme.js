// Runs before the first paint, so that a dark page never flashes light. A file of its own, because the content security
// policy allows no inline script.
;(() => {
  let chosen = null
  try {
    chosen = localStorage.getItem('loomwork.theme')
  } catch {
    // Storage may be forbidden; the system's preference still stands.
  }
  const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
