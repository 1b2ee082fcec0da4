// An app file as the real server would open it, near enough to be looked at.

const RUNS_HERE = new Set([
  'start',
  'end',
  'answer',
  'llm',
  'if-else',
  'template-transform',
  'variable-aggregator',
  'variable-assigner',
  'question-classifier',
])

export function overviewOf(id, document) {
  if (!document?.app) throw new Error('The file has no app.')
  const graph = document.workflow?.graph ?? { nodes: [], edges: [] }
  const nodes = (graph.nodes ?? []).filter((node) => node.data).map(nodeOf)
  const problems = [...new Set(nodes.map(({ type }) => type))]
    .filter((type) => type && !RUNS_HERE.has(type) && !type.endsWith('-start'))
    .map((type) => ({
      level: 'warning',
      code: 'not_runnable_yet',
      message: `Nodes of type “${type}” cannot run here yet.`,
      node_id: nodes.find((node) => node.type === type).id,
      place: null,
    }))
  const { name = 'Untitled', description = '', mode = 'workflow', icon = '', icon_background = '' } = document.app
  return {
    id,
    name: String(name),
    description: description ?? '',
    mode,
    icon: icon ?? '',
    icon_background: icon_background ?? '',
    node_count: nodes.length,
    warnings: problems.length,
    created_at: new Date(Date.now() - 9e7).toISOString(),
    updated_at: new Date(Date.now() - 4e6).toISOString(),
    published_version: name.length % 2 ? 1 : null,
    nodes,
    edges: (graph.edges ?? []).map((edge) => ({
      id: String(edge.id),
      source: String(edge.source),
      target: String(edge.target),
      handle: String(edge.sourceHandle ?? 'source'),
    })),
    form: formOf(nodes),
    features: { ...document.workflow?.features, 'x-loomwork': document['x-loomwork'] },
    problems,
    models: modelsOf(nodes),
    runnable: problems.length === 0,
  }
}

function nodeOf({ id, data, position, width, height, parentId }) {
  return {
    id: String(id),
    type: data.type ?? '',
    title: String(data.title ?? ''),
    description: data.desc ?? '',
    x: position?.x ?? 0,
    y: position?.y ?? 0,
    width: width ?? data.width ?? null,
    height: height ?? data.height ?? null,
    parent_id: parentId ?? data.iteration_id ?? data.loop_id ?? null,
    handles: handlesOf(data),
    config: data,
  }
}

function handlesOf(data) {
  if (data.type === 'if-else')
    return [
      ...(data.cases ?? [{ case_id: 'true' }]).map((entry, index) => [
        entry.case_id ?? entry.id,
        index ? `Else if ${index}` : 'If',
      ]),
      ['false', 'Else'],
    ]
  if (data.type === 'question-classifier') return (data.classes ?? []).map((entry) => [entry.id, entry.name])
  return [['source', '']]
}

function formOf(nodes) {
  const variables = nodes.find((node) => node.type === 'start')?.config.variables ?? []
  return variables.map((entry) => ({
    variable: entry.variable,
    label: String(entry.label ?? ''),
    type: entry.type,
    required: Boolean(entry.required),
    default: entry.default ?? null,
    options: entry.options ?? [],
    max_length: entry.max_length ?? null,
    description: entry.hint ?? '',
    hide: Boolean(entry.hide),
  }))
}

function modelsOf(nodes) {
  const references = nodes.flatMap(({ config }) =>
    config.model?.name ? [`${config.model.provider}/${config.model.name}`] : [],
  )
  return [...new Set(references)].map((reference) => ({
    reference,
    model: 'local/qwen2.5-coder-0.5b',
    notice: reference.startsWith('local/')
      ? null
      : `${reference} is not configured here; local/qwen2.5-coder-0.5b answers instead.`,
  }))
}
