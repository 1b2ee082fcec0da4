"""The gate through which requests of apps leave: only for the public web, and for hosts that the operator allows."""

from loomwork.adapters.egress.gate import EgressGate
from loomwork.adapters.egress.policy import EgressPolicy
from loomwork.adapters.egress.sockets import CheckedSockets, Sockets

__all__ = ["CheckedSockets", "EgressGate", "EgressPolicy", "Sockets"]
