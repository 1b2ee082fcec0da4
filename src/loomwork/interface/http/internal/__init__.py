"""The serving half of `adapters/remote`: neighbours' doors, for processes of the same installation."""
