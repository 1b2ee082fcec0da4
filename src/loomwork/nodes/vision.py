"""What a model is shown: the images among a run's files."""

import base64
import mimetypes
from dataclasses import replace

from loomwork.engine.ports import Binder, NodeContext
from loomwork.engine.variables import File, Ref
from loomwork.model_gateway.api import Message
from loomwork.nodes.config import NodeConfig, Selector
from loomwork.nodes.file_bytes import bytes_of
from loomwork.nodes.ports import FileBytes
from loomwork.nodes.reading import Inputs, shown

UPLOADED = ("sys", "files")

LARGEST_IMAGE = 10_000_000
"""Bytes."""


class VisionSource(NodeConfig):
    variable_selector: Selector = UPLOADED


class VisionConfig(NodeConfig):
    enabled: bool = False
    configs: VisionSource = VisionSource()


class BoundVision:
    """Reads images from the variable that the node names. Off, it shows none."""

    def __init__(self, config: VisionConfig, binder: Binder, files: FileBytes) -> None:
        self.enabled = config.enabled
        self._files = files
        selector = config.configs.variable_selector or UPLOADED
        self._refs: tuple[Ref, ...] = (
            (binder.ref(selector, field_name="vision.configs.variable_selector"),) if config.enabled else ()
        )
        self.inputs: Inputs = shown(self._refs)

    async def images(self, context: NodeContext) -> list[str]:
        """URLs of the images. Raises `NodeError` for one that was uploaded and cannot be read."""
        return [url for ref in self._refs for url in await self.urls_in(context.get(ref), context)]

    async def urls_in(self, value: object, context: NodeContext) -> list[str]:
        """URLs of the images that a value is or holds. A model cannot fetch what was uploaded here, so such an image
        travels inside its URL.
        """
        held = value if isinstance(value, list) else [value]
        images = [file for file in held if isinstance(file, File) and file.type == "image"]
        return [file.url or await self._inside(file, context) for file in images if file.url or file.related_id]

    async def _inside(self, file: File, context: NodeContext) -> str:
        content = await bytes_of(file, context, self._files, limit=LARGEST_IMAGE)
        return f"data:{file.mime_type or _type_of(file)};base64,{base64.b64encode(content).decode('ascii')}"


def _type_of(file: File) -> str:
    return mimetypes.guess_type(file.name)[0] or "image/png"


def show_images(messages: list[Message], images: list[str]) -> list[Message]:
    """The images beside the last message where that is the user's, else in one of their own."""
    if not images:
        return messages
    if messages and messages[-1].role == "user":
        return [*messages[:-1], replace(messages[-1], images=(*messages[-1].images, *images))]
    return [*messages, Message("user", "", tuple(images))]
