"""The classes, and what is sorted into them."""

from loomwork.nodes.config import NodeConfig, Rows, Selector, Text
from loomwork.nodes.memory import MemoryConfig
from loomwork.nodes.model_call import ModelConfig
from loomwork.nodes.vision import VisionConfig


class ClassConfig(NodeConfig):
    """`id` is also the handle; `name` is a template that tells the model what belongs here."""

    id: Text = ""
    name: Text = ""
    label: Text = ""


class QuestionClassifierConfig(NodeConfig):
    """Old files call the instruction `instructions`."""

    query_variable_selector: Selector = ()
    model: ModelConfig = ModelConfig()
    classes: Rows[ClassConfig] = ()
    instruction: Text = ""
    instructions: Text = ""
    memory: MemoryConfig | None = None
    vision: VisionConfig = VisionConfig()
