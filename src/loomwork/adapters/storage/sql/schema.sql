CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE workspaces (
	id TEXT NOT NULL,
	slug TEXT NOT NULL,
	name TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_workspaces PRIMARY KEY (id),
	CONSTRAINT uq_workspaces_slug UNIQUE (slug)
);

CREATE TABLE aliases (
	workspace_id TEXT NOT NULL,
	surface TEXT NOT NULL,
	external_id TEXT NOT NULL,
	id TEXT NOT NULL,
	CONSTRAINT pk_aliases PRIMARY KEY (workspace_id, surface, external_id),
	CONSTRAINT fk_aliases_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_aliases_id UNIQUE (workspace_id, surface, id)
);

CREATE TABLE apps (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	description TEXT NOT NULL,
	mode TEXT NOT NULL,
	icon TEXT NOT NULL,
	icon_background TEXT NOT NULL,
	document TEXT NOT NULL,
	node_count INTEGER NOT NULL,
	warnings INTEGER NOT NULL,
	bindings JSON NOT NULL,
	published_version INTEGER,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL, revision INTEGER DEFAULT '1' NOT NULL, tags TEXT DEFAULT '' NOT NULL,
	CONSTRAINT pk_apps PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_apps_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE TABLE idempotency_keys (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	actor TEXT NOT NULL,
	operation TEXT NOT NULL,
	"key" TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	status INTEGER,
	content_type TEXT,
	body BLOB,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_idempotency_keys PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_idempotency_keys_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_idempotency_keys_key UNIQUE (workspace_id, actor, operation, "key")
);

CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE api_keys (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	app_id TEXT,
	dataset_id TEXT,
	key_hash TEXT NOT NULL,
	last_four TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	revoked_at DATETIME, name TEXT DEFAULT '' NOT NULL, scopes JSON, expires_at DATETIME, last_used_at DATETIME, member_id TEXT,
	CONSTRAINT pk_api_keys PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_api_keys_app_id FOREIGN KEY(workspace_id, app_id) REFERENCES apps (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_api_keys_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_api_keys_key_hash UNIQUE (key_hash)
);

CREATE INDEX ix_api_keys_app ON api_keys (workspace_id, app_id);

CREATE TABLE app_versions (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	app_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	document TEXT NOT NULL,
	published_at DATETIME NOT NULL,
	published_by TEXT NOT NULL, notes TEXT DEFAULT '' NOT NULL,
	CONSTRAINT pk_app_versions PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_app_versions_app_id FOREIGN KEY(workspace_id, app_id) REFERENCES apps (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_app_versions_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_app_versions_number UNIQUE (workspace_id, app_id, number)
);

CREATE TABLE conversations (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	app_id TEXT NOT NULL,
	end_user TEXT NOT NULL,
	name TEXT NOT NULL,
	inputs JSON NOT NULL,
	variables JSON NOT NULL,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_conversations PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_conversations_app_id FOREIGN KEY(workspace_id, app_id) REFERENCES apps (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_conversations_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_conversations_app ON conversations (workspace_id, app_id, end_user, id);

CREATE TABLE runs (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	app_id TEXT,
	version INTEGER,
	status TEXT NOT NULL,
	inputs JSON NOT NULL,
	"query" TEXT,
	source TEXT NOT NULL,
	end_user TEXT NOT NULL,
	document TEXT,
	conversation_id TEXT,
	message_id TEXT,
	outputs JSON NOT NULL,
	answer TEXT,
	error JSON,
	nodes JSON NOT NULL,
	usage JSON NOT NULL,
	notices JSON NOT NULL,
	created_at DATETIME NOT NULL,
	started_at DATETIME,
	finished_at DATETIME,
	elapsed_ms FLOAT, origin_id TEXT, origin_node_id TEXT, parent_id TEXT, wakes_at DATETIME, environment TEXT, key_id TEXT,
	CONSTRAINT pk_runs PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_runs_app_id FOREIGN KEY(workspace_id, app_id) REFERENCES apps (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_runs_conversation_id FOREIGN KEY(workspace_id, conversation_id) REFERENCES conversations (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_runs_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_runs_app ON runs (workspace_id, app_id, id);

CREATE INDEX ix_runs_conversation ON runs (workspace_id, conversation_id);

CREATE INDEX ix_runs_status ON runs (status);

CREATE TABLE messages (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	conversation_id TEXT NOT NULL,
	run_id TEXT NOT NULL,
	parent_id TEXT,
	"query" TEXT NOT NULL,
	answer TEXT NOT NULL,
	status TEXT NOT NULL,
	inputs JSON NOT NULL,
	usage JSON NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_messages PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_messages_conversation_id FOREIGN KEY(workspace_id, conversation_id) REFERENCES conversations (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_messages_parent_id FOREIGN KEY(workspace_id, parent_id) REFERENCES messages (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_messages_run_id FOREIGN KEY(workspace_id, run_id) REFERENCES runs (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_messages_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_messages_conversation ON messages (workspace_id, conversation_id, id);

CREATE INDEX ix_messages_parent ON messages (workspace_id, parent_id);

CREATE INDEX ix_messages_run ON messages (workspace_id, run_id);

CREATE TABLE run_events (
	workspace_id TEXT NOT NULL,
	run_id TEXT NOT NULL,
	first_seq INTEGER NOT NULL,
	last_seq INTEGER NOT NULL,
	events TEXT NOT NULL, records TEXT, epoch INTEGER,
	CONSTRAINT pk_run_events PRIMARY KEY (workspace_id, run_id, first_seq),
	CONSTRAINT fk_run_events_run_id FOREIGN KEY(workspace_id, run_id) REFERENCES runs (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_run_events_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_runs_wakes_at ON runs (wakes_at) WHERE wakes_at IS NOT NULL;

CREATE TABLE run_leases (
	workspace_id TEXT NOT NULL,
	run_id TEXT NOT NULL,
	owner TEXT,
	epoch INTEGER NOT NULL,
	until DATETIME NOT NULL, deaths INTEGER DEFAULT '0' NOT NULL, progress INTEGER DEFAULT '0' NOT NULL,
	CONSTRAINT pk_run_leases PRIMARY KEY (workspace_id, run_id),
	CONSTRAINT fk_run_leases_run_id FOREIGN KEY(workspace_id, run_id) REFERENCES runs (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_run_leases_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE TABLE run_commands (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	run_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	data TEXT NOT NULL,
	CONSTRAINT pk_run_commands PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_run_commands_run_id FOREIGN KEY(workspace_id, run_id) REFERENCES runs (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_run_commands_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_run_commands_run ON run_commands (workspace_id, run_id);

CREATE TABLE workspace_keys (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	wrapped_by TEXT NOT NULL,
	wrapped BLOB NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_workspace_keys PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_workspace_keys_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE TABLE model_credentials (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	provider TEXT NOT NULL,
	name TEXT NOT NULL,
	endpoint TEXT,
	weight INTEGER NOT NULL,
	enabled BOOLEAN NOT NULL,
	hint TEXT NOT NULL,
	key_id TEXT NOT NULL,
	sealed BLOB NOT NULL,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	verified_at DATETIME,
	CONSTRAINT pk_model_credentials PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_model_credentials_key_id FOREIGN KEY(workspace_id, key_id) REFERENCES workspace_keys (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_model_credentials_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_model_credentials_name UNIQUE (workspace_id, provider, name)
);

CREATE INDEX ix_model_credentials_key ON model_credentials (workspace_id, key_id);

CREATE TABLE model_routes (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	route JSON NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_model_routes PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_model_routes_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_model_routes_name UNIQUE (workspace_id, name)
);

CREATE TABLE model_entries (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	at DATETIME NOT NULL,
	type TEXT NOT NULL,
	model TEXT NOT NULL,
	asked TEXT NOT NULL,
	prompt_tokens BIGINT,
	completion_tokens BIGINT,
	cached_tokens BIGINT,
	cache_write_tokens BIGINT,
	reasoning_tokens BIGINT,
	characters BIGINT,
	seconds FLOAT,
	images BIGINT,
	searches BIGINT,
	cost BIGINT,
	currency TEXT NOT NULL,
	app_id TEXT,
	run_id TEXT,
	node_id TEXT,
	key_id TEXT,
	end_user TEXT,
	elapsed FLOAT NOT NULL,
	first_piece FLOAT,
	attempts INTEGER NOT NULL,
	cached BOOLEAN NOT NULL,
	failure TEXT,
	CONSTRAINT pk_model_entries PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_model_entries_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_model_entries_at ON model_entries (workspace_id, at, id);

CREATE INDEX ix_model_entries_run ON model_entries (workspace_id, run_id);

CREATE TABLE budgets (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	subject TEXT NOT NULL,
	subject_id TEXT NOT NULL,
	measure TEXT NOT NULL,
	period TEXT NOT NULL,
	most BIGINT NOT NULL,
	currency TEXT NOT NULL,
	CONSTRAINT pk_budgets PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_budgets_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_budgets_subject ON budgets (workspace_id, subject, subject_id);

CREATE TABLE audit_entries (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	number BIGINT NOT NULL,
	at DATETIME NOT NULL,
	actor_kind TEXT NOT NULL,
	actor_id TEXT NOT NULL,
	via TEXT NOT NULL,
	address TEXT NOT NULL,
	action TEXT NOT NULL,
	object_kind TEXT NOT NULL,
	object_id TEXT NOT NULL,
	details TEXT NOT NULL,
	previous TEXT NOT NULL,
	seal TEXT NOT NULL,
	CONSTRAINT pk_audit_entries PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_audit_entries_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_audit_entries_number UNIQUE (workspace_id, number)
);

CREATE INDEX ix_audit_entries_object ON audit_entries (workspace_id, object_kind, object_id, number);

CREATE INDEX ix_audit_entries_actor ON audit_entries (workspace_id, actor_id, number);

CREATE TRIGGER refuse_audit_change BEFORE UPDATE ON audit_entries WHEN 1 BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;

CREATE TRIGGER refuse_audit_removal BEFORE DELETE ON audit_entries WHEN EXISTS (SELECT 1 FROM workspaces WHERE id = OLD.workspace_id) BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;

CREATE TABLE people (
	id TEXT NOT NULL,
	email TEXT,
	name TEXT NOT NULL,
	password_hash TEXT,
	password_set_at DATETIME,
	created_at DATETIME NOT NULL,
	disabled_at DATETIME,
	CONSTRAINT pk_people PRIMARY KEY (id),
	CONSTRAINT uq_people_email UNIQUE (email)
);

CREATE TABLE members (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	person_id TEXT NOT NULL,
	role TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_members PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_members_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_members_person UNIQUE (workspace_id, person_id),
	CONSTRAINT fk_members_person FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE
);

CREATE INDEX ix_members_person ON members (person_id);

CREATE TABLE sessions (
	id TEXT NOT NULL,
	person_id TEXT NOT NULL,
	token_hash TEXT NOT NULL,
	how TEXT NOT NULL,
	address TEXT,
	agent TEXT,
	created_at DATETIME NOT NULL,
	expires_at DATETIME NOT NULL,
	revoked_at DATETIME,
	CONSTRAINT pk_sessions PRIMARY KEY (id),
	CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash),
	CONSTRAINT fk_sessions_person FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE
);

CREATE INDEX ix_sessions_person ON sessions (person_id);

CREATE TABLE one_time_tokens (
	id TEXT NOT NULL,
	person_id TEXT NOT NULL,
	purpose TEXT NOT NULL,
	token_hash TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	expires_at DATETIME NOT NULL,
	spent_at DATETIME,
	CONSTRAINT pk_one_time_tokens PRIMARY KEY (id),
	CONSTRAINT uq_one_time_tokens_token_hash UNIQUE (token_hash),
	CONSTRAINT fk_one_time_tokens_person FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE
);

CREATE INDEX ix_one_time_tokens_person ON one_time_tokens (person_id);

CREATE TABLE app_promotions (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	app_id TEXT NOT NULL,
	environment TEXT NOT NULL,
	number INTEGER NOT NULL,
	promoted_at DATETIME NOT NULL,
	promoted_by TEXT NOT NULL,
	CONSTRAINT pk_app_promotions PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_app_promotions_app_id FOREIGN KEY(workspace_id, app_id) REFERENCES apps (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_app_promotions_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_app_promotions_app ON app_promotions (workspace_id, app_id, environment, id);

CREATE TABLE message_feedback (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	message_id TEXT NOT NULL,
	source TEXT NOT NULL,
	author TEXT NOT NULL,
	rating TEXT NOT NULL,
	content TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_message_feedback PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_message_feedback_message_id FOREIGN KEY(workspace_id, message_id) REFERENCES messages (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_message_feedback_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_message_feedback_author UNIQUE (workspace_id, message_id, source, author)
);

CREATE TABLE annotations (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	app_id TEXT NOT NULL,
	question TEXT NOT NULL,
	answer TEXT NOT NULL,
	hits INTEGER NOT NULL,
	created_by TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_annotations PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_annotations_app_id FOREIGN KEY(workspace_id, app_id) REFERENCES apps (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_annotations_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_annotations_app ON annotations (workspace_id, app_id, id);

CREATE TABLE retention_rules (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	app_id TEXT,
	days INTEGER NOT NULL,
	CONSTRAINT pk_retention_rules PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_retention_rules_app_id FOREIGN KEY(workspace_id, app_id) REFERENCES apps (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_retention_rules_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_retention_rules_app ON retention_rules (workspace_id, app_id);

CREATE TABLE limits (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	subject TEXT NOT NULL,
	subject_id TEXT NOT NULL,
	measure TEXT NOT NULL,
	most BIGINT NOT NULL,
	CONSTRAINT pk_limits PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_limits_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE TABLE roles (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	permissions JSON NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_roles PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_roles_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_roles_name UNIQUE (workspace_id, name)
);

CREATE TABLE grants (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	member_id TEXT NOT NULL,
	app_id TEXT NOT NULL,
	role TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_grants PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_grants_app_id FOREIGN KEY(workspace_id, app_id) REFERENCES apps (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_grants_member_id FOREIGN KEY(workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_grants_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_grants_app UNIQUE (workspace_id, member_id, app_id)
);

CREATE INDEX ix_grants_app ON grants (workspace_id, app_id);

CREATE TABLE second_factors (
	id TEXT NOT NULL,
	person_id TEXT NOT NULL,
	wrapped_by TEXT NOT NULL,
	sealed BLOB NOT NULL,
	is_on BOOLEAN NOT NULL,
	last_step BIGINT NOT NULL,
	recovery JSON NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_second_factors PRIMARY KEY (id),
	CONSTRAINT uq_second_factors_person UNIQUE (person_id),
	CONSTRAINT fk_second_factors_person FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE
);

CREATE TABLE person_identities (
	id TEXT NOT NULL,
	person_id TEXT NOT NULL,
	issuer TEXT NOT NULL,
	subject TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_person_identities PRIMARY KEY (id),
	CONSTRAINT uq_person_identities_subject UNIQUE (issuer, subject),
	CONSTRAINT fk_person_identities_person FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE
);

CREATE INDEX ix_person_identities_person ON person_identities (person_id);

CREATE TABLE invitations (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	email TEXT NOT NULL,
	role TEXT NOT NULL,
	invited_by TEXT NOT NULL,
	token_hash TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	expires_at DATETIME NOT NULL,
	accepted_at DATETIME,
	revoked_at DATETIME,
	CONSTRAINT pk_invitations PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_invitations_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_invitations_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_invitations_email ON invitations (email);

CREATE TABLE tool_switches (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	CONSTRAINT pk_tool_switches PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_tool_switches_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_tool_switches_name UNIQUE (workspace_id, name)
);

CREATE TABLE files (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	app_id TEXT NOT NULL,
	name TEXT NOT NULL,
	kind TEXT NOT NULL,
	media_type TEXT NOT NULL,
	size INTEGER NOT NULL,
	uploaded_by TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	used_at DATETIME,
	content BLOB NOT NULL,
	CONSTRAINT pk_files PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_files_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT fk_files_app_id FOREIGN KEY(workspace_id, app_id) REFERENCES apps (workspace_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_files_app ON files (workspace_id, app_id, used_at);

CREATE INDEX ix_files_unused ON files (created_at) WHERE used_at IS NULL;

CREATE TABLE tool_apis (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	slug TEXT NOT NULL,
	label TEXT NOT NULL,
	url TEXT NOT NULL,
	definition TEXT NOT NULL,
	settings TEXT NOT NULL,
	state TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_tool_apis PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_tool_apis_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_tool_apis_slug UNIQUE (workspace_id, slug)
);

CREATE TABLE request_counts (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	due FLOAT NOT NULL,
	CONSTRAINT pk_request_counts PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_request_counts_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE TABLE sign_in_failures (
	id TEXT NOT NULL,
	count INTEGER NOT NULL,
	wait_until DATETIME NOT NULL,
	CONSTRAINT pk_sign_in_failures PRIMARY KEY (id)
);

CREATE INDEX ix_sign_in_failures_wait_until ON sign_in_failures (wait_until);

CREATE TABLE enabled_plugins (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	plugin TEXT NOT NULL,
	grant_id TEXT NOT NULL,
	CONSTRAINT pk_enabled_plugins PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_enabled_plugins_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_enabled_plugins_plugin UNIQUE (workspace_id, plugin)
);

CREATE TABLE knowledge_bases (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	settings TEXT NOT NULL,
	index_id TEXT,
	state TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	removed_at DATETIME,
	CONSTRAINT pk_knowledge_bases PRIMARY KEY (workspace_id, id),
	CONSTRAINT uq_knowledge_bases_name UNIQUE (workspace_id, name),
	CONSTRAINT fk_knowledge_bases_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE TABLE knowledge_indexes (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	knowledge_id TEXT NOT NULL,
	store TEXT NOT NULL,
	model TEXT NOT NULL,
	dimensions INTEGER NOT NULL,
	state TEXT NOT NULL,
	copied TEXT NOT NULL,
	problem TEXT NOT NULL,
	owner TEXT,
	until DATETIME,
	CONSTRAINT pk_knowledge_indexes PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_knowledge_indexes_knowledge_id FOREIGN KEY(workspace_id, knowledge_id) REFERENCES knowledge_bases (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_knowledge_indexes_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_knowledge_indexes_base ON knowledge_indexes (workspace_id, knowledge_id);

CREATE TABLE knowledge_documents (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	knowledge_id TEXT NOT NULL,
	name TEXT NOT NULL,
	media_type TEXT NOT NULL,
	size BIGINT NOT NULL,
	source TEXT NOT NULL,
	content_digest TEXT NOT NULL,
	state TEXT NOT NULL,
	problem TEXT NOT NULL,
	enabled BOOLEAN NOT NULL,
	fields JSON NOT NULL,
	readers JSON,
	chunks INTEGER NOT NULL,
	done INTEGER NOT NULL,
	tokens BIGINT NOT NULL,
	attempts INTEGER NOT NULL,
	added_by TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	due_at DATETIME NOT NULL,
	owner TEXT,
	until DATETIME,
	content BLOB NOT NULL,
	CONSTRAINT pk_knowledge_documents PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_knowledge_documents_knowledge_id FOREIGN KEY(workspace_id, knowledge_id) REFERENCES knowledge_bases (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_knowledge_documents_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_knowledge_documents_base ON knowledge_documents (workspace_id, knowledge_id, id);

CREATE INDEX ix_knowledge_documents_due ON knowledge_documents (state, due_at);

CREATE TABLE knowledge_chunks (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	knowledge_id TEXT NOT NULL,
	document_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	kind TEXT NOT NULL,
	parent_id TEXT,
	text TEXT NOT NULL,
	found_by TEXT NOT NULL,
	digest TEXT NOT NULL,
	answer TEXT NOT NULL,
	tokens INTEGER NOT NULL,
	headings JSON NOT NULL,
	page INTEGER,
	enabled BOOLEAN NOT NULL,
	edited BOOLEAN NOT NULL,
	embedded BOOLEAN NOT NULL,
	hits BIGINT NOT NULL,
	CONSTRAINT pk_knowledge_chunks PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_knowledge_chunks_document_id FOREIGN KEY(workspace_id, document_id) REFERENCES knowledge_documents (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_knowledge_chunks_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_knowledge_chunks_document ON knowledge_chunks (workspace_id, document_id, number);

CREATE INDEX ix_knowledge_chunks_base ON knowledge_chunks (workspace_id, knowledge_id, id);

CREATE INDEX ix_knowledge_chunks_digest ON knowledge_chunks (workspace_id, knowledge_id, digest);

CREATE TABLE knowledge_vectors (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	knowledge_id TEXT NOT NULL,
	digest TEXT NOT NULL,
	vector BLOB NOT NULL,
	CONSTRAINT pk_knowledge_vectors PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_knowledge_vectors_knowledge_id FOREIGN KEY(workspace_id, knowledge_id) REFERENCES knowledge_bases (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_knowledge_vectors_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_knowledge_vectors_base ON knowledge_vectors (workspace_id, knowledge_id);

CREATE TABLE knowledge_grants (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	member_id TEXT NOT NULL,
	knowledge_id TEXT NOT NULL,
	role TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_knowledge_grants PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_knowledge_grants_member_id FOREIGN KEY(workspace_id, member_id) REFERENCES members (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_knowledge_grants_knowledge_id FOREIGN KEY(workspace_id, knowledge_id) REFERENCES knowledge_bases (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT uq_knowledge_grants_base UNIQUE (workspace_id, member_id, knowledge_id),
	CONSTRAINT fk_knowledge_grants_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_knowledge_grants_base ON knowledge_grants (workspace_id, knowledge_id);

CREATE TABLE budget_counters (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	budget_id TEXT NOT NULL,
	whose TEXT NOT NULL,
	begins DATETIME NOT NULL,
	spent BIGINT NOT NULL,
	CONSTRAINT pk_budget_counters PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_budget_counters_budget_id FOREIGN KEY(workspace_id, budget_id) REFERENCES budgets (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT uq_budget_counters_period UNIQUE (workspace_id, budget_id, whose, begins),
	CONSTRAINT fk_budget_counters_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE TABLE budget_reservations (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	call_id TEXT NOT NULL,
	counter_id TEXT NOT NULL,
	held BIGINT NOT NULL,
	lapses_at DATETIME NOT NULL,
	CONSTRAINT pk_budget_reservations PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_budget_reservations_counter_id FOREIGN KEY(workspace_id, counter_id) REFERENCES budget_counters (workspace_id, id) ON DELETE CASCADE,
	CONSTRAINT uq_budget_reservations_call UNIQUE (workspace_id, call_id, counter_id),
	CONSTRAINT fk_budget_reservations_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX ix_budget_reservations_counter ON budget_reservations (workspace_id, counter_id);

CREATE TABLE tool_outputs (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	run_id TEXT,
	created_at DATETIME NOT NULL,
	content BLOB NOT NULL,
	CONSTRAINT pk_tool_outputs PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_tool_outputs_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT fk_tool_outputs_run_id FOREIGN KEY(workspace_id, run_id) REFERENCES runs (workspace_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_tool_outputs_run ON tool_outputs (workspace_id, run_id);

CREATE TABLE tool_servers (
	workspace_id TEXT NOT NULL,
	id TEXT NOT NULL,
	slug TEXT NOT NULL,
	label TEXT NOT NULL,
	url TEXT NOT NULL,
	offers TEXT NOT NULL,
	settings TEXT NOT NULL,
	state TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	CONSTRAINT pk_tool_servers PRIMARY KEY (workspace_id, id),
	CONSTRAINT fk_tool_servers_workspace FOREIGN KEY(workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
	CONSTRAINT uq_tool_servers_slug UNIQUE (workspace_id, slug)
);

INSERT INTO alembic_version (version_num) VALUES ('0022');

