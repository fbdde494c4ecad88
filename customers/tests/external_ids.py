"""External customer IDs that every way in accepts, and ones that every way in refuses, with the reason's code."""

from __future__ import annotations

LONGEST = 255
ASTRAL = "𐍈"  # one code point, two UTF-16 units, four bytes of UTF-8

WELL_FORMED = {
    "letters and digits": "cust_123",
    "one character": "a",
    "one astral character": ASTRAL,
    "zero": "0",
    "digits": "1234567890",
    "leading zeros": "007",
    "a word of JSON": "true",
    "UUID": "0195f3a0-0000-7000-8000-00000000abcd",
    "slash": "a/b",
    "slash at the start": "/a",
    "slash at the end": "a/",
    "only a slash": "/",
    "slashes in a row": "a//b",
    "dot": "a.b",
    "file suffix": "a.json",
    "dot at the start": ".a",
    "dot at the end": "a.",
    "three dots": "...",
    "dot segments inside": "a/../b",
    "e-mail address": "user@x.com",
    "query and fragment": "a?b#c",
    "percent sign": "100%",
    "percent-encoded": "a%2Fb",
    "double-encoded": "%252F",
    "plus and space": "+1 555",
    "ampersand and equals": "a&b=c",
    "semicolon": "a;b;v=1",
    "comma": "a,b",
    "quotes": '"it\'s"',
    "backslash": "a\\b",
    "pattern characters": "50%_off*?",
    "brackets": "[a](b){c}<d>",
    "HTML": "<script>alert(1)</script>",
    "SQL": "'; DROP TABLE customers; --",
    "formula": "=1+1",
    "placeholder as a part": "nullable",
    "placeholder in a phrase": "customer none",
    "route's own name": "external_id",
    "Chinese": "客户-1",
    "Arabic": "عميل-١",
    "Devanagari": "ग्राहक",
    "composed accent": "Müller",
    "combining accent without a composed form": "q\u0303",
    "sharp s": "straße",
    "emoji": "😀",
    "emoji with a variation selector": "❤\ufe0f",
    "flag": "🇩🇪",
    "private use": "\ue000",
    "unassigned": "\u0378",
    "noncharacter": "\uffff",
    "replacement character": "a\ufffd",
    "no-break space inside": "a\u00a0b",
    "ideographic space inside": "a\u3000b",
    "compatibility character": "①",
    "longest": "x" * LONGEST,
    "longest, astral": ASTRAL * LONGEST,
}

TOO_LONG = {
    "256 letters": "x" * (LONGEST + 1),
    "256 astral characters": ASTRAL * (LONGEST + 1),
    "very long": "x" * 3000,
}

PLACEHOLDERS = ("null", "undefined", "none", "nan", "nil", "[object Object]")


def _in_every_case() -> dict[str, tuple[str, str]]:
    found = {}
    for word in PLACEHOLDERS:
        for form in (word, word.upper(), word.lower(), word.capitalize(), word.swapcase(), word.title()):
            found[f"placeholder {form}"] = (form, "placeholder")
    return found


# Text that a URL can carry as well as a body.
ILL_FORMED_TEXT: dict[str, tuple[str, str]] = {
    **{name: (value, "too_long") for name, value in TOO_LONG.items()},
    **_in_every_case(),
    "dot": (".", "dot_segment"),
    "two dots": ("..", "dot_segment"),
    "space": (" ", "surrounding_white_space"),
    "space at the start": (" a", "surrounding_white_space"),
    "space at the end": ("a ", "surrounding_white_space"),
    "no-break space at the end": ("a\u00a0", "surrounding_white_space"),
    "ideographic space at the start": ("\u3000a", "surrounding_white_space"),
    "placeholder with a space": (" null", "surrounding_white_space"),
    "NUL": ("a\x00b", "forbidden_character"),
    "tab": ("a\tb", "forbidden_character"),
    "tab at the end": ("a\t", "forbidden_character"),
    "line feed": ("a\nb", "forbidden_character"),
    "line feed at the end": ("a\n", "forbidden_character"),
    "carriage return": ("a\rb", "forbidden_character"),
    "unit separator": ("a\x1fb", "forbidden_character"),
    "delete": ("a\x7fb", "forbidden_character"),
    "next line": ("a\x85b", "forbidden_character"),
    "soft hyphen": ("a\u00adb", "forbidden_character"),
    "zero-width space": ("a\u200bb", "forbidden_character"),
    "zero-width non-joiner": ("a\u200cb", "forbidden_character"),
    "zero-width joiner": ("👨\u200d👩", "forbidden_character"),
    "word joiner": ("a\u2060b", "forbidden_character"),
    "byte order mark": ("\ufeffa", "forbidden_character"),
    "left-to-right mark": ("a\u200e", "forbidden_character"),
    "right-to-left override": ("a\u202eb", "forbidden_character"),
    "bidi isolate": ("\u2066a\u2069", "forbidden_character"),
    "Arabic letter mark": ("\u061ca", "forbidden_character"),
    "interlinear annotation": ("a\ufff9b", "forbidden_character"),
    "language tag": ("a\U000e0001", "forbidden_character"),
    "tag letter": ("🏴\U000e0067\U000e007f", "forbidden_character"),
    "line separator": ("a\u2028b", "forbidden_character"),
    "paragraph separator": ("a\u2029b", "forbidden_character"),
    "decomposed accent": ("Mu\u0308ller", "not_normalized"),
    "Angstrom sign": ("\u212b", "not_normalized"),
    "decomposed Hangul": ("\u1112\u1161\u11ab", "not_normalized"),
    "marks in another order": ("q\u0307\u0323", "not_normalized"),
}

EMPTY = {"empty": ("", "blank")}

# No UTF-8 can carry these; a JSON escape can.
SURROGATES: dict[str, tuple[str, str]] = {
    "high surrogate": ("a\ud83d", "forbidden_character"),
    "low surrogate": ("\ude00a", "forbidden_character"),
    "surrogates the wrong way round": ("\ude00\ud83d", "forbidden_character"),
}

NOT_A_STRING: dict[str, object] = {
    "integer": 5,
    "zero as a number": 0,
    "huge integer": 10**400,
    "decimal": 5.5,
    "true": True,
    "false": False,
    "array": ["cust_123"],
    "empty array": [],
    "object": {"id": "cust_123"},
    "empty object": {},
}
