import { ChevronLeft, RotateCcw } from 'lucide-react'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { Link, useParams } from 'react-router'
import { isMissing } from '@/api/client'
import { useApp, useRun, useRunGraph } from '@/api/queries'
import type { Graph, ModelBinding, Run } from '@/api/types'
import { viewOf } from '@/editor/graph/view'
import { withInputsOf } from '@/features/apps/again'
import { NodePanel } from '@/features/apps/NodePanel'
import { ToldOfModels } from '@/features/apps/StandIns'
import { Result } from '@/run/Result'
import { RunControls } from '@/run/RunControls'
import { RunNotices } from '@/run/RunNotices'
import { StatusLine, standOf } from '@/run/StatusMark'
import { createRunStore, RunProvider, useLive } from '@/run/store'
import { isLive, type RunView } from '@/run/view'
import { type Shown, Workbench } from '@/run/Workbench'
import { NotFound } from '@/shell/NotFound'
import { Button, buttonClasses } from '@/ui/Button'
import { fullTime } from '@/ui/format'
import { JsonView } from '@/ui/JsonView'
import { Loading } from '@/ui/Loading'
import { type Tab, TabPanel } from '@/ui/Tabs'
import { Trouble } from '@/ui/Trouble'
import { text } from '@/ui/text'
import { usePageTitle } from '@/ui/usePageTitle'
import { readableInputs } from './givenInputs'
import { ReplayDialog } from './ReplayDialog'
import { RunOrigin } from './RunOrigin'
import { Timeline } from './Timeline'

export default function RunPage() {
  const { id = '' } = useParams()
  const run = useRun(id)
  const graph = useRunGraph(id)
  usePageTitle(text.runs.one)
  if (isMissing(run.error)) return <NotFound title={text.runs.missing} body={text.runs.missingHelp} />
  const error = run.error ?? graph.error
  if (error) return <Trouble error={error} onRetry={() => Promise.all([run.refetch(), graph.refetch()])} />
  if (!run.data || !graph.data) return <Loading />
  return <OpenRun key={id} run={run.data} graph={graph.data} />
}

const TABS: Tab[] = [
  { id: 'run', label: text.runs.summary },
  { id: 'timeline', label: text.runs.timeline },
]
const NO_MODELS: readonly ModelBinding[] = []
const NODE_TAB: Tab = { id: 'node', label: text.app.tabNode }

/** A run seen again: its events are read from the first, live where it still goes on. */
function OpenRun({ run, graph }: { run: Run; graph: Graph }) {
  const [store] = useState(createRunStore)
  const [tab, setTab] = useState('run')
  const [shown, setShown] = useState<Shown>('panel')
  const [selected, setSelected] = useState<string | null>(null)
  const models = useApp(run.app_id).data?.models ?? NO_MODELS
  const view = useMemo(() => viewOf(graph), [graph])
  const inputs = useMemo(() => readableInputs(run.inputs, graph), [run.inputs, graph])
  const [first] = useState(run)
  useEffect(() => {
    void store.attach(first)
    return store.detach
  }, [store, first])
  const select = useCallback((id: string | null) => {
    setSelected(id)
    setTab((current) => (id !== null ? 'node' : current === 'node' ? 'run' : current))
    if (id !== null) setShown('panel')
  }, [])
  const titleOf = useCallback((id: string) => view.nodes.find((node) => node.id === id)?.title ?? id, [view])
  return (
    <RunProvider value={store}>
      <RunHeader run={run} />
      <Workbench
        graph={view}
        selected={selected}
        onSelect={select}
        shown={shown}
        onShow={setShown}
        tabs={selected === null ? TABS : [...TABS, NODE_TAB]}
        tab={tab}
        onTab={setTab}
      >
        <TabPanel id="run">
          <div className="space-y-4 p-4">
            <RunOrigin run={run} titleOf={titleOf} />
            <ToldOfModels models={models} notices={run.notices} />
            <RunNotices models={models} />
            {run.query && <p className="rounded-[5px] bg-well px-3.5 py-2.5 whitespace-pre-wrap">{run.query}</p>}
            {Object.keys(run.inputs).length > 0 && <JsonView title={text.run.inputs} value={inputs} open />}
            <Result titleOf={titleOf} />
          </div>
        </TabPanel>
        <TabPanel id="timeline">
          <Timeline titleOf={titleOf} />
        </TabPanel>
        <TabPanel id="node">
          <NodePanel node={view.nodes.find((node) => node.id === selected) ?? null} />
        </TabPanel>
      </Workbench>
    </RunProvider>
  )
}

function RunHeader({ run }: { run: Run }) {
  const seen = useLive(({ view }) => view.status)
  const stand = useLive(standOf)
  const status = seen === 'idle' ? run.status : seen
  const app = useApp(run.app_id)
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line bg-sheet px-3 py-2.5 sm:px-4">
      <Link
        to="/runs"
        aria-label={text.runs.title}
        className="grid size-8 place-items-center rounded-[5px] text-faded hover:bg-well hover:text-ink"
      >
        <ChevronLeft size={19} />
      </Link>
      <div className="min-w-0 flex-1">
        <h1 className="truncate text-lg leading-tight">{app.data?.name ?? text.runs.one}</h1>
        <p className="flex flex-wrap gap-x-2 text-xs text-faded">
          <StatusLine status={seen === 'idle' ? status : stand} />
          <span>
            {fullTime(run.created_at)} · {text.runs.sources[run.source] ?? run.source} ·{' '}
            {run.version === null ? text.runs.draft : text.runs.version(run.version)}
          </span>
        </p>
      </div>
      <RunActions run={run} status={status} />
    </div>
  )
}

/** Beside the title, or below it where there is no room. */
function RunActions({ run, status }: { run: Run; status: RunView['status'] }) {
  const [replaying, setReplaying] = useState(false)
  return (
    <div className="flex flex-wrap gap-2 max-sm:w-full">
      <RunControls size="small" />
      {!isLive(status) && (
        <Button size="small" icon={<RotateCcw size={14} aria-hidden />} onClick={() => setReplaying(true)}>
          {text.replay.again}
        </Button>
      )}
      {replaying && <ReplayDialog run={run} from={null} onClose={() => setReplaying(false)} />}
      <Link to={`/apps/${run.app_id}`} state={withInputsOf(run)} className={buttonClasses('plain', 'small')}>
        {text.runs.openApp}
      </Link>
    </div>
  )
}
