"""The page for operators names what there is to set, and nothing that there isn't."""

from __future__ import annotations

import re

from polar_customers.embedded import ROOT

READ = re.compile(
    r'(?:environ(?:\.get\(|\[)|_flag\(|_number\(|_words\(|positive_number\(environ, )"([A-Z_]+)"'
)
ROW = re.compile(r"^\| ((?:`[A-Z_]+`(?:, )?)+) \|", re.MULTILINE)
NOT_FOR_OPERATORS = {"PATH"}


def test_every_environment_variable_is_on_it() -> None:
    sources = [ROOT / "manage.py", *(ROOT / "polar_customers").rglob("*.py")]
    read = {
        name
        for source in sources
        if "tests" not in source.parts
        for name in READ.findall(source.read_text(encoding="utf-8"))
    }
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    named = {name for row in ROW.findall(page) for name in re.findall("[A-Z_]+", row)}
    assert len(named) > 10
    assert named == read - NOT_FOR_OPERATORS
