"""What a model is shown: the images among a run's files."""

from dataclasses import replace

from loomwork.engine.ports import Binder, NodeContext
from loomwork.engine.variables import File, Ref
from loomwork.model_gateway.api import Message
from loomwork.nodes.config import NodeConfig, Selector
from loomwork.nodes.reading import Inputs, shown

UPLOADED = ("sys", "files")


class VisionSource(NodeConfig):
    variable_selector: Selector = UPLOADED


class VisionConfig(NodeConfig):
    enabled: bool = False
    configs: VisionSource = VisionSource()


class BoundVision:
    """Reads images from the variable that the node names. Off, it shows none."""

    def __init__(self, config: VisionConfig, binder: Binder) -> None:
        self.enabled = config.enabled
        selector = config.configs.variable_selector or UPLOADED
        self._refs: tuple[Ref, ...] = (
            (binder.ref(selector, field_name="vision.configs.variable_selector"),) if config.enabled else ()
        )
        self.inputs: Inputs = shown(self._refs)

    def images(self, context: NodeContext) -> list[str]:
        """URLs of the images."""
        return [url for ref in self._refs for url in image_urls(context.get(ref))]


def image_urls(value: object) -> list[str]:
    """URLs of the images that a value is or holds; an uploaded file without a URL cannot be shown."""
    files = value if isinstance(value, list) else [value]
    return [file.url for file in files if isinstance(file, File) and file.type == "image" and file.url]


def show_images(messages: list[Message], images: list[str]) -> list[Message]:
    """The images beside the last message where that is the user's, else in one of their own."""
    if not images:
        return messages
    if messages and messages[-1].role == "user":
        return [*messages[:-1], replace(messages[-1], images=(*messages[-1].images, *images))]
    return [*messages, Message("user", "", tuple(images))]
