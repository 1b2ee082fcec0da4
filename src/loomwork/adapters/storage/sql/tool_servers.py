"""Servers of MCP that workspaces have added, in SQL."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from loomwork.adapters.storage.sql.added_tools import SqlAddedTools
from loomwork.adapters.storage.sql.tables import tool_servers
from loomwork.tools.domain.mcp_server import KIND, McpSettings, Offers, standing
from loomwork.tools.ports import McpRow


class SqlMcpStore(SqlAddedTools[McpRow]):
    """Fits `tools.ports.McpStore`."""

    table = tool_servers
    kind = KIND
    noun = "a server"

    def _values(self, row: McpRow) -> dict[str, Any]:
        return {
            "label": row.label,
            "url": row.url,
            "offers": row.offers.model_dump_json(exclude_defaults=True),
            "settings": row.settings.model_dump_json(exclude_defaults=True),
            "state": row.state,
            "updated_at": row.updated_at,
        }

    def _row(self, row: RowMapping) -> McpRow:
        return McpRow(
            id=row["id"],
            slug=row["slug"],
            label=row["label"],
            url=row["url"],
            offers=Offers.model_validate_json(row["offers"]),
            settings=McpSettings.model_validate_json(row["settings"]),
            state=row["state"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )

    def _told(self, row: McpRow) -> Mapping[str, Any]:
        approved = [each for each in row.offers.tools if standing(each, row.settings.approved) == "approved"]
        pins = {each.safe_name: each.pin[:16] for each in approved[:20]}
        return {"address": row.url, "tools": len(row.offers.tools), "approved": len(approved), "pins": pins}
