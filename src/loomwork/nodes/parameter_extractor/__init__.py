"""Has a model read named, typed values out of a text."""

from loomwork.nodes.parameter_extractor.node import ParameterExtractorType

__all__ = ["ParameterExtractorType"]
