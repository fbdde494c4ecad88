"""Times, as the API reads them: RFC 3339."""

from __future__ import annotations

import datetime
import re

from django.core.exceptions import ValidationError

# RFC 3339, section 5.6: a full date, "T", a full time, an offset; at most microseconds are kept.
_RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def parse_time(text: str) -> datetime.datetime:
    """The moment that `text` names, in UTC. Raises ValidationError for anything but RFC 3339 with an offset."""
    if _RFC3339.fullmatch(text):
        try:
            moment = datetime.datetime.fromisoformat(text.upper())
            return moment if moment.tzinfo is datetime.UTC else moment.astimezone(datetime.UTC)
        except (ValueError, OverflowError):
            pass
    hint = " (a “+” in a URL is written %2B)" if " " in text else ""
    raise ValidationError(
        f"This must be a time in RFC 3339 with its offset, such as 2026-01-31T12:00:00Z{hint}.",
        code="invalid",
    )
