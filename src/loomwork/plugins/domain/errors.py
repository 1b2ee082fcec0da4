"""Why a plugin could not be installed, found or run."""

from loomwork.kernel.errors import InvalidInput, LoomworkError, NotFound


class PluginNotFound(NotFound):
    """No plugin of this id is installed."""

    code = "plugin_not_found"


class PluginInvalid(InvalidInput):
    """What was given is no plugin that can be installed; the message says what is wrong with it."""

    code = "plugin_invalid"


class PluginsRefused(LoomworkError):
    """Plugins cannot run on this machine, or the installation does not take them this way."""

    code = "plugins_refused"


class PluginBroken(LoomworkError):
    """The process of a plugin ended, or said what cannot be understood.

    `reason`: `crashed`, `memory`, `flood` or `forged`, `resting` while it is not started again yet, and `gone` where it
    was removed or its place was needed. `unsent`: the call was never handed to it.
    """

    code = "plugin_broken"

    def __init__(self, message: str, *, reason: str, unsent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message, reason=reason)
        self.reason = reason
        self.unsent = unsent
        self.retry_after = retry_after


class PluginRaised(LoomworkError):
    """A tool of a plugin raised; the message is its own."""

    code = "plugin_raised"
