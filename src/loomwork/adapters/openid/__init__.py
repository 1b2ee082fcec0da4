"""Providers of identity, asked by OpenID Connect: discovery, the code for a token, and the token's signature."""

from loomwork.adapters.openid.client import EgressOpenIdClient

__all__ = ["EgressOpenIdClient"]
