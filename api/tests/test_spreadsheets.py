"""A cell is never a formula, however a spreadsheet splits the file, and the text can always be had back."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.spreadsheets import guarded, json_cell, unguarded

FORMULAS = ["=1+1", "+1 555", "-1", "@SUM(A1)", " =1", "\t=1", '"=1', "＝1", "\n\r =1", "\xa0-2"]
texts = st.text(st.one_of(st.sampled_from("=+-@＝;,'\"\t\r\n x"), st.characters(exclude_categories=["Cs"])))


@pytest.mark.parametrize("text", ["cust_123", "a;b", "a-b", "1+1", "O'Brien", "x = y", "客户-1", "a\nb", ""])
def test_what_is_no_danger_is_written_as_it_is(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize("text", [*FORMULAS, "\tx", "\rx", "'quoted'"])
def test_what_a_cell_must_not_begin_with_is_behind_an_apostrophe(text: str) -> None:
    assert guarded(text)[:2] == "'" + text[0]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("separator", [";", "\t", "\n", "\r\n"])
def test_a_cell_that_begins_in_the_middle_is_guarded_too(separator: str, formula: str) -> None:
    text = f"Acme{separator}{formula}"
    assert not any(is_formula(cell) for cell in split(guarded(text)))
    assert unguarded(guarded(text)) == text


@given(texts)
def test_every_text_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(st.lists(texts, min_size=1, max_size=4))
def test_no_cell_of_a_row_is_a_formula_wherever_the_row_is_split(row: list[str]) -> None:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(guarded(text) for text in row)
    proper = next(csv.reader(io.StringIO(line.getvalue(), newline="")))
    assert not any(is_formula(cell) for cell in proper)
    assert not any(is_formula(cell) for cell in split(line.getvalue()))


@given(st.dictionaries(texts, st.one_of(texts, st.integers(-(2**53), 2**53), st.booleans())))
def test_metadata_is_json_and_no_formula(metadata: dict[str, str | int | bool]) -> None:
    cell = json_cell(metadata)
    assert json.loads(cell) == metadata
    assert not any(is_formula(part) for part in split(cell))


def split(line: str) -> list[str]:
    """The cells that the crudest spreadsheet makes of `line`: it splits at all that some country's does, but commas,
    whatever is quoted."""
    for separator in ";\t\r":
        line = line.replace(separator, "\n")
    return line.split("\n")


def is_formula(cell: str) -> bool:
    return cell.lstrip().lstrip('"').lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
