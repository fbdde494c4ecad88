"""Request bodies: JSON as RFC 8259 has it, and nothing that a later reader could take for something else."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser


class PayloadTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "payload_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than the {limit:,} bytes that this route takes.")


def body_limit(view: object) -> int:
    """How many bytes of a body the view takes."""
    limit: int = getattr(view, "max_body_bytes", settings.API_MAX_BODY_BYTES)
    return limit


class JSONParser(BaseParser):
    """A view says with `max_body_bytes` how large a body it takes (1 MiB unless it does).

    Raises ParseError for what isn't UTF-8 or JSON, for NaN and infinities (1e400 too), for a name that stands twice in
    one object and for nesting deeper than the interpreter's stack; PayloadTooLarge before more than the limit is read.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return self.read(read_body(stream, (parser_context or {}).get("view")))

    def read(self, body: bytes) -> Any:
        """The value that the body says. Raises ParseError."""
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise exceptions.ParseError(f"The body isn't UTF-8: byte {error.start + 1} is wrong.") from None
        return loads(text)


def read_body(stream: IO[Any], view: object) -> bytes:
    """The whole body. Raises PayloadTooLarge before more than the view takes is read, and ParseError for less than the
    request said there would be: what is there may be JSON all the same, and still not all that was meant."""
    limit = body_limit(view)
    body: bytes = stream.read(limit + 1)
    if len(body) > limit:
        raise PayloadTooLarge(limit)
    promised = int(getattr(stream, "META", {}).get("CONTENT_LENGTH") or 0)
    if len(body) < promised:
        raise exceptions.ParseError(f"The body ended after {len(body):,} of {promised:,} bytes.")
    return body


def loads(text: str, *, what: str = "The body") -> Any:
    """The value that `text` says, as `JSONParser` reads it. Raises ParseError, whose sentence is about `what`."""
    try:
        return json.loads(
            text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_without_repeats
        )
    except json.JSONDecodeError as error:
        raise exceptions.ParseError(
            f"{what} isn't JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise exceptions.ParseError(f"{what} is nested too deeply.") from None
    except ValueError as error:
        raise exceptions.ParseError(f"{what} isn't JSON that we can keep: {error}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} isn't a JSON number.")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError("a number is larger than a double can hold.")
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"the name {json.dumps(name[:100])} stands twice in one object.")
            seen.add(name)
    return value
