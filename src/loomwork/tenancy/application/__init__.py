"""Who may enter, a use case a file, joined to one gatekeeper; and the trail of what they did."""

from loomwork.tenancy.application.audit_trail import StoredAuditTrail
from loomwork.tenancy.application.ensure_installation import ensure_installation
from loomwork.tenancy.application.gatekeeper import StoredGatekeeper
from loomwork.tenancy.application.limits import StoredLimits

__all__ = ["StoredAuditTrail", "StoredGatekeeper", "StoredLimits", "ensure_installation"]
