"""The body of an ingestion call: decoded straight into events where it is as it should be, which is nearly always, and
read by the API's strict parser where it isn't, which finds and names everything that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import msgspec

from api.parsers import JSONParser, read_body
from metrics.new_events import NewEvents

_decoder = msgspec.json.Decoder(NewEvents)
_encoder = msgspec.json.Encoder()
_WHITE_SPACE = b" \t\r\n"


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
        return decoded if _has_no_repeated_name(body, decoded) else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _has_no_repeated_name(body: bytes, decoded: NewEvents) -> bool:
    """Whether no object in the body has the same name twice, of which the decoder keeps the last without a word.

    Without white space, each name in JSON ends in `":`. So there are at least as many of these as names, and when there
    are exactly as many as names were decoded, which the decoded written again tell, none was lost. Strings that hold
    one make them more, or hide one where it is escaped: then the strict parser decides.
    """
    again = _encoder.encode(decoded)
    if b"\\" in body and b'\\":' in again:
        return False
    return body.translate(None, _WHITE_SPACE).count(b'":') == again.count(b'":')
