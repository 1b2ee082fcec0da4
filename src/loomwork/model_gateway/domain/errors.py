"""What can go wrong with a model."""

from loomwork.kernel.errors import LoomworkError


class ModelNotFound(LoomworkError):
    """No provider has a model of this name; the message names the providers there are."""

    code = "model_not_found"


class ModelUnavailable(LoomworkError):
    """The model is known and could not answer: no credentials, no weights, refused, unreachable, cut off."""

    code = "model_unavailable"


class ModelRefused(LoomworkError):
    """The provider refused the request itself (4xx): repeating it unchanged will not help."""

    code = "model_refused"
