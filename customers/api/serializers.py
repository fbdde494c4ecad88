"""Customers in JSON: what is read from a request and what is written to an answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import EmailField, MetadataField, StrictSerializer, TextField
from api.text import PATTERN
from customers.addresses import MAX_LENGTH, PARTS, check_billing_address
from customers.external_ids import MAX_LENGTH as MAX_ID_LENGTH
from customers.external_ids import check_external_customer_id
from customers.models import Customer

MAX_NAME_LENGTH = 256
MAX_TAX_ID_LENGTH = 64

_CONTROL = "\\u0000-\\u001F\\u007F-\\u009F"
EXTERNAL_CUSTOMER_ID = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_ID_LENGTH,
    # What every dialect of regular expressions can say of the rule. The description has the rest.
    "pattern": f"^[^\\s{_CONTROL}]([^{_CONTROL}]*[^\\s{_CONTROL}])?$",
    "description": (
        "The customer's ID in your own system: kept exactly as you send it, compared to the byte, unique among the "
        "customers of your organization, and never changed once it is set.\n\n"
        f"1 to {MAX_ID_LENGTH} Unicode code points in Normalization Form C, without control, invisible format, "
        "surrogate, line- or paragraph-separator characters and without white space at either end. Not `.` or `..`, "
        "and not, in any letter case, what a bug writes for “no value”: `null`, `undefined`, `none`, `nan`, `nil`, "
        "`[object Object]`."
    ),
    "examples": ["cust_123", "user@example.com", "tenants/7/客户-1"],
}


class ExternalCustomerIDField(serializers.Field[str, str, str, Any]):
    """A well-formed external customer ID, exactly as sent."""

    error_codes = (
        *("blank", "dot_segment", "forbidden_character", "not_a_string", "not_normalized"),
        *("placeholder", "surrounding_white_space", "too_long"),
    )

    def to_internal_value(self, data: Any) -> str:
        return check_external_customer_id(data)

    def to_representation(self, value: str) -> str:
        return value

    def describe(self, direction: str) -> tuple[str, dict[str, Any]]:
        """The name and the schema of its component in the OpenAPI document."""
        return "ExternalCustomerID", EXTERNAL_CUSTOMER_ID


class BillingAddressField(serializers.Field[Any, Any, Any, Any]):
    """All six parts in an answer, those that are known in a request."""

    error_codes = (*TextField.error_codes, "blank", "invalid", "max_length", "unknown_field")

    def to_internal_value(self, data: Any) -> dict[str, str | None]:
        return check_billing_address(data)

    def to_representation(self, value: Any) -> Any:
        return value

    def describe(self, direction: str) -> tuple[str, dict[str, Any]]:
        """The name and the schema of its component in the OpenAPI document."""
        written = direction == "request"
        text: dict[str, Any] = {"type": ["string", "null"], "maxLength": MAX_LENGTH}
        if written:
            text |= {"minLength": 1, "pattern": PATTERN}
        country = {
            "type": ["string", "null"],
            "pattern": "^[A-Z]{2}$",
            "description": "ISO 3166-1 alpha-2.",
            "examples": ["DE"],
        }
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {part: country if part == "country" else text for part in PARTS},
        }
        if written:
            schema["additionalProperties"] = False
            return "BillingAddressRequest", {
                **schema,
                "description": "Replaces the stored address whole; a part that is left out is null.",
            }
        return "BillingAddress", {**schema, "required": list(PARTS)}


def represent(customer: Customer) -> dict[str, Any]:
    """The fields of CustomerSerializer (a test compares them), without a field object's work for each value."""
    return {
        "id": customer.id,
        "external_customer_id": customer.external_customer_id,
        "name": customer.name,
        "email": customer.email,
        "billing_address": customer.billing_address,
        "tax_id": customer.tax_id,
        "metadata": customer.metadata,
        "created_at": customer.created_at,
        "modified_at": customer.modified_at,
    }


class CustomerSerializer(serializers.Serializer[Customer]):
    """A customer."""

    id = serializers.UUIDField(help_text="Our ID of the customer, a UUIDv7.")
    external_customer_id = ExternalCustomerIDField(allow_null=True)
    name = serializers.CharField(max_length=MAX_NAME_LENGTH, allow_null=True)
    email = serializers.CharField(max_length=254, allow_null=True)
    billing_address = BillingAddressField(allow_null=True)
    tax_id = serializers.CharField(max_length=MAX_TAX_ID_LENGTH, allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()
    modified_at = serializers.DateTimeField()

    def to_representation(self, instance: Customer) -> dict[str, Any]:
        return represent(instance)


class CustomerWriteSerializer(StrictSerializer):
    """A customer in a request. Nothing is required."""

    id = serializers.UUIDField(read_only=True)
    external_customer_id = ExternalCustomerIDField(required=False, allow_null=True)
    name = TextField(required=False, allow_null=True, max_length=MAX_NAME_LENGTH)
    email = EmailField(required=False, allow_null=True)
    billing_address = BillingAddressField(required=False, allow_null=True)
    tax_id = TextField(required=False, allow_null=True, max_length=MAX_TAX_ID_LENGTH)
    metadata = MetadataField(required=False)
    created_at = serializers.DateTimeField(read_only=True)
    modified_at = serializers.DateTimeField(read_only=True)


class CustomerPatchSerializer(CustomerWriteSerializer):
    """What PATCH changes; a null in `metadata` removes its key."""

    metadata = MetadataField(required=False, removals=True)


class ExternalCustomerIDConflictSerializer(serializers.Serializer[Any]):
    """What stands in the way: the customer that has the ID, or that has another one."""

    customer_id = serializers.UUIDField(
        allow_null=True,
        help_text="The customer; null where a PUT would have created one under an ID that its body contradicts, and "
        "where whoever held the ID was deleted meanwhile.",
    )
    external_customer_id = ExternalCustomerIDField(help_text="The ID that it has.")
