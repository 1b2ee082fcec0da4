import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queries } from '@/api/queries'
import { Routes } from '@/shell/Routes'
import { followSystemTheme } from '@/shell/theme'
import './style.css'

followSystemTheme()

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <Routes />
    </QueryClientProvider>
  </StrictMode>,
)
