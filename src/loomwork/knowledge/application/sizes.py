"""How long a text is for a model, without asking one."""

import re

_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_LETTERS_PER_TOKEN = 4
_WIDE_PER_TOKEN = 1.5


def token_estimate(text: str) -> int:
    """About as many as tokenizers of several languages make: one for four letters, two for three characters of Chinese
    or Japanese.
    """
    wide = len(_WIDE.findall(text))
    return max(1, round((len(text) - wide) / _LETTERS_PER_TOKEN + wide / _WIDE_PER_TOKEN)) if text else 0
