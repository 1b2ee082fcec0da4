"""Whether a model can be made to call a tool, and what it is told where it cannot."""

from loomwork.model_gateway.ports import Call

CHOICE = "tool_choice"
"""Named as `unsupported` in the profile of a model that refuses to be made to call a tool, as those do that always
think first."""


def may_be_forced(call: Call) -> bool:
    """Whether a call of a tool can be insisted on."""
    return CHOICE not in call.profile.unsupported


def plea(call: Call) -> str:
    """The wish for a call of a tool in words, where it cannot be insisted on; else nothing."""
    return "" if may_be_forced(call) else in_words(call)


def in_words(call: Call) -> str:
    """The wish for a call of a tool in words, whether or not it can be insisted on; nothing where none is wished."""
    if not call.tools:
        return ""
    match call.tool_choice.mode:
        case "required":
            return "Call at least one of the tools before you answer."
        case "named":
            return f"Call the tool {call.tool_choice.name} before you answer."
        case _:
            return ""
