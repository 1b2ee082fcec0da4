"""What flows along an edge: values, files, selectors and templates."""

from loomwork.engine.variables.files import File, FileType
from loomwork.engine.variables.refs import MISSING, Missing, Ref
from loomwork.engine.variables.rendering import render_markdown, render_text
from loomwork.engine.variables.templates import Template, parse_template

__all__ = [
    "MISSING",
    "File",
    "FileType",
    "Missing",
    "Ref",
    "Template",
    "parse_template",
    "render_markdown",
    "render_text",
]
