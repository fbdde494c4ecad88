"""Customers in JSON: what is read from a request and what is written to an answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import EmailField, MetadataField, StrictSerializer, TextField
from customers.addresses import MAX_LENGTH, PARTS, check_billing_address
from customers.external_ids import check_external_customer_id
from customers.models import Customer

MAX_NAME_LENGTH = 256
MAX_TAX_ID_LENGTH = 64


class ExternalCustomerIDField(serializers.Field[str, str, str, Any]):
    """A well-formed external customer ID, exactly as sent."""

    def to_internal_value(self, data: Any) -> str:
        return check_external_customer_id(data)

    def to_representation(self, value: str) -> str:
        return value


class BillingAddressField(serializers.Field[Any, Any, Any, Any]):
    def to_internal_value(self, data: Any) -> dict[str, str | None]:
        return check_billing_address(data)

    def to_representation(self, value: Any) -> Any:
        return value


class BillingAddressSerializer(serializers.Serializer[Any]):
    """The address as documentation has it; `BillingAddressField` reads it."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            part: serializers.CharField(max_length=MAX_LENGTH, allow_null=True, required=False)
            for part in PARTS
        }


class CustomerSerializer(serializers.Serializer[Customer]):
    """A customer in an answer."""

    id = serializers.UUIDField()
    external_customer_id = ExternalCustomerIDField(allow_null=True)
    name = serializers.CharField(max_length=MAX_NAME_LENGTH, allow_null=True)
    email = serializers.CharField(max_length=254, allow_null=True)
    billing_address = BillingAddressField(allow_null=True)
    tax_id = serializers.CharField(max_length=MAX_TAX_ID_LENGTH, allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()
    modified_at = serializers.DateTimeField()

    def to_representation(self, instance: Customer) -> dict[str, Any]:
        """The fields above (a test compares them), without a field object's work for each value of each row."""
        return {
            "id": instance.id,
            "external_customer_id": instance.external_customer_id,
            "name": instance.name,
            "email": instance.email,
            "billing_address": instance.billing_address,
            "tax_id": instance.tax_id,
            "metadata": instance.metadata,
            "created_at": instance.created_at,
            "modified_at": instance.modified_at,
        }


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
