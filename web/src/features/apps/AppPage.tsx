import { useCallback, useEffect, useMemo, useState } from 'react'
import { useParams } from 'react-router'
import { isMissing } from '@/api/client'
import { useApp } from '@/api/queries'
import type { AppOverview } from '@/api/types'
import { viewOf } from '@/editor/graph/view'
import type { TitleOf } from '@/run/Steps'
import { createRunStore, RunProvider } from '@/run/store'
import { Workbench } from '@/run/Workbench'
import { NotFound } from '@/shell/NotFound'
import { Loading } from '@/ui/Loading'
import type { Tab } from '@/ui/Tabs'
import { TabPanel } from '@/ui/Tabs'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { usePageTitle } from '@/ui/usePageTitle'
import { AppHeader } from './AppHeader'
import { AppNotices } from './AppNotices'
import { ChatPanel } from './ChatPanel'
import { HistoryPanel } from './HistoryPanel'
import { isChat } from './modes'
import { NodePanel } from './NodePanel'
import { RunPanel } from './RunPanel'

export default function AppPage() {
  const { id = '' } = useParams()
  const app = useApp(id)
  usePageTitle(app.data?.name)
  if (app.isPending) return <Loading />
  if (isMissing(app.error)) return <NotFound title={text.app.missing} body={text.app.missingHelp} />
  if (!app.data) return <Trouble error={app.error} onRetry={() => app.refetch()} />
  return <OpenApp key={id} app={app.data} />
}

function OpenApp({ app }: { app: AppOverview }) {
  const [store] = useState(createRunStore)
  const [tab, setTab] = useState('run')
  const [selected, setSelected] = useState<string | null>(null)
  const [shown, setShown] = useState<'graph' | 'panel'>('panel')
  const graph = useMemo(() => viewOf({ nodes: app.nodes, edges: app.edges }), [app.nodes, app.edges])
  useEffect(() => store.detach, [store])
  const select = useCallback((id: string | null) => {
    setSelected(id)
    if (id === null) return setTab((current) => (current === 'node' ? 'run' : current))
    setTab('node')
    setShown('panel')
  }, [])
  const titleOf = useCallback((id: string) => graph.nodes.find((node) => node.id === id)?.title ?? id, [graph])
  return (
    <RunProvider value={store}>
      <AppHeader app={app} />
      <Workbench
        graph={graph}
        selected={selected}
        onSelect={select}
        shown={shown}
        onShow={setShown}
        tabs={tabsOf(app, selected)}
        tab={tab}
        onTab={setTab}
      >
        <TabPanel id="run" keep>
          <Main app={app} titleOf={titleOf} />
        </TabPanel>
        <TabPanel id="history">
          <HistoryPanel appId={app.id} />
        </TabPanel>
        <TabPanel id="node">
          <NodePanel node={graph.nodes.find((node) => node.id === selected) ?? null} />
        </TabPanel>
      </Workbench>
    </RunProvider>
  )
}

function Main({ app, titleOf }: { app: AppOverview; titleOf: TitleOf }) {
  if (!app.runnable)
    return (
      <div className="p-4">
        <AppNotices app={app} />
      </div>
    )
  return isChat(app.mode) ? <ChatPanel app={app} titleOf={titleOf} /> : <RunPanel app={app} titleOf={titleOf} />
}

function tabsOf({ mode, runnable }: AppOverview, selected: string | null): Tab[] {
  const tabs = [
    { id: 'run', label: runnable ? (isChat(mode) ? text.app.tabChat : text.app.tabRun) : text.app.tabAbout },
    { id: 'history', label: text.app.tabHistory },
  ]
  return selected === null ? tabs : [...tabs, { id: 'node', label: text.app.tabNode }]
}
