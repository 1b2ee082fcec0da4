"""The shapes of plugins."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from loomwork.interface.http.api.shapes import RequestShape, Shape
from loomwork.interface.http.api.tool_shapes import EffectName
from loomwork.plugins.api import PluginInfo


class PluginPermissionsShape(Shape):
    """What it may have beside its own package."""

    network: list[str] = Field(description="Hosts that the server asks for it.", examples=[["api.example.com"]])
    files: list[str] = Field(description="Files and folders of the server that it may read.")
    environment: list[str] = Field(description="Variables of the server's environment.")
    seconds: float = Field(description="How long a call may take.", examples=[30])
    memory: int = Field(description="Megabytes, beyond an empty process.", examples=[256])


class PluginToolShape(Shape):
    """A tool that it adds."""

    name: str = Field(description="Of the tool; it is called as `plugin.<id>/<name>`.", examples=["greet"])
    label: str
    description: str
    effect: EffectName


class PluginShape(Shape):
    """An installed plugin, as it stands in this workspace."""

    id: str = Field(examples=["greeting"])
    version: str = Field(examples=["1.0.0"])
    label: str
    description: str
    enabled: bool = Field(description="Whether this workspace has it.")
    source: str = Field(description="`folder`, `wheel`, `upload`, or what was asked for.", examples=["upload"])
    digest: str = Field(description="SHA-256 of all that was installed.")
    installed_at: datetime
    permissions: PluginPermissionsShape
    tools: list[PluginToolShape]

    @classmethod
    def of(cls, plugin: PluginInfo) -> "PluginShape":
        manifest = plugin.manifest
        return cls(
            id=manifest.id,
            version=manifest.version,
            label=manifest.title,
            description=manifest.description,
            enabled=plugin.enabled,
            source=plugin.source,
            digest=plugin.digest,
            installed_at=plugin.installed_at,
            permissions=PluginPermissionsShape.model_validate(manifest.permissions.model_dump(mode="json")),
            tools=[
                PluginToolShape(name=each.name, label=each.label, description=each.description, effect=each.effect)
                for each in manifest.tools
            ],
        )


class PluginRequirementBody(RequestShape):
    requirement: Annotated[str, StringConstraints(min_length=1, max_length=5000)] = Field(
        description="One package with the hashes of its wheels.",
        examples=["loomwork-greeting==1.0.0 --hash=sha256:" + "0" * 64],
    )


class PluginSwitchBody(RequestShape):
    enabled: bool
