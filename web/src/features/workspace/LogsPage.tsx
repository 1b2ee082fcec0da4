import { useDeferredValue } from 'react'
import type { LogFilter } from '@/api/life'
import { ENVIRONMENTS } from '@/api/life'
import { useLoggedMessages, useLoggedRuns } from '@/api/lifeQueries'
import { useAppChoices } from '@/api/workspaceQueries'
import { RunRows } from '@/features/runs/RunRows'
import { Listing } from '@/ui/Listing'
import { TabPanel, Tabs } from '@/ui/Tabs'
import { text } from '@/ui/text'
import { dayBegins, dayEnds } from './days'
import { FilterBar, FilterChoice, FilterDay, FilterText } from './Filters'
import { Guarded } from './Guarded'
import { MessageRow } from './MessageRow'
import { PageHead } from './PageHead'
import { useFilter } from './useFilter'
import { useNames } from './useNames'

export default function LogsPage() {
  return (
    <Guarded needs="runs.read">
      <Logs />
    </Guarded>
  )
}

const FILTERS = ['show', 'app', 'status', 'env', 'version', 'user', 'text', 'rating', 'from', 'to'] as const
const STATUSES = ['queued', 'running', 'succeeded', 'partial-succeeded', 'failed', 'stopped', 'paused']
const statusOptions = STATUSES.map((status): [string, string] => [status, text.run.status[status] ?? status])

function Logs() {
  const [values, set] = useFilter(FILTERS)
  const apps = useAppChoices()
  const all = apps.data ?? []
  const names = new Map(all.map(({ id, name }) => [id, name]))
  const typed = useDeferredValue(values)
  const wanted: LogFilter = {
    app_id: values.app,
    status: values.status,
    environment: values.env,
    version: /^[1-9]\d{0,8}$/.test(typed.version) ? typed.version : '',
    end_user: typed.user,
    text: typed.text,
    rating: values.rating,
    since: dayBegins(values.from),
    until: dayEnds(values.to),
  }
  const shown = values.show === 'messages' ? 'messages' : 'runs'
  return (
    <>
      <PageHead title={text.logs.title} lead={text.logs.lead} />
      <FilterBar columns={shown === 'messages' ? 3 : 4}>
        <FilterText label={text.logs.text} value={values.text} onChange={(value) => set('text', value)} />
        <FilterChoice
          label={text.keys.app}
          value={values.app}
          onChange={(value) => set('app', value)}
          options={all.map(({ id, name }) => [id, name])}
        />
        <FilterChoice
          label={text.logs.status}
          value={values.status}
          onChange={(value) => set('status', value)}
          options={statusOptions}
        />
        <FilterChoice
          label={text.versions.environment}
          value={values.env}
          onChange={(value) => set('env', value)}
          options={ENVIRONMENTS.map((each) => [each, text.versions.environments[each]])}
        />
        <FilterText label={text.logs.version} value={values.version} onChange={(value) => set('version', value)} />
        <FilterText label={text.logs.user} value={values.user} onChange={(value) => set('user', value)} />
        <FilterDay label={text.logs.from} value={values.from} onChange={(value) => set('from', value)} />
        <FilterDay label={text.logs.to} value={values.to} onChange={(value) => set('to', value)} />
        {shown === 'messages' && (
          <FilterChoice
            label={text.logs.rating}
            value={values.rating}
            onChange={(value) => set('rating', value)}
            options={[
              ['like', text.logs.liked],
              ['dislike', text.logs.disliked],
            ]}
          />
        )}
      </FilterBar>
      <Tabs
        label={text.logs.title}
        value={shown}
        onChange={(tab) => set('show', tab === 'runs' ? '' : tab)}
        tabs={[
          { id: 'runs', label: text.runs.title },
          { id: 'messages', label: text.logs.messages },
        ]}
      >
        <TabPanel id="runs">
          <div className="pt-4">
            <Runs filter={wanted} appName={(id) => names.get(id)} />
          </div>
        </TabPanel>
        <TabPanel id="messages">
          <div className="pt-4">
            <Messages filter={wanted} appName={(id) => names.get(id)} />
          </div>
        </TabPanel>
      </Tabs>
    </>
  )
}

interface Props {
  filter: LogFilter
  appName: (id: string) => string | undefined
}

function Runs({ filter, appName }: Props) {
  const runs = useLoggedRuns(filter)
  return (
    <Listing
      label={text.runs.title}
      pages={runs}
      empty={text.logs.noRuns}
      row={(run) => <RunRows runs={[run]} appName={appName} />}
    />
  )
}

function Messages({ filter, appName }: Props) {
  const messages = useLoggedMessages(filter)
  const nameOf = useNames()
  return (
    <Listing
      label={text.logs.messages}
      pages={messages}
      empty={text.logs.noMessages}
      row={(message) => <MessageRow message={message} appName={appName(message.app_id)} nameOf={nameOf} />}
    />
  )
}
