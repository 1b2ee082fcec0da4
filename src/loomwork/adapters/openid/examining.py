"""What is good, what is wrong and what could be better in what a provider says of itself."""

from collections.abc import Iterator, Sequence

from joserfc.jwk import Key

from loomwork.adapters.openid.id_token import ALGORITHMS
from loomwork.adapters.openid.metadata import BASIC, IN_BODY, Metadata
from loomwork.tenancy.api import Finding, SignInProvider


def judged(provider: SignInProvider, metadata: Metadata, keys: Sequence[Key]) -> Sequence[Finding]:
    """In the order in which a person would look."""
    return [
        Finding(True, f"Discovery says where to go, and that it is {provider.issuer}"),
        Finding(True, f"Its keys can be read: {len(keys)}"),
        *_algorithms(metadata),
        *_proofs(provider, metadata),
        *_scopes(provider, metadata),
    ]


def _algorithms(metadata: Metadata) -> Iterator[Finding]:
    if metadata.algorithms and not set(metadata.algorithms) & set(ALGORITHMS):
        shown = ", ".join(metadata.algorithms)[:200]
        yield Finding(False, f"Its ID tokens are signed by {shown}; let it sign by one of {', '.join(ALGORITHMS)}.")


def _proofs(provider: SignInProvider, metadata: Metadata) -> Iterator[Finding]:
    if "S256" not in metadata.challenges:
        yield Finding(
            False if metadata.challenges and provider.client_secret is None else None,
            "It does not say that it knows PKCE (S256); it is sent, and the nonce is checked all the same.",
        )
    if provider.client_secret is None:
        yield Finding(None, "No client secret is set: it must know this client as a public one.")
    elif not {BASIC, IN_BODY} & set(metadata.authentications):
        shown = ", ".join(metadata.authentications)[:200]
        yield Finding(False, f"It takes no client secret ({shown}); let it take {BASIC} or {IN_BODY}.")


def _scopes(provider: SignInProvider, metadata: Metadata) -> Iterator[Finding]:
    unknown = [scope for scope in provider.scopes if metadata.scopes and scope not in metadata.scopes]
    if unknown:
        yield Finding(None, f"It does not list the scopes {', '.join(unknown)} among those that it knows.")
    if "email" not in provider.scopes:
        yield Finding(None, "Without the scope email, people can sign in only once they have linked their identity.")
