"""Where people are known who sign in from elsewhere, for whoever runs the installation."""

from fastapi import APIRouter

from loomwork.interface.http.api.call import TheCall
from loomwork.interface.http.api.people_shapes import FindingShape, SingleSignOnShape
from loomwork.interface.http.api.shapes import ListOf
from loomwork.interface.http.bodies import StrictRoute
from loomwork.interface.http.needs import needs

router = APIRouter(
    prefix="/single-sign-on", route_class=StrictRoute, tags=["sign-in"], dependencies=[needs("installation.manage")]
)

_WHAT = "Providers of identity"


@router.get("")
async def list_sign_in_providers(call: TheCall) -> ListOf[SingleSignOnShape]:
    """List the providers of identity as they are set up, without their secrets."""
    call.require_home(_WHAT)
    return ListOf(data=[SingleSignOnShape.of(each, call.options.public_url) for each in call.sso.providers])


@router.post("/{provider}/test")
async def test_sign_in_provider(call: TheCall, provider: str) -> ListOf[FindingShape]:
    """Read what a provider says of itself, and say what is wrong with it. Nobody is signed in."""
    call.require_home(_WHAT)
    found = await call.sso.examine(provider, home=call.options.public_url)
    return ListOf(data=[FindingShape.of(each) for each in found])
