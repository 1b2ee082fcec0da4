import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const server = process.env.LOOMWORK_SERVER ?? 'http://127.0.0.1:8700'

export default defineConfig({
  base: '/',
  plugins: [react(), tailwindcss()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    outDir: '../src/loomwork/interface/http/console',
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy allows no inline script, and images only from our own origin or as data.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': { target: server } } },
  test: { environment: 'node', include: ['src/**/*.test.{ts,tsx}'] },
})
