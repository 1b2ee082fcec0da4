import { useCallback, useEffect, useMemo, useState } from 'react'
import { useParams } from 'react-router'
import { isMissing } from '@/api/client'
import { useApp } from '@/api/queries'
import type { AppOverview } from '@/api/types'
import { viewOf } from '@/editor/graph/view'
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
  const chat = isChat(app.mode)
  return (
    <RunProvider value={store}>
      <AppHeader app={app} />
      <Workbench
        graph={graph}
        selected={selected}
        onSelect={select}
        shown={shown}
        onShow={setShown}
        tabs={tabsOf(chat, selected)}
        tab={tab}
        onTab={setTab}
      >
        <TabPanel id="run" keep>
          {chat ? <ChatPanel app={app} titleOf={titleOf} /> : <RunPanel app={app} titleOf={titleOf} />}
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

function tabsOf(chat: boolean, selected: string | null): Tab[] {
  const tabs = [
    { id: 'run', label: chat ? text.app.tabChat : text.app.tabRun },
    { id: 'history', label: text.app.tabHistory },
  ]
  return selected === null ? tabs : [...tabs, { id: 'node', label: text.app.tabNode }]
}
