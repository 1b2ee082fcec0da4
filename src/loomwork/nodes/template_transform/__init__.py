"""Text made from a Jinja template."""

from loomwork.nodes.template_transform.node import TemplateTransformType

__all__ = ["TemplateTransformType"]
