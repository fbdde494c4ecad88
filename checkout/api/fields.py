"""What checkout's JSON is made of beside what every resource's is: currencies, and addresses to go on to."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import TextField
from api.text import check_characters
from checkout.money import currency_of
from checkout.return_addresses import MAX_ADDRESS_LENGTH, PLACEHOLDER, check_return_address


class CurrencyField(serializers.Field[str, str, str, Any]):
    """A currency that money is paid in: read in any letter case, written in lower case."""

    error_codes = (*TextField.error_codes, "invalid", "unknown_currency")
    default_error_messages = {"invalid": "This must be a JSON string."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return currency_of(data)

    def to_representation(self, value: str) -> str:
        return value

    def describe(self, direction: str) -> tuple[str, dict[str, Any]]:
        """The name and the schema of its component in the OpenAPI document."""
        return "Currency", {
            "type": "string",
            "pattern": "^[A-Za-z]{3}$",
            "description": "A currency's ISO 4217 code: in any letter case in requests, in lower case in answers.",
            "examples": ["usd"],
        }


class ReturnAddressField(TextField):
    """Where a buyer is sent on to."""

    error_codes = (*TextField.error_codes, "invalid_url", "url_with_credentials")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_ADDRESS_LENGTH, **kwargs)
        # which says of characters what every text says of them
        self.validators = [found for found in self.validators if found is not check_characters]
        self.validators.append(check_return_address)

    def describe(self, direction: str) -> tuple[str, dict[str, Any]]:
        """The name and the schema of its component in the OpenAPI document."""
        return "ReturnAddress", {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_ADDRESS_LENGTH,
            "pattern": r'^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#@"<>\\^`{|}]+([/?#][^\s"<>\\^`|]*)?$',
            "description": "A whole http or https URL without a user and a password in it. "
            f"`{PLACEHOLDER}` in its path or query is replaced by the session's ID.",
            "examples": [f"https://shop.example.com/thanks?session={PLACEHOLDER}"],
        }
