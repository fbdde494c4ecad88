"""What people call a period: by the clocks and the calendar of its time zone."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

from metrics.figures.periods import Interval


def period_name(start: datetime.datetime, interval: Interval, zone: ZoneInfo) -> str:
    """`Jan 12, 2026`, `Week of Jan 12, 2026`, `January 2026`, `2026`. An hour that the clock shows twice says by how
    much it is ahead of UTC: `Oct 25, 2026, 02:00 (UTC+1)`."""
    local = start.astimezone(zone)
    if interval == Interval.YEAR:
        return f"{local.year}"
    if interval == Interval.MONTH:
        return f"{local:%B} {local.year}"
    if interval == Interval.HOUR:
        return f"{day_name(local)}, {hour_name(local)}"
    return f"{'Week of ' * (interval == Interval.WEEK)}{day_name(local)}"


def range_name(start: datetime.datetime, end: datetime.datetime, zone: ZoneInfo) -> str:
    """From when to when, the end included: `Jan 1 – Jan 31, 2026`; with the hours where it isn't whole days."""
    first, last = start.astimezone(zone), (end - datetime.timedelta(microseconds=1)).astimezone(zone)
    if end - start <= datetime.timedelta(days=2) and not (
        _is_midnight(first) and _is_midnight(end.astimezone(zone))
    ):
        until = end.astimezone(zone)
        return f"{day_name(first)}, {hour_name(first)} – {day_name(until)}, {hour_name(until)}"
    if first.date() == last.date():
        return day_name(first)
    if first.year == last.year:
        return f"{first:%b} {first.day} – {day_name(last)}"
    return f"{day_name(first)} – {day_name(last)}"


def day_name(local: datetime.datetime) -> str:
    return f"{local:%b} {local.day}, {local.year}"


def hour_name(local: datetime.datetime) -> str:
    offset = local.utcoffset()
    if offset is None or local.replace(fold=1 - local.fold).utcoffset() == offset:
        return f"{local:%H:%M}"
    minutes = int(offset.total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"{local:%H:%M} (UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''})"


def _is_midnight(local: datetime.datetime) -> bool:
    return local.time() == datetime.time.min
