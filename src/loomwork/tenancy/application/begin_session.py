"""Begin a person's session."""

from loomwork.kernel.clock import Clock
from loomwork.kernel.ids import new_id
from loomwork.tenancy.api import Visit
from loomwork.tenancy.domain import SESSION_LIFE, HowSignedIn, Session, digest, draw_secret
from loomwork.tenancy.domain.secret import Draw
from loomwork.tenancy.ports import PeopleStore

MOST_AGENT = 300
"""Characters of what a browser calls itself."""


async def begin_session(
    person_id: str, how: HowSignedIn, visit: Visit, *, store: PeopleStore, clock: Clock, draw: Draw
) -> str:
    """The session's token, which is in the answer and nowhere else."""
    token, now = draw_secret(draw), clock.now()
    agent, address = visit.agent[:MOST_AGENT] or None, visit.address or None
    session = Session(new_id(), person_id, how, now, now + SESSION_LIFE, address=address, agent=agent)
    await store.begin_session(session, digest(token))
    return token
