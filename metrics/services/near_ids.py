"""Customers whose external ID is nearly a given one, which often is what the sender meant."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Value
from django.db.models.functions import Concat

from customers.models import Customer
from customers.querysets import NearForm
from organizations.models import Organization

MOST_NEAR_MATCHES = 10
# What two well-formed IDs can differ in, and beside that what an ill-formed one can in addition.
REASONS = ("letter_case", "compatibility_form")
REASONS_OF_ANY_TEXT = (*REASONS, "white_space", "invisible_character", "normalization_form")
IN_WORDS = {
    "letter_case": "the same letters in another case",
    "compatibility_form": "the same in another of Unicode’s forms",
    "white_space": "the same without the white space around it",
    "invisible_character": "the same without a character that can’t be seen",
    "normalization_form": "the same in Unicode’s Normalization Form C",
}


@dataclass(frozen=True, slots=True)
class NearMatch:
    """A customer whose ID differs from another text by `reason` alone, or by that first of all."""

    customer_id: uuid.UUID
    external_customer_id: str
    reason: str

    @property
    def in_words(self) -> str:
        return IN_WORDS[self.reason]


def near_matches(own_id: str, customers: Iterable[Customer]) -> list[NearMatch]:
    """Those of the customers, all of whom have the near form of `own_id`, who don't hold this very ID."""
    found: list[NearMatch] = []
    for customer in customers:
        held = customer.external_customer_id
        if held is not None and held != own_id and len(found) < MOST_NEAR_MATCHES:
            found.append(NearMatch(customer.id, held, _difference(own_id, held)))
    return found


def customers_near(organization: Organization, text: str) -> list[NearMatch]:
    """Live customers whose ID is nearly `text`, well formed or not; one query."""
    near = Customer.objects.for_organization(organization).live().filter(external_customer_id__isnull=False)
    near = near.alias(_near=NearForm("external_customer_id")).filter(_near=NearForm(Value(_visible(text))))
    # Not by the column: the planner would rather walk all IDs in their order than sort the few that it looks for.
    found = near.only("external_customer_id").order_by(Concat("external_customer_id", Value("")))
    return near_matches(text, list(found[: MOST_NEAR_MATCHES + 1]))


def variants(text: str) -> list[str]:
    """Other ways to write `text` that programs use: another letter case, and Unicode's forms."""
    bare = _visible(text)
    compatible = unicodedata.normalize("NFKC", bare)
    written = [bare, compatible]
    for form in (bare, compatible):
        written += [form.lower(), form.upper(), form.capitalize(), form.title()]
    composed = [unicodedata.normalize("NFC", form) for form in written]
    return [form for form in dict.fromkeys(composed) if form not in ("", text)]


def _visible(text: str) -> str:
    """Without what no external ID has, and nobody sees."""
    return "".join(one for one in text if not _is_invisible(one)).strip()


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")


def _difference(text: str, held: str) -> str:
    visible = "".join(one for one in text if not _is_invisible(one))
    bare = visible.strip()
    composed = unicodedata.normalize("NFC", bare)
    if composed.lower() != held.lower():
        return "compatibility_form"
    if composed != held:
        return "letter_case"
    if visible != text:
        return "invisible_character"
    return "white_space" if bare != visible else "normalization_form"
