"""Choosing products for a payment link: a line for each, with a box for how many. Searching for more products is a
button of the form, which comes back with what was chosen, what was found, and nothing saved."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from checkout.models import Product
from checkout.models.sessions import MAX_ITEMS, MAX_QUANTITY
from checkout.money import MAX_AMOUNT, as_text
from checkout.services.creation import ItemFields
from organizations.ids import parse_id
from organizations.models import Organization

FOUND_SHOWN = 10
SEARCH = "products"
# What the shown products were searched by: where the box says something else, the form was sent to search.
SEARCHED = "products_searched"

_FIELD = re.compile(r"quantity-([0-9a-f-]{36})")
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


@dataclass
class Line:
    """A product in the form, how many of it are asked for, as typed, and what is wrong with that."""

    product: Product
    typed: str = ""
    problem: str = ""

    @property
    def quantity(self) -> int:
        """0 for none, and for what is no quantity."""
        return int(self.typed) if _WHOLE.fullmatch(self.typed) else 0


@dataclass
class ProductPicker:
    lines: list[Line]
    search: str = ""
    has_more: bool = False

    @classmethod
    def showing(cls, organization: Organization, data: Mapping[str, str]) -> ProductPicker:
        """What was chosen comes first, then what the search finds: two queries."""
        typed = _typed(data)
        search = data.get(SEARCH, "").strip().replace("\x00", "")[:256]
        products = Product.objects.for_organization(organization)
        chosen = products.in_bulk(typed) if typed else {}
        found = products.archived(False).exclude(id__in=chosen).order_by("name", "id")
        if search:
            found = found.search(search)
        shown = list(found[: FOUND_SHOWN + 1])
        lines = [Line(chosen[identity], typed[identity]) for identity in typed if identity in chosen]
        lines += [Line(product) for product in shown[:FOUND_SHOWN]]
        return cls(lines, search, has_more=len(shown) > FOUND_SHOWN)

    @property
    def chosen(self) -> list[Line]:
        return [line for line in self.lines if line.typed]

    @property
    def has_problems(self) -> bool:
        return any(line.problem for line in self.lines)

    def items(self) -> list[ItemFields] | None:
        """What the lines sell; None, with what is wrong at its line, when they don't say."""
        for line in self.chosen:
            if not 1 <= line.quantity <= MAX_QUANTITY:
                line.problem = f"Write a whole number, 1 to {MAX_QUANTITY:,}, or empty it."
        if self.has_problems:
            return None
        return [{"product_id": line.product.id, "quantity": line.quantity} for line in self.chosen]

    def total(self, more: int = 0, currency: str = "") -> str:
        """What the lines come to with `more`, as far as it makes sense; empty for nothing or several currencies."""
        amounts = [(line.quantity * line.product.unit_amount, line.product.currency) for line in self.chosen]
        if more:
            amounts.append((more, currency))
        currencies = {currency for _, currency in amounts}
        whole = sum(amount for amount, _ in amounts)
        if len(currencies) != 1 or not 1 <= whole <= MAX_AMOUNT:
            return ""
        return as_text(whole, currencies.pop())


def asks_for_products(data: Mapping[str, str]) -> bool:
    """Whether the form was sent to show other products, or the total, and not to be saved."""
    return "refresh" in data or data.get(SEARCH, "") != data.get(SEARCHED, "")


def _typed(data: Mapping[str, str]) -> dict[uuid.UUID, str]:
    typed: dict[uuid.UUID, str] = {}
    for name in data:
        match = _FIELD.fullmatch(name)
        identity = parse_id(match[1]) if match else None
        text = data[name].strip() if match else ""
        if identity is not None and text.strip("0") and len(typed) < MAX_ITEMS:
            typed[identity] = text
    return typed
