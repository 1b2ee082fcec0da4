"""APIs that workspaces have imported, in SQL."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from loomwork.adapters.storage.sql.added_tools import SqlAddedTools
from loomwork.adapters.storage.sql.tables import tool_apis
from loomwork.tools.domain.api_definition import ApiDefinition, ApiSettings
from loomwork.tools.domain.imported_api import KIND, addresses_of
from loomwork.tools.ports import ApiRow


class SqlApiStore(SqlAddedTools[ApiRow]):
    """Fits `tools.ports.ApiStore`."""

    table = tool_apis
    kind = KIND
    noun = "an API"

    def _values(self, row: ApiRow) -> dict[str, Any]:
        return {
            "label": row.label,
            "url": row.url,
            "definition": row.definition.model_dump_json(exclude_defaults=True),
            "settings": row.settings.model_dump_json(exclude_defaults=True),
            "state": row.state,
            "updated_at": row.updated_at,
        }

    def _row(self, row: RowMapping) -> ApiRow:
        return ApiRow(
            id=row["id"],
            slug=row["slug"],
            label=row["label"],
            url=row["url"],
            definition=ApiDefinition.model_validate_json(row["definition"]),
            settings=ApiSettings.model_validate_json(row["settings"]),
            state=row["state"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )

    def _told(self, row: ApiRow) -> Mapping[str, Any]:
        addresses = sorted(addresses_of(row.definition, row.settings))[:20]
        return {"addresses": addresses, "operations": len(row.definition.operations)}
