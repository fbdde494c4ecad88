"""The body of an ingestion call: decoded straight into events where it is as it should be, which is nearly always, and
read by the API's strict parser where it isn't, which finds and names everything that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import IO, Any

import msgspec

from api.parsers import JSONParser, read_body
from metrics.new_events import NewEvent, NewEvents

_decoder = msgspec.json.Decoder(NewEvents)
_SPACES = (b" :", b"\t:", b"\r:", b"\n:")
_SPACED_NAME = re.compile(rb'"[ \t\r\n]+:')


class EventsParser(JSONParser):
    """Gives NewEvents, or what the body says when that isn't events of the right types and nothing else."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = read_body(stream, (parser_context or {}).get("view"))
        decoded = decode(body)
        return self.read(body) if decoded is None else decoded


def decode(body: bytes) -> NewEvents | None:
    """The events, or None where only the strict parser can tell what the body says."""
    try:
        decoded = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return decoded if _has_no_repeated_name(body, decoded) else None


def _has_no_repeated_name(body: bytes, decoded: NewEvents) -> bool:
    """Whether no object in the body has the same name twice, of which the decoder keeps the last without a word.

    In JSON without white space in front of its colons, each name ends in `":`. So there are at least as many of these
    as names, and when there are exactly as many as names were decoded, none was lost. A string that holds one makes
    them more, and the strict parser decides.
    """
    names = 1 + sum(map(_names_in, decoded.events))
    if body.count(b'":') != names:
        return False
    # The search takes longer than the decoding, and hardly anybody writes what it looks for.
    return not any(space in body for space in _SPACES) or _SPACED_NAME.search(body) is None


def _names_in(event: NewEvent) -> int:
    unset = msgspec.UNSET
    metadata = event.metadata
    return (
        1
        + (event.external_customer_id is not unset)
        + (event.customer_id is not unset)
        + (event.timestamp is not unset)
        + (event.external_id is not unset)
        + (metadata is not unset)
        + (len(metadata) if isinstance(metadata, dict) else 0)
    )
