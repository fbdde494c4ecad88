"""Metadata as rows of a form: a key, a type and a value each. Adding and removing a row is a button of the form, which
comes back with a row more or less and nothing saved."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from rest_framework.exceptions import ParseError

from api.metadata import MAX_KEYS, Metadata, check_metadata
from api.parsers import loads

KINDS = {"text": "Text", "number": "Number", "boolean": "True/false"}
ADD = "add_metadata"
REMOVE = "remove_metadata"

_FIELD = re.compile(r"metadata-(\d{1,4})-key")
_BREAKS = re.compile(r"[\r\n]+")


@dataclass
class Row:
    """As it stands in the form; `problem` is what is wrong with it."""

    key: str = ""
    kind: str = "text"
    value: str = ""
    problem: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.key and not self.value


@dataclass
class MetadataEditor:
    rows: list[Row]
    stored: Metadata = field(default_factory=dict)
    problem: str = ""

    @property
    def has_problems(self) -> bool:
        return bool(self.problem) or any(row.problem for row in self.rows)

    @classmethod
    def showing(cls, metadata: Metadata) -> MetadataEditor:
        """The metadata, and a blank row for more."""
        rows = [Row(key, kind_of(value), text_of(value)) for key, value in metadata.items()]
        return cls([*rows, Row()] if len(rows) < MAX_KEYS else rows, metadata)

    @classmethod
    def sent(cls, data: Mapping[str, str], stored: Metadata) -> MetadataEditor:
        """The rows of a form that was sent, a row more or less where that was asked for."""
        numbers = sorted({int(match[1]) for name in data if (match := _FIELD.fullmatch(name))})
        removed = data.get(REMOVE)
        rows = [
            Row(
                data.get(f"metadata-{number}-key", ""),
                kind if (kind := data.get(f"metadata-{number}-kind", "text")) in KINDS else "text",
                data.get(f"metadata-{number}-value", ""),
            )
            for number in numbers[: 2 * MAX_KEYS]
            if str(number) != removed
        ]
        if ADD in data:
            rows.append(Row())
        return cls(rows, stored)

    def read(self) -> Metadata | None:
        """The metadata that the rows say; None, with `problem` set here or in rows, when they don't say any.

        A browser sends text without its line breaks; so what comes back as it was shown is what was stored.
        """
        found: Metadata = {}
        places: dict[str, Row] = {}
        for row in self.rows:
            if row.is_blank:
                continue
            key = next((key for key in self.stored if as_shown(key) == row.key), row.key)
            if not key:
                row.problem = "Name this value, or empty it."
            elif key in found:
                row.problem = "This key stands here twice."
            else:
                places[key] = row
                try:
                    found[key] = self._value(key, row)
                except ValueError as error:
                    row.problem = str(error)
        try:
            check_metadata(found)
        except ValidationError as error:
            if hasattr(error, "error_dict"):
                for key, problems in error.error_dict.items():
                    places[key].problem = problems[0].messages[0]
            else:
                self.problem = error.messages[0]
        return None if self.has_problems else found

    def _value(self, key: str, row: Row) -> str | int | float | bool:
        """Raises ValueError with what is wrong."""
        stored = self.stored.get(key)
        if stored is not None and row.kind == kind_of(stored) and row.value == as_shown(text_of(stored)):
            return stored
        if row.kind == "text":
            return row.value
        if row.kind == "boolean":
            if row.value.strip().lower() not in ("true", "false"):
                raise ValueError("Write true or false.")
            return row.value.strip().lower() == "true"
        try:
            number = loads(row.value)
        except ParseError:
            number = None
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ValueError("Write a number, such as 12 or -0.5.")
        return number


def kind_of(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def text_of(value: str | int | float | bool) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def described(metadata: Metadata) -> list[tuple[str, str | int | float | bool, str]]:
    """For a page that shows metadata: each key, its value, and what kind of value that is."""
    return [(key, value, KINDS[kind_of(value)]) for key, value in metadata.items()]


def asks_for_rows(data: Mapping[str, str]) -> bool:
    """Whether the form was sent for a row more or less, and not to be saved."""
    return ADD in data or REMOVE in data


def as_shown(text: str) -> str:
    """What a browser makes of `text` in a box of one line, and sends back."""
    return _BREAKS.sub("", text)
