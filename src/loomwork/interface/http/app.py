"""The whole HTTP face: each surface an application of its own, behind one edge."""

import re

from fastapi import FastAPI
from starlette.routing import Mount

from loomwork.interface.http import health, sign_in, single_sign_on
from loomwork.interface.http.api import app as api
from loomwork.interface.http.compat.dify import app as dify
from loomwork.interface.http.compat.openai import app as openai
from loomwork.interface.http.compat.taskingai import app as taskingai
from loomwork.interface.http.edge import BodyLimit, EmptyParameters, HostGuard, SecurityHeaders
from loomwork.interface.http.errors import CatchUnexpected, handle_our_way
from loomwork.interface.http.pages import Pages
from loomwork.interface.http.services import HttpOptions, Services
from loomwork.interface.http.surface import Surface

_MB = 1_000_000
_DOCUMENT_LIMIT = 12 * _MB
_BODY_LIMIT = 2 * _MB
_DOCUMENT_PATH = re.compile(r"/api/v1/(apps|apps/[^/]+/document|check)")
_UPLOAD_LIMIT = 26 * _MB
"""As large a recording as OpenAI takes (25 MB), and the form around it; and as large a file as an app takes."""
_UPLOAD_PATH = re.compile(
    r"/openai/v1/(audio/(transcriptions|translations)|images/edits)|/api/v1/(apps/[^/]+/files|plugins)"
)
_API_LIMIT = 30 * _MB
"""The largest document that describes an API, and what JSON adds to it as a text."""
_API_PATH = re.compile(r"/api/v1/tools/apis(/[^/]+)?")
_MODEL_LIMIT = 10 * _MB
"""Room for the images that messages carry."""
_SURFACES = (api.PREFIX, dify.PREFIX, openai.PREFIX, taskingai.PREFIX)


def create_http_app(services: Services, options: HttpOptions) -> FastAPI:
    """Build the application that a server serves. Nothing is started and nothing is read but the console's folder."""
    app = Surface("Loomwork")
    app.state.services = services
    app.state.options = options
    # Before the others, since it is they that are called by the hundred.
    app.router.routes += [
        Mount(api.PREFIX, api.create_api_app(services, options)),
        Mount(dify.PREFIX, dify.create_dify_app(services, options)),
        Mount(openai.PREFIX, openai.create_openai_app(services, options)),
        Mount(taskingai.PREFIX, taskingai.create_taskingai_app(services, options)),
    ]
    app.include_router(health.router)
    app.include_router(sign_in.router)
    app.include_router(single_sign_on.router)
    app.include_router(single_sign_on.farewells)
    app.router.routes.append(Mount("/", Pages(options.console_dir)))
    handle_our_way(app)
    app.add_middleware(CatchUnexpected)
    app.add_middleware(EmptyParameters)
    app.add_middleware(BodyLimit, limit_of=body_limit_of)
    app.add_middleware(HostGuard, bound_host=options.host, allowed=options.allowed_hosts)
    app.add_middleware(SecurityHeaders, never_stored=tuple(f"{prefix}/" for prefix in _SURFACES))
    return app


def body_limit_of(path: str) -> int:
    """How many bytes a request to this path may send."""
    if _DOCUMENT_PATH.fullmatch(path):
        return _DOCUMENT_LIMIT
    if _UPLOAD_PATH.fullmatch(path):
        return _UPLOAD_LIMIT
    if _API_PATH.fullmatch(path):
        return _API_LIMIT
    to_models = path.startswith((f"{openai.PREFIX}/", f"{taskingai.PREFIX}/"))
    return _MODEL_LIMIT if to_models else _BODY_LIMIT
