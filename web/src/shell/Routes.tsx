import { lazy, Suspense } from 'react'
import { createBrowserRouter, Outlet, RouterProvider } from 'react-router'
import { AppsPage } from '@/features/apps/AppsPage'
import { Loading } from '@/ui/Loading'
import { NotFound } from './NotFound'
import { Shell } from './Shell'
import { Stumble } from './Stumble'

// The graph and Markdown are heavy; the list of apps should not wait for them.
const AppPage = lazy(() => import('@/features/apps/AppPage'))
const RunPage = lazy(() => import('@/features/runs/RunPage'))
const RunsPage = lazy(() => import('@/features/runs/RunsPage'))
const ModelsPage = lazy(() => import('@/features/models/ModelsPage'))
const KnowledgePage = lazy(() => import('@/features/knowledge/KnowledgePage'))
const KnowledgeBasePage = lazy(() => import('@/features/knowledge/KnowledgeBasePage'))
const WorkspaceLayout = lazy(() => import('@/features/workspace/WorkspaceLayout'))
const AccountPage = lazy(() => import('@/features/account/AccountPage'))
const GeneralPage = lazy(() => import('@/features/workspace/GeneralPage'))
const RolesPage = lazy(() => import('@/features/workspace/RolesPage'))
const KeysPage = lazy(() => import('@/features/workspace/KeysPage'))
const LogsPage = lazy(() => import('@/features/workspace/LogsPage'))
const AuditPage = lazy(() => import('@/features/workspace/AuditPage'))
const VersionsPage = lazy(() => import('@/features/versions/VersionsPage'))
const MembersPage = lazy(() => import('@/features/workspace/MembersPage'))
const EnterPage = lazy(() => import('@/features/entry/EnterPage'))
const JoinPage = lazy(() => import('@/features/entry/JoinPage'))
const NewPasswordPage = lazy(() => import('@/features/entry/NewPasswordPage'))

// `/sign-in` is the server's: links that sign in lead there.
const BEFORE_THE_CONSOLE = [
  { path: '/enter', element: <EnterPage /> },
  { path: '/join', element: <JoinPage /> },
  { path: '/new-password', element: <NewPasswordPage /> },
]

const router = createBrowserRouter([
  {
    element: (
      <Suspense fallback={<Loading />}>
        <Outlet />
      </Suspense>
    ),
    errorElement: <Stumble />,
    children: BEFORE_THE_CONSOLE,
  },
  {
    path: '/',
    element: <Shell />,
    errorElement: <Stumble />,
    children: [
      { index: true, element: <AppsPage /> },
      { path: 'apps/:id', element: <AppPage /> },
      { path: 'apps/:id/versions', element: <VersionsPage /> },
      { path: 'runs', element: <RunsPage /> },
      { path: 'runs/:id', element: <RunPage /> },
      { path: 'knowledge', element: <KnowledgePage /> },
      { path: 'knowledge/:id', element: <KnowledgeBasePage /> },
      { path: 'models', element: <ModelsPage /> },
      { path: 'account', element: <AccountPage /> },
      {
        path: 'workspace',
        element: <WorkspaceLayout />,
        children: [
          { index: true, element: <GeneralPage /> },
          { path: 'members', element: <MembersPage /> },
          { path: 'roles', element: <RolesPage /> },
          { path: 'keys', element: <KeysPage /> },
          { path: 'logs', element: <LogsPage /> },
          { path: 'audit', element: <AuditPage /> },
        ],
      },
      { path: '*', element: <NotFound /> },
    ],
  },
])

export const Routes = () => <RouterProvider router={router} />
