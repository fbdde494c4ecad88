"""What templates about customers write often."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

_FIELD_NAMES = {
    "external_customer_id": "External ID",
    "name": "Name",
    "email": "E-mail address",
    "tax_id": "Tax ID",
    "billing_address": "Billing address",
    "metadata": "Metadata",
}
_PART_NAMES = {"line1": "line 1", "line2": "line 2", "postal_code": "postal code"}


@register.filter
def marked(text: str, fragment: str) -> SafeString:
    """`text` with every place that the search for `fragment` finds in it marked, as the search compares them: letter
    by letter, in any case."""
    if not fragment:
        return conditional_escape(text)
    folded, sought = _folded(text), _folded(fragment)
    pieces: list[tuple[str, str, str]] = []
    start = 0
    while (found := folded.find(sought, start)) >= 0:
        end = found + len(sought)
        pieces += [
            ("", text[start:found], ""),
            (SafeString("<mark>"), text[found:end], SafeString("</mark>")),
        ]
        start = end
    pieces.append(("", text[start:], ""))
    return format_html_join("", "{}{}{}", pieces)


@register.filter
def in_words(value: Any) -> str:
    """A value of the history or of metadata, so that the text "5" and the number 5 don't look alike."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@register.filter
def field_name(name: str) -> str:
    """A field of the history as people call it: `billing_address.postal_code` is “Billing address, postal code”."""
    field, _, part = name.partition(".")
    label = _FIELD_NAMES.get(field, field)
    if not part:
        return label
    return f"{label}, {part if field == 'metadata' else _PART_NAMES.get(part, part)}"


def _folded(text: str) -> str:
    """As fold_case in the database: each character for itself, so that places are the same in `text`."""
    return "".join(map(_folded_character, text))


def _folded_character(character: str) -> str:
    lower = character.lower()
    upper = (lower if len(lower) == 1 else character).upper()
    return upper if len(upper) == 1 else character
