"""The jails of this machine, and what lies around them to be reached."""

from collections.abc import Iterator

import pytest

from loomwork.adapters.sandbox.jails import Bubblewrap, Jail, Landlock
from loomwork.adapters.sandbox.pool import JailedSandbox
from tests.contracts.sandbox.surroundings import Surroundings, surroundings

JAILS: dict[str, Jail] = {"bubblewrap": Bubblewrap(), "landlock": Landlock()}


@pytest.fixture(scope="package", params=list(JAILS))
def jailed(request: pytest.FixtureRequest) -> Iterator[JailedSandbox]:
    """Each jail that this machine can build; `make test` installs bubblewrap where it may."""
    made = JailedSandbox(jails=[JAILS[request.param]], idle=2, at_once=8)
    missing = made.missing()
    if missing is not None:
        made.close()
        pytest.skip(missing)
    yield made
    made.close()


@pytest.fixture(scope="package")
def sandbox(jailed: JailedSandbox) -> JailedSandbox:
    """In this process; what is promised of the one that a service has is in `test_sandbox`."""
    return jailed


@pytest.fixture(scope="package")
def around() -> Iterator[Surroundings]:
    with surroundings() as made:
        yield made
