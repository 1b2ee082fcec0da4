"""The template of a reply."""

from loomwork.nodes.config import NodeConfig, Text


class AnswerConfig(NodeConfig):
    answer: Text = ""
