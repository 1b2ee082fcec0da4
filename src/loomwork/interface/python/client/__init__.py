"""A client of a Loomwork server: every operation of `/api/v1`, typed, with `await` and without."""

from loomwork.interface.python.client.client import AsyncClient, Client
from loomwork.interface.python.client.errors import ServerRefused, ServerUnreachable

__all__ = ["AsyncClient", "Client", "ServerRefused", "ServerUnreachable"]
