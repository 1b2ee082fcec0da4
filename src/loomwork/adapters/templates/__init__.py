"""Renders hostile Jinja templates in small processes that are limited in time and memory."""

from loomwork.adapters.templates.pool import ProcessTemplateWorker

__all__ = ["ProcessTemplateWorker"]
