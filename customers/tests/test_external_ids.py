"""What a well-formed external customer ID is, clause by clause."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from django.core.exceptions import ValidationError

from customers.external_ids import check_external_customer_id, is_external_customer_id
from customers.tests.external_ids import (
    ASTRAL,
    EMPTY,
    ILL_FORMED_TEXT,
    LONGEST,
    NOT_A_STRING,
    PLACEHOLDERS,
    SURROGATES,
    WELL_FORMED,
)

REFUSED_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def refusal(value: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        check_external_customer_id(value)
    return caught.value


@pytest.mark.parametrize("value", WELL_FORMED.values(), ids=WELL_FORMED)
def test_a_well_formed_id_comes_back_as_the_very_same_string(value: str) -> None:
    assert check_external_customer_id(value) is value
    assert is_external_customer_id(value)


@pytest.mark.parametrize(
    ("value", "code"),
    [*ILL_FORMED_TEXT.values(), *EMPTY.values(), *SURROGATES.values()],
    ids=[*ILL_FORMED_TEXT, *EMPTY, *SURROGATES],
)
def test_an_ill_formed_id_is_refused_with_its_reason(value: str, code: str) -> None:
    assert refusal(value).code == code
    assert not is_external_customer_id(value)


@pytest.mark.parametrize("value", [*NOT_A_STRING.values(), None, b"cust_123"], ids=str)
def test_only_a_string_is_an_id(value: object) -> None:
    assert refusal(value).code == "not_a_string"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (5, "a number"),
        (5.5, "a number"),
        (True, "a boolean"),
        ([], "an array"),
        ({}, "an object"),
        (None, "null"),
    ],
)
def test_the_refusal_names_what_was_sent_instead_of_a_string(value: object, name: str) -> None:
    assert f"this is {name}." in refusal(value).message


@pytest.mark.parametrize("character", ["x", "é", "客", ASTRAL])
def test_length_is_counted_in_code_points_from_1_to_255(character: str) -> None:
    assert check_external_customer_id(character)
    assert check_external_customer_id(character * LONGEST)
    assert refusal(character * (LONGEST + 1)).message.endswith("has at most 255 characters; this has 256.")


def test_every_code_point_is_judged_by_its_category_white_space_and_normal_form_alone() -> None:
    planes_in_use = (*range(0x20000), *range(0x2F800, 0x2FA20), *range(0xE0000, 0xE0200))
    for number in (*planes_in_use, *range(0x20000, sys.maxunicode + 1, 97)):
        character = chr(number)
        value = f"a{character}b"
        accepted = unicodedata.category(character) not in REFUSED_CATEGORIES and unicodedata.is_normalized(
            "NFC", value
        )
        assert is_external_customer_id(value) == accepted, f"U+{number:04X}"
        at_an_end = accepted and not character.isspace()
        assert is_external_customer_id(f"a{character}") == at_an_end, f"U+{number:04X}"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a\u200bb", "Character 2 of this external customer ID is U+200B ZERO WIDTH SPACE"),
        ("\u202ea", "Character 1 of this external customer ID is U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("a\x00", "Character 2 of this external customer ID is U+0000,"),
        ("😀\U000e0041", "Character 2 of this external customer ID is U+E0041 TAG LATIN CAPITAL LETTER A"),
        ("ab\ud800", "Character 3 of this external customer ID is U+D800, half of a surrogate pair"),
        ("a\u2028", "Character 2 of this external customer ID is U+2028 LINE SEPARATOR"),
    ],
)
def test_the_refusal_of_a_character_names_its_place_and_code_point(value: str, words: str) -> None:
    message = refusal(value).message
    assert message.startswith(words)
    assert value not in message


@pytest.mark.parametrize("word", PLACEHOLDERS)
def test_a_placeholder_is_refused_in_any_letter_case_but_not_as_a_part(word: str) -> None:
    for form in (word.upper(), word.lower(), word.swapcase(), word.title()):
        assert refusal(form).code == "placeholder"
        assert form in refusal(form).message
    for longer in (f"{word}1", f"a{word}", f"{word} {word}", f"“{word}”"):
        assert is_external_customer_id(longer)


def test_ids_that_differ_by_letter_case_or_compatibility_form_are_both_well_formed() -> None:
    for one, other in (("Cust_1", "cust_1"), ("①", "1"), ("ﬁ", "fi"), ("ſ", "s"), ("К", "K")):
        assert check_external_customer_id(one) != check_external_customer_id(other)


def test_every_refusal_tells_the_integrator_what_to_do() -> None:
    for value, _ in [*ILL_FORMED_TEXT.values(), *EMPTY.values(), *SURROGATES.values()]:
        message = refusal(value).message
        assert message.endswith(".")
        message.encode("utf-8")
