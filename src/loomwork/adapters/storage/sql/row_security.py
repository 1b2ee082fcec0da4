"""The second of the two walls between workspaces: PostgreSQL's own row-level security (manual, section 5.9).

Every row of a workspace is seen, changed and added only in a transaction that has entered it: `loomwork.workspace_id`
is set for that transaction alone. Where nothing is set, there are no rows. The server works as a role of its own, which
owns no table; the rules also bind the owner (FORCE), who makes the tables and nothing else. Those who look at every
workspace say so, in a setting of their transaction as well.
"""

from sqlalchemy import Connection

ROLE = "loomwork_server"
"""What the server works as. Roles are of the whole PostgreSQL server: installations in several databases share it."""

WORKSPACE = "loomwork.workspace_id"
REACH = "loomwork.reach"
INSTALLATION = "installation"


def build_rules(connection: Connection) -> None:
    """Bind every table that holds rows of workspaces, and let the server's role in; as often as one likes."""
    if connection.dialect.name == "sqlite":
        return
    connection.exec_driver_sql(_MAKE_ROLE)
    connection.exec_driver_sql(_BIND_TABLES)


_MAKE_ROLE = """
DO $do$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('loomwork_server'));
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'loomwork_server') THEN
        CREATE ROLE loomwork_server NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
    IF NOT pg_has_role(current_user, 'loomwork_server', 'MEMBER') THEN
        EXECUTE format('GRANT loomwork_server TO %I', current_user);
    END IF;
EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN
    NULL;
END $do$
"""
"""A user who may not make roles goes without: the rules bind its tables' owner as well."""

_BIND_TABLES = """
DO $do$
DECLARE
    held record;
    may_touch text;
    has_role boolean := EXISTS (SELECT FROM pg_roles WHERE rolname = 'loomwork_server');
BEGIN
    FOR held IN
        SELECT c.relname AS name, (c.relname = 'workspaces') AS is_workspaces,
               bool_or(a.attname = 'workspace_id') AS has_workspace,
               c.relrowsecurity AND c.relforcerowsecurity AS is_bound
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
              AND a.attnum > 0 AND NOT a.attisdropped
        GROUP BY c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity
    LOOP
        IF has_role THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO loomwork_server', held.name);
        END IF;
        CONTINUE WHEN NOT (held.has_workspace OR held.is_workspaces) OR held.is_bound;
        may_touch := format(
            '%I = current_setting(''loomwork.workspace_id'', true)'
            ' OR current_setting(''loomwork.reach'', true) = ''installation''',
            CASE WHEN held.is_workspaces THEN 'id' ELSE 'workspace_id' END
        );
        EXECUTE format('DROP POLICY IF EXISTS workspace ON %I', held.name);
        EXECUTE format('CREATE POLICY workspace ON %I USING (%s) WITH CHECK (%s)', held.name, may_touch, may_touch);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', held.name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', held.name);
    END LOOP;
    IF has_role THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO loomwork_server', current_schema());
    END IF;
END $do$
"""
