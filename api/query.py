"""Query parameters: known, once, and text. What isn't is refused by name, with the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import QueryDict
from rest_framework import exceptions

from api.text import check_characters

# Of unknown names in one request: more help nobody, and cost time and an answer as long as the request.
MOST_REPORTED = 20


def suggestion(name: str, known: Iterable[str]) -> str:
    """A sentence with the known name that `name` was meant to be, or with all of them when none is near."""
    names = sorted(known)
    same_words = [one for one in names if sorted(one.split("_")) == sorted(name.split("_"))]
    if near := same_words or difflib.get_close_matches(name, names, n=1):
        return f"Did you mean “{near[0]}”?"
    return f"Known: {', '.join(names)}." if names else "There are none here."


def check_query(query: QueryDict, *, known: Iterable[str], repeatable: Iterable[str] = ()) -> None:
    """Raises ValidationError by parameter for unknown, repeated, empty and unreadable ones.

    A known name that ends in `[]`, as `metadata[]`, stands for `metadata[anything]`, and not for itself; one that is
    repeatable, as `metrics[]`, for itself, as many languages write a list.
    """
    names, many = set(known), set(repeatable)
    errors: dict[str, list[exceptions.ErrorDetail]] = {}
    for name, values in query.lists():
        if len(errors) == MOST_REPORTED:
            break
        if problem := _problem(name, [str(value) for value in values], names, many):
            errors[name] = [problem]
    if errors:
        raise exceptions.ValidationError(errors)


def _problem(
    name: str, values: list[str], known: set[str], repeatable: set[str]
) -> exceptions.ErrorDetail | None:
    templates = {item for item in known - repeatable if item.endswith("[]")}
    opening = name.find("[")
    template = f"{name[:opening]}[]" if opening > 0 and name.endswith("]") else None
    if name in templates or (name not in known and template not in templates):
        shown = {f"{item[:-1]}key]" if item in templates else item for item in known}
        return exceptions.ErrorDetail(
            f"There is no such query parameter. {suggestion(name, shown)}", code="unknown_parameter"
        )
    if len(values) > 1 and name not in repeatable:
        return exceptions.ErrorDetail("Send this parameter once.", code="repeated_parameter")
    try:
        for text in (name, *values):
            check_characters(text)
    except DjangoValidationError as error:
        return exceptions.ErrorDetail(error.messages[0], code=error.code or "invalid")
    if "" in values:
        return exceptions.ErrorDetail(
            "This parameter is empty. Leave it out, or give it a value.", code="blank"
        )
    return None


def is_utf8(query_string: str) -> bool:
    """Whether a query, as WSGI has it (each byte a character), is UTF-8 once its percent-encoding is undone."""
    if "%" not in query_string and query_string.isascii():
        return True
    try:
        unquote_to_bytes(query_string.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        return False
    return True
