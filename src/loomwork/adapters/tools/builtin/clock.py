"""What time it is, and what time it is elsewhere."""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loomwork.adapters.tools.world import ToolWorld
from loomwork.tools.api import ToolInputInvalid
from loomwork.tools.domain.call import ToolCall, ToolResult

__all__ = ["current_time", "localtime_to_timestamp", "timestamp_to_localtime", "timezone_conversion", "weekday"]

PLAIN = "%Y-%m-%d %H:%M:%S"
LARGEST_SECONDS = 10**11
"""From here on a timestamp can only be meant in milliseconds."""


async def current_time(call: ToolCall, world: ToolWorld) -> ToolResult:
    """The time of day in a zone, written by a format of `strftime`."""
    now = world.clock.now().astimezone(_zone(call.arguments["timezone"]))
    return _said(now, call.arguments["format"])


async def timestamp_to_localtime(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """Seconds (or milliseconds) since 1970 as the time of day in a zone."""
    seconds = call.arguments["timestamp"]
    seconds = seconds / 1000 if abs(seconds) >= LARGEST_SECONDS else seconds
    try:
        moment = datetime.fromtimestamp(seconds, _zone(call.arguments["timezone"]))
    except (OverflowError, ValueError, OSError):
        raise ToolInputInvalid("This timestamp is no time that a calendar knows.", parameter="timestamp") from None
    return _said(moment, call.arguments["format"])


async def localtime_to_timestamp(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """The time of day in a zone as seconds since 1970."""
    moment = _read(call.arguments["localtime"], _zone(call.arguments["timezone"]))
    return ToolResult(str(int(moment.timestamp())), json=[{"timestamp": int(moment.timestamp())}])


async def timezone_conversion(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """The time of day in one zone as that in another."""
    moment = _read(call.arguments["current_time"], _zone(call.arguments["current_timezone"]))
    return _said(moment.astimezone(_zone(call.arguments["target_timezone"])), PLAIN)


async def weekday(call: ToolCall, _world: ToolWorld) -> ToolResult:
    """Which day of the week a date is."""
    year, month, day = (call.arguments[part] for part in ("year", "month", "day"))
    try:
        moment = datetime(year, month, day, tzinfo=ZoneInfo("UTC"))
    except (ValueError, OverflowError):
        raise ToolInputInvalid(f"There is no date {year}-{month}-{day}.") from None
    return ToolResult(moment.strftime("%A"), json=[{"weekday": moment.strftime("%A"), "number": moment.isoweekday()}])


def _said(moment: datetime, pattern: str) -> ToolResult:
    try:
        text = moment.strftime(pattern)
    except (ValueError, UnicodeError):
        raise ToolInputInvalid("This is no format of a time.", parameter="format") from None
    return ToolResult(text, json=[{"time": moment.isoformat()}])


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name.strip() or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ToolInputInvalid(
            f"There is no time zone {name[:60]!r}; they are written like Europe/Paris.", parameter="timezone"
        ) from None


def _read(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ToolInputInvalid(f"{text[:60]!r} is no time; write it like 2026-01-31 12:00:00.") from None
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
