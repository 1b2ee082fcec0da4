import { lazy } from 'react'
import { createBrowserRouter, RouterProvider } from 'react-router'
import { AppsPage } from '@/features/apps/AppsPage'
import { NotFound } from './NotFound'
import { Shell } from './Shell'
import { Stumble } from './Stumble'

// The graph and Markdown are heavy; the list of apps should not wait for them.
const AppPage = lazy(() => import('@/features/apps/AppPage'))
const RunPage = lazy(() => import('@/features/runs/RunPage'))
const RunsPage = lazy(() => import('@/features/runs/RunsPage'))
const ModelsPage = lazy(() => import('@/features/models/ModelsPage'))

const router = createBrowserRouter([
  {
    path: '/',
    element: <Shell />,
    errorElement: <Stumble />,
    children: [
      { index: true, element: <AppsPage /> },
      { path: 'apps/:id', element: <AppPage /> },
      { path: 'runs', element: <RunsPage /> },
      { path: 'runs/:id', element: <RunPage /> },
      { path: 'models', element: <ModelsPage /> },
      { path: '*', element: <NotFound /> },
    ],
  },
])

export const Routes = () => <RouterProvider router={router} />
