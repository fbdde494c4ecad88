"""Text in a cell of a CSV file, so that no spreadsheet takes it for a formula.

A spreadsheet calculates what begins with `=`, `+`, `-` or `@`, also behind spaces and quotes, and CSV has no way to
say that a cell is text. Where it splits at semicolons, as it does in much of Europe, or gets lost in a quoted line
break, a cell may begin in the middle of ours. So:

**An apostrophe is put in front of every place where a cell could begin** (the start of the text, and behind each
semicolon, tab and line break) **and a formula, an apostrophe, or at the start of the text white space that lines up
with cells, follows.** Reading back, remove one apostrophe at the start and one behind each semicolon, tab and line
break, where there is one. That gives every text back to the letter, since an apostrophe that was there already got
another one. Nearly all values, `cust_123` and `a;b` among them, are written as they are; `+1 555` is `'+1 555`.
"""

from __future__ import annotations

import re

from api.metadata import Metadata
from api.renderers import render

_FORMULA = r"[\s\"']*[=+\-@＝＋－＠]"
_OPENINGS = re.compile(rf"\A(?=['\t\r\n]|{_FORMULA})|(?<=[;\t\r\n])(?='|{_FORMULA})")
_GUARDS = re.compile(r"(\A|[;\t\r\n])'")


def guarded(text: str) -> str:
    """`text` as a cell that is safe to open."""
    return _OPENINGS.sub("'", text)


def unguarded(cell: str) -> str:
    """The text that `guarded` made this cell of."""
    return _GUARDS.sub(r"\1", cell)


def json_cell(value: Metadata) -> str:
    """`value` as JSON that is safe in a cell as it stands: it begins with a brace, and what could separate cells inside
    it is escaped in JSON's own way."""
    return render(value).decode().replace(";", "\\u003b")
