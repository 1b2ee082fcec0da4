"""Everything that is kept in one database, opened together."""

from dataclasses import dataclass

from loomwork.adapters.fairness.shares import Shares
from loomwork.adapters.storage.sql.accounts import SqlAccountStore
from loomwork.adapters.storage.sql.aliases import SqlAliasStore
from loomwork.adapters.storage.sql.annotations import SqlAnnotationStore
from loomwork.adapters.storage.sql.apps import SqlAppStore
from loomwork.adapters.storage.sql.audit import SqlAuditStore
from loomwork.adapters.storage.sql.commands import SqlCommands
from loomwork.adapters.storage.sql.conversations import SqlConversationStore
from loomwork.adapters.storage.sql.failures import SpeakingDatabase, saying_failures
from loomwork.adapters.storage.sql.fair_database import FairDatabase
from loomwork.adapters.storage.sql.files import SqlFileStore
from loomwork.adapters.storage.sql.gatekeeper import SqlGatekeeperStore
from loomwork.adapters.storage.sql.idempotency import SqlIdempotencyStore
from loomwork.adapters.storage.sql.invitations import SqlInvitationStore
from loomwork.adapters.storage.sql.journal import SqlJournal
from loomwork.adapters.storage.sql.knowledge_bases import SqlBaseStore, SqlIndexStore
from loomwork.adapters.storage.sql.knowledge_chunks import SqlChunkStore
from loomwork.adapters.storage.sql.knowledge_documents import SqlDocumentStore
from loomwork.adapters.storage.sql.knowledge_grants import SqlKnowledgeGrantStore
from loomwork.adapters.storage.sql.leases import SqlLeases
from loomwork.adapters.storage.sql.limits import SqlLimitStore
from loomwork.adapters.storage.sql.members import SqlMemberStore
from loomwork.adapters.storage.sql.message_log import SqlMessageLog
from loomwork.adapters.storage.sql.migrating import migrate
from loomwork.adapters.storage.sql.opening import open_database
from loomwork.adapters.storage.sql.outputs import SqlOutputStore
from loomwork.adapters.storage.sql.plugins import SqlPluginBook
from loomwork.adapters.storage.sql.retention import SqlRetentionStore
from loomwork.adapters.storage.sql.routes import SqlRouteStore
from loomwork.adapters.storage.sql.runs import SqlRunStore
from loomwork.adapters.storage.sql.shared_counts import SqlFailureCounts, SqlRequestCounts
from loomwork.adapters.storage.sql.takeout import SqlTakeoutStore
from loomwork.adapters.storage.sql.tool_apis import SqlApiStore
from loomwork.adapters.storage.sql.tool_servers import SqlMcpStore
from loomwork.adapters.storage.sql.tools import SqlCallTrail, SqlSwitchStore
from loomwork.adapters.storage.sql.workspaces import SqlWorkspaceStore
from loomwork.kernel.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True)
class Storage:
    """The stores of one open database. The one for credentials, which needs a keyring besides, is made by whoever has
    that.
    """

    database: SpeakingDatabase
    apps: SqlAppStore
    runs: SqlRunStore
    conversations: SqlConversationStore
    message_log: SqlMessageLog
    annotations: SqlAnnotationStore
    retention: SqlRetentionStore
    files: SqlFileStore
    gatekeeper_store: SqlGatekeeperStore
    journal: SqlJournal
    leases: SqlLeases
    commands: SqlCommands
    idempotency: SqlIdempotencyStore
    accounts: SqlAccountStore
    routes: SqlRouteStore
    aliases: SqlAliasStore
    members: SqlMemberStore
    workspaces: SqlWorkspaceStore
    invitations: SqlInvitationStore
    audit: SqlAuditStore
    limits: SqlLimitStore
    request_counts: SqlRequestCounts
    failure_counts: SqlFailureCounts
    tool_switches: SqlSwitchStore
    tool_apis: SqlApiStore
    tool_servers: SqlMcpStore
    tool_calls: SqlCallTrail
    tool_outputs: SqlOutputStore
    plugins: SqlPluginBook
    takeout: SqlTakeoutStore
    knowledge_grants: SqlKnowledgeGrantStore
    knowledge_bases: SqlBaseStore
    knowledge_indexes: SqlIndexStore
    knowledge_documents: SqlDocumentStore
    knowledge_chunks: SqlChunkStore

    async def close(self) -> None:
        """Store what the journal and the ledger have taken, then let go of the database."""
        await self.journal.close()
        await self.accounts.close()
        await self.database.close()


async def open_storage(url: str, *, clock: Clock | None = None, shares: Shares | None = None) -> Storage:
    """Open the database at `url`, such as `sqlite:///data/loomwork.db`, with the newest schema. Where workspaces have
    `shares`, those decide whose transaction is next when there are many.

    A file that is not there is made, with its folders, for its owner only. Raises `InvalidInput` for a URL that
    cannot be used, `SchemaTooNew` for a database of a newer release and `StorageFailed` for one that does not work.
    """
    with saying_failures():
        await migrate(url)
    clock = clock or SystemClock()
    silent = open_database(url, clock=clock, walled=True)
    if shares is not None:
        silent = FairDatabase(silent, shares)
    database = SpeakingDatabase(silent)
    return Storage(
        database=database,
        apps=SqlAppStore(database, clock),
        runs=SqlRunStore(database),
        conversations=SqlConversationStore(database, clock),
        message_log=SqlMessageLog(database, clock),
        annotations=SqlAnnotationStore(database, clock),
        retention=SqlRetentionStore(database, clock),
        files=SqlFileStore(database),
        gatekeeper_store=SqlGatekeeperStore(database),
        journal=SqlJournal(silent),
        leases=SqlLeases(database, clock),
        commands=SqlCommands(database),
        idempotency=SqlIdempotencyStore(database, clock),
        accounts=SqlAccountStore(database, clock),
        routes=SqlRouteStore(database, clock),
        aliases=SqlAliasStore(database),
        members=SqlMemberStore(database),
        workspaces=SqlWorkspaceStore(database),
        invitations=SqlInvitationStore(database),
        audit=SqlAuditStore(database),
        limits=SqlLimitStore(database),
        request_counts=SqlRequestCounts(database),
        failure_counts=SqlFailureCounts(database),
        tool_switches=SqlSwitchStore(database, clock),
        tool_apis=SqlApiStore(database, clock),
        tool_servers=SqlMcpStore(database, clock),
        tool_calls=SqlCallTrail(database, clock),
        tool_outputs=SqlOutputStore(database, clock),
        plugins=SqlPluginBook(database, clock),
        takeout=SqlTakeoutStore(database),
        knowledge_grants=SqlKnowledgeGrantStore(database),
        knowledge_bases=SqlBaseStore(database, clock),
        knowledge_indexes=SqlIndexStore(database, clock),
        knowledge_documents=SqlDocumentStore(database, clock),
        knowledge_chunks=SqlChunkStore(database, clock),
    )
