"""Tools in Python, a module for those that belong together. A file of the catalog names one by `module:function`, and
reaches only what the module lists in `__all__`.
"""
