// A scripted run: nodes in the order of their threads, one branch taken, text in pieces, the connection dropped once.

const TEXT = `Thank you for writing to us. I am sorry that you were **charged twice**; that should not happen.

Could you send me the *invoice number* of the second payment?

| Step | When |
|---|---|
| We check the payment | today |
| Refund | within one working day |

See [our help page](https://example.org/help).`

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

export function beginRun(app, request, runs) {
  const run = {
    id: `run-${runs.size + 1}`,
    request,
    app,
    events: [],
    created: new Date().toISOString(),
    status: 'queued',
    nodes: {},
    waiting: new Set(),
  }
  runs.set(run.id, run)
  void play(run)
  return runOf(run)
}

function emit(run, type, data = {}, nodeId = null) {
  const event = {
    seq: run.events.length + 1,
    type,
    node_id: nodeId,
    at: (Date.now() - Date.parse(run.created)) / 1000,
    frame: [],
    data,
  }
  run.events.push(event)
  for (const wake of run.waiting) wake()
  run.waiting.clear()
}

async function play(run) {
  const { app, request } = run
  await pause(250)
  run.status = 'running'
  emit(run, 'run_started', { inputs: request.inputs, app_id: app.id, version: null })
  const skipped = new Set()
  for (const node of ordered(app)) {
    if (run.stopping) return end(run, 'stopped', 'run_stopped', { by: 'Owner' })
    const incoming = app.edges.filter((edge) => edge.target === node.id)
    if (
      incoming.length &&
      incoming.every((edge) => skipped.has(`${edge.source}/${edge.handle}`) || skipped.has(edge.source))
    ) {
      skipped.add(node.id)
      emit(run, 'node_skipped', {}, node.id)
      continue
    }
    if (!(await playNode(run, node, skipped))) return
  }
  run.outputs = { reply: TEXT, class: 'Billing and payments' }
  run.answer = TEXT
  end(run, 'succeeded', 'run_succeeded', {
    outputs: run.outputs,
    answer: TEXT,
    usage: { prompt_tokens: 214, completion_tokens: 96, total_tokens: 310 },
  })
}

async function playNode(run, node, skipped) {
  emit(run, 'node_started', { title: node.title, node_type: node.type, inputs: run.request.inputs }, node.id)
  await pause(node.type === 'llm' ? 200 : 450)
  if (node.type === 'llm')
    for (const text of TEXT.match(/\s*\S+/g)) {
      emit(run, 'text_chunk', { text, from: [node.id, 'text'] }, node.id)
      await pause(Number(process.env.MOCK_PACE ?? 35))
    }
  if (JSON.stringify(run.request.inputs).includes('fail me') && node.type === 'llm') {
    const error = { code: 'model_unavailable', message: 'The model did not answer: it was asked to fail.' }
    emit(run, 'node_failed', { error, attempt: 1, elapsed_ms: 800 }, node.id)
    run.error = { ...error, node_id: node.id }
    end(run, 'failed', 'run_failed', { error, node_id: node.id })
    return false
  }
  const outputs = outputsOf(node)
  for (const [handle] of node.handles.slice(1)) skipped.add(`${node.id}/${handle}`)
  emit(
    run,
    'node_succeeded',
    {
      outputs,
      usage: node.type === 'llm' ? { prompt_tokens: 214, completion_tokens: 96, total_tokens: 310 } : null,
      elapsed_ms: 400 + Math.random() * 900,
    },
    node.id,
  )
  return true
}

function outputsOf(node) {
  if (node.type === 'question-classifier') return { class_name: node.handles[0][1], class_id: node.handles[0][0] }
  if (node.type === 'if-else') return { result: true, selected_case_id: node.handles[0][0] }
  return node.type === 'llm' ? { text: TEXT } : { output: 'Hello, I was charged twice.', parts: [1, 2, 3], sure: true }
}

function end(run, status, type, data) {
  run.status = status
  run.finished = new Date().toISOString()
  emit(run, type, data)
}

function ordered({ nodes, edges }) {
  const left = new Map(nodes.filter(({ type }) => type).map((node) => [node.id, node]))
  const sorted = []
  while (left.size) {
    const next =
      [...left.values()].find((node) => !edges.some((edge) => edge.target === node.id && left.has(edge.source))) ??
      [...left.values()][0]
    left.delete(next.id)
    sorted.push(next)
  }
  return sorted
}

export const stopRun = (run) => {
  run.stopping = true
}

export const runOf = ({ id, request, status, created, finished, outputs = {}, answer = null, error = null }) => ({
  id,
  app_id: request.app_id,
  version: null,
  status,
  inputs: request.inputs,
  query: request.query ?? null,
  source: 'console',
  end_user: 'p',
  created_at: created,
  conversation_id: request.query ? (request.conversation_id ?? `talk-${id}`) : null,
  message_id: null,
  outputs,
  answer,
  error,
  nodes: {},
  usage: {},
  notices: [],
  questions: [],
  origin_id: null,
  origin_node_id: null,
  parent_id: null,
  started_at: created,
  finished_at: finished ?? null,
  elapsed_ms: finished ? Date.parse(finished) - Date.parse(created) : null,
})

export async function eventsOf(run, after, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  let seq = after
  while (!response.destroyed) {
    for (; seq < run.events.length; seq += 1)
      response.write(`id: ${run.events[seq].seq}\ndata: ${JSON.stringify(run.events[seq])}\n\n`)
    if (run.finished) return response.end()
    if (seq > 20 && after === 0) return response.destroy()
    await new Promise((resolve) => run.waiting.add(resolve))
  }
}
