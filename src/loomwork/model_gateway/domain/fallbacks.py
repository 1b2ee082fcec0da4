"""Who is asked where a model could not answer, and which failure is told where nobody could."""

from collections.abc import Container, Mapping, Sequence

from loomwork.model_gateway.domain.errors import REFUSALS, ModelFailure

ANY = "any"


def next_fallback(
    cause: str, of_route: Mapping[str, Sequence[str]], of_request: Sequence[str], asked: Container[str]
) -> str | None:
    """The first model not asked yet: those that the route names for the cause, or else under `"any"`, then those of
    the request. A request that no model would have (`bad_request`) goes on only where the route says so of that cause.
    """
    if cause == "bad_request":
        named: Sequence[str] = of_route.get(cause, ())
    else:
        named = [*of_route.get(cause, of_route.get(ANY, ())), *of_request]
    return next((name for name in named if name not in asked), None)


def telling(failures: Sequence[ModelFailure]) -> ModelFailure:
    """The failure that says most about what to do: the first that may pass, else the first of a call that was made,
    else the first. There is at least one.
    """
    unmade = {"not_configured", "not_found"}
    made = [failure for failure in failures if failure.cause not in unmade]
    passing = (failure for failure in made if failure.cause not in REFUSALS)
    return next(passing, None) or next(iter(made or failures))
