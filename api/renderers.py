"""Answers, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer

# UUIDs and datetimes are orjson's own; the times are RFC 3339 in UTC with a Z.
_OPTIONS = orjson.OPT_UTC_Z


def render(data: Any) -> bytes:
    """`data` as UTF-8 JSON."""
    try:
        return orjson.dumps(data, option=_OPTIONS)
    except TypeError:
        # Lone surrogates, as an error's `attr` may repeat them from the request, have no UTF-8: escape them.
        return json.dumps(data, default=str).encode("ascii")


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else render(data)
