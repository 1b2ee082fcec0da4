"""What `loomwork plugins new` writes: a plugin with one tool, and a test of it that passes."""

from collections.abc import Mapping

_MANIFEST = """\
# What the plugin is, what it adds, and what it may have. A key that Loomwork does not know is refused.
id: {id}
version: 0.1.0
label: {label}
description: Says hello.

# It runs in a jail: without files, environment or network, but for what stands here, which whoever installs it sees.
permissions:
  network: []        # hosts that the server asks for it by `call.fetch`, such as api.example.com
  files: []          # files and folders of the server that it may read
  environment: []    # variables of the server that it is given
  seconds: 30        # how long a call may take
  memory: 256        # megabytes

# What workspaces have to know to be let in somewhere; calls are handed it as `call.credentials`.
# credentials:
#   api_key: {{label: API key}}

tools:
  - name: greet
    description: Greets somebody by name.
    entry: {module}:greet
    effect: read      # read, write, egress or spend: what a call does to the world
    input:
      type: object
      properties:
        name: {{type: string, description: Who is greeted.}}
      required: [name]
"""

_MODULE = '''\
"""The tools of {label}. Nothing of Loomwork is needed to write or to test them."""


def greet(arguments, call):
    """`arguments` fit the schema of the manifest. `call` has `credentials`, `key`, `progress(text)`, `cancelled`, and
    `fetch(method, url, headers=..., body=...)`, which is how requests leave. What is returned is a text, or a dict of
    `text`, `json` (a list of values), `files` (`name`, `content`, `mime_type`), `links` and `variables`.
    """
    return f"Hello, {{arguments['name']}}."
'''

_TEST = """\
from {module} import greet


def test_somebody_is_greeted_by_name() -> None:
    assert greet({{"name": "Ada"}}, call=None) == "Hello, Ada."
"""

_READ_ME = """\
# {label}

    python -m pytest                      its tests
    loomwork plugins install .            install it (again after each change)
    loomwork plugins enable {id}
    loomwork tools call plugin.{id}/greet -i name=Ada

Packages that it needs stand in `requirements.lock`, each with its version and the hashes of its wheels, as
`pip-compile --generate-hashes` or `uv pip compile --generate-hashes` write it. Modules lie beside `plugin.yml`.
"""


def template(plugin_id: str) -> Mapping[str, str]:
    """The files, by their names."""
    module, label = plugin_id.replace("-", "_"), plugin_id.replace("-", " ").capitalize()
    texts = {
        "plugin.yml": _MANIFEST,
        f"{module}.py": _MODULE,
        f"test_{module}.py": _TEST,
        "README.md": _READ_ME,
    }
    return {name: text.format(id=plugin_id, module=module, label=label) for name, text in texts.items()}
