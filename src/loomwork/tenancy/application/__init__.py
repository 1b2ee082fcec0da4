"""Who may enter: a use case a file, joined to one gatekeeper."""

from loomwork.tenancy.application.ensure_installation import ensure_installation
from loomwork.tenancy.application.gatekeeper import StoredGatekeeper

__all__ = ["StoredGatekeeper", "ensure_installation"]
