"""Products, checkout sessions and orders in JSON: what is read from a request and what is written to an answer."""

from __future__ import annotations

import datetime
from typing import Any

from rest_framework import exceptions, serializers

from api.serializers import (
    EmailField,
    IDField,
    MetadataField,
    StrictSerializer,
    TextField,
    TrueOrFalseField,
    WholeNumberField,
)
from checkout.api.fields import CurrencyField, ReturnAddressField
from checkout.links import page_url
from checkout.models import CheckoutItem, CheckoutSession, Order, Product
from checkout.models.products import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH
from checkout.models.sessions import MAX_EXPIRES_IN, MAX_ITEMS, MAX_QUANTITY, MIN_EXPIRES_IN
from checkout.money import MAX_AMOUNT
from checkout.secrets import client_secret
from customers.api.serializers import ExternalCustomerIDField

ALIAS = "customer_external_id"


class ItemsField(serializers.ListField):
    """What a session sells: so many items, and each of them as a `CheckoutItemWriteSerializer` reads it."""

    default_error_messages = {
        "not_a_list": "This must be a JSON array of items.",
        "min_length": "A session has at least {min_length} item.",
        "max_length": "A session has at most {max_length} items.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=CheckoutItemWriteSerializer(), min_length=1, max_length=MAX_ITEMS, **kwargs)
        del self.error_messages["empty"]

    def run_child_validation(self, data: Any) -> Any:
        self.run_validators(data)  # before the items are looked at, of which there may be very many
        return super().run_child_validation(data)


class ProductSerializer(serializers.Serializer[Product]):
    """A product."""

    id = serializers.UUIDField(help_text="Our ID of the product, a UUIDv7.")
    name = serializers.CharField(max_length=MAX_NAME_LENGTH)
    description = serializers.CharField(max_length=MAX_DESCRIPTION_LENGTH, allow_null=True)
    unit_amount = serializers.IntegerField(
        min_value=1, max_value=MAX_AMOUNT, help_text="The price of one, in the currency's minor unit."
    )
    currency = CurrencyField()
    metadata = MetadataField()
    archived = serializers.BooleanField(help_text="Whether it can't be put into new sessions.")
    created_at = serializers.DateTimeField()
    modified_at = serializers.DateTimeField()

    def to_representation(self, instance: Product) -> dict[str, Any]:
        """The fields above (a test compares them), without a field object's work for each value of each row."""
        return {
            "id": instance.id,
            "name": instance.name,
            "description": instance.description,
            "unit_amount": instance.unit_amount,
            "currency": instance.currency,
            "metadata": instance.metadata,
            "archived": instance.is_archived,
            "created_at": instance.created_at,
            "modified_at": instance.modified_at,
        }


def _unit_amount(**options: Any) -> WholeNumberField:
    return WholeNumberField(
        min_value=1,
        max_value=MAX_AMOUNT,
        help_text="The price of one, in the currency's minor unit: 1500 is 15.00 usd, and 1500 jpy.",
        **options,
    )


class ProductWriteSerializer(StrictSerializer):
    """A product in a request."""

    id = serializers.UUIDField(read_only=True)
    name = TextField(max_length=MAX_NAME_LENGTH)
    description = TextField(required=False, allow_null=True, max_length=MAX_DESCRIPTION_LENGTH)
    unit_amount = _unit_amount()
    currency = CurrencyField()
    metadata = MetadataField(required=False)
    archived = TrueOrFalseField(required=False, help_text="`true` keeps it out of new sessions.")
    created_at = serializers.DateTimeField(read_only=True)
    modified_at = serializers.DateTimeField(read_only=True)


class ProductPatchSerializer(ProductWriteSerializer):
    """What PATCH changes; a null in `metadata` removes its key."""

    name = TextField(required=False, max_length=MAX_NAME_LENGTH)
    unit_amount = _unit_amount(required=False)
    currency = CurrencyField(required=False)
    metadata = MetadataField(required=False, removals=True)


class CheckoutItemSerializer(serializers.Serializer[CheckoutItem]):
    """One line of what is sold, as it was when the session was created."""

    product_id = serializers.UUIDField(allow_null=True, help_text="Null for a price of the session's own.")
    name = serializers.CharField(max_length=MAX_NAME_LENGTH)
    unit_amount = serializers.IntegerField(
        min_value=1, max_value=MAX_AMOUNT, help_text="The price of one, in the currency's minor unit."
    )
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)
    amount = serializers.IntegerField(
        min_value=1, max_value=MAX_AMOUNT, help_text="`unit_amount` times `quantity`."
    )

    def to_representation(self, instance: CheckoutItem) -> dict[str, Any]:
        """The fields above (a test compares them), without a field object's work for each value of each row."""
        return {
            "product_id": instance.product_id,
            "name": instance.name,
            "unit_amount": instance.unit_amount,
            "quantity": instance.quantity,
            "amount": instance.amount,
        }


class PriceDataSerializer(StrictSerializer):
    """A price that stands in no catalog."""

    name = TextField(max_length=MAX_NAME_LENGTH, help_text="What it is called to the buyer.")
    unit_amount = _unit_amount()
    currency = CurrencyField()


class CheckoutItemWriteSerializer(StrictSerializer):
    """One line: so many of a product, or of what has a price of its own."""

    exactly_one = ("product_id", "price_data")

    product_id = IDField(required=False, help_text="A product that isn't archived.")
    price_data = PriceDataSerializer(required=False)
    quantity = WholeNumberField(min_value=1, max_value=MAX_QUANTITY)


def _item_rows(items: Any) -> list[dict[str, Any]]:
    return [_ITEM.to_representation(item) for item in items]


_ITEM = CheckoutItemSerializer()


class CheckoutSessionSerializer(serializers.Serializer[CheckoutSession]):
    """A checkout session. The context's `base` is where the product is reached."""

    id = serializers.UUIDField(help_text="Our ID of the session, a UUIDv7.")
    status = serializers.ChoiceField(choices=CheckoutSession.Status.values)
    customer_id = serializers.UUIDField(
        allow_null=True, help_text="Whose it is; null until that is known, at completion at the latest."
    )
    external_customer_id = ExternalCustomerIDField(allow_null=True)
    customer_external_id = ExternalCustomerIDField(
        allow_null=True, help_text="The same as `external_customer_id`."
    )
    customer_email = serializers.CharField(max_length=254, allow_null=True)
    customer_name = serializers.CharField(max_length=MAX_NAME_LENGTH, allow_null=True)
    items = CheckoutItemSerializer(many=True)
    currency = CurrencyField()
    amount_total = serializers.IntegerField(
        min_value=1, max_value=MAX_AMOUNT, help_text="What the buyer pays, in the currency's minor unit."
    )
    client_secret = serializers.CharField(help_text="What opens the session's page. For the buyer alone.")
    url = serializers.URLField(help_text="The page where the buyer pays.")
    success_url = ReturnAddressField(allow_null=True)
    cancel_url = ReturnAddressField(allow_null=True)
    expires_at = serializers.DateTimeField(help_text="Until when it can be paid.")
    completed_at = serializers.DateTimeField(allow_null=True)
    order_id = serializers.UUIDField(allow_null=True, help_text="What it became; null until it is complete.")
    metadata = MetadataField()
    customer_metadata = MetadataField()
    created_at = serializers.DateTimeField()
    modified_at = serializers.DateTimeField()

    def to_representation(self, instance: CheckoutSession) -> dict[str, Any]:
        """The fields above (a test compares them), without a field object's work for each value of each row."""
        order = instance.order
        return {
            "id": instance.id,
            "status": instance.status.value,
            "customer_id": instance.customer_id,
            "external_customer_id": instance.external_customer_id,
            "customer_external_id": instance.external_customer_id,
            "customer_email": instance.customer_email,
            "customer_name": instance.customer_name,
            "items": _item_rows(instance.items.all()),
            "currency": instance.currency,
            "amount_total": instance.amount_total,
            "client_secret": client_secret(instance.id),
            "url": page_url(self.context["base"], instance.id),
            "success_url": instance.success_url,
            "cancel_url": instance.cancel_url,
            "expires_at": instance.expires_at,
            "completed_at": instance.completed_at,
            "order_id": order.id if order else None,
            "metadata": instance.metadata,
            "customer_metadata": instance.customer_metadata,
            "created_at": instance.created_at,
            "modified_at": instance.modified_at,
        }


class _SessionFields(StrictSerializer):
    """What both requests about a session have in common."""

    id = serializers.UUIDField(read_only=True)
    status = serializers.CharField(read_only=True)
    customer_email = EmailField(
        required=False, allow_null=True, help_text="What the page is filled in with; the buyer may change it."
    )
    customer_name = TextField(
        required=False,
        allow_null=True,
        max_length=MAX_NAME_LENGTH,
        help_text="What the page is filled in with; the buyer may change it.",
    )
    currency = serializers.CharField(read_only=True)
    amount_total = serializers.IntegerField(read_only=True)
    client_secret = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True)
    success_url = ReturnAddressField(
        required=False, allow_null=True, help_text="Where the buyer goes on to after paying."
    )
    cancel_url = ReturnAddressField(
        required=False, allow_null=True, help_text="Where the buyer goes back to instead of paying."
    )
    expires_at = serializers.DateTimeField(read_only=True)
    completed_at = serializers.DateTimeField(read_only=True)
    order_id = serializers.UUIDField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    modified_at = serializers.DateTimeField(read_only=True)


class CheckoutSessionWriteSerializer(_SessionFields):
    """A new checkout session in a request."""

    customer_id = IDField(
        required=False,
        allow_null=True,
        help_text="Our ID of the customer. Together with an external ID only if this customer holds that.",
    )
    external_customer_id = ExternalCustomerIDField(
        required=False, allow_null=True, help_text="Your own ID of the customer, who needn't exist yet."
    )
    customer_external_id = ExternalCustomerIDField(
        required=False, allow_null=True, help_text="Another name of `external_customer_id`."
    )
    items = ItemsField(help_text="What is sold, all in one currency.")
    expires_in = WholeNumberField(
        required=False,
        min_value=int(MIN_EXPIRES_IN.total_seconds()),
        max_value=int(MAX_EXPIRES_IN.total_seconds()),
        help_text="For how many seconds it can be paid; a day unless you say otherwise.",
    )
    metadata = MetadataField(required=False)
    customer_metadata = MetadataField(
        required=False, help_text="Laid over the customer's own metadata when the session completes."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Takes the two names of the external ID for the one that it is, and seconds for the time that they are."""
        own_id, alias = attrs.get("external_customer_id"), attrs.pop(ALIAS, None)
        if own_id is not None and alias is not None and own_id != alias:
            raise exceptions.ValidationError(
                {
                    ALIAS: exceptions.ErrorDetail(
                        "This is another external ID than external_customer_id says. Send one of the two.",
                        code="customers_disagree",
                    )
                }
            )
        attrs["external_customer_id"] = alias if own_id is None else own_id
        if "expires_in" in attrs:
            attrs["expires_in"] = datetime.timedelta(seconds=attrs["expires_in"])
        return attrs


class CheckoutSessionPatchSerializer(_SessionFields):
    """What may be changed of an open session; a null in either metadata removes its key."""

    customer_id = serializers.UUIDField(read_only=True)
    external_customer_id = serializers.CharField(read_only=True)
    customer_external_id = serializers.CharField(read_only=True)
    items = serializers.ListField(read_only=True)
    expires_in = serializers.IntegerField(read_only=True)
    metadata = MetadataField(required=False, removals=True)
    customer_metadata = MetadataField(required=False, removals=True)

    def refusal(self, name: str) -> exceptions.ErrorDetail:
        if name in _FIXED:
            return exceptions.ErrorDetail(
                "This is settled when a session is created. Expire this one, and create another.",
                code="read_only_field",
            )
        return super().refusal(name)


_FIXED = ("customer_id", "external_customer_id", ALIAS, "items", "expires_in")


class ExpireSerializer(StrictSerializer):
    """Nothing can be said about an expiry; an empty object may be."""


class OrderSerializer(serializers.Serializer[Order]):
    """An order: a session that was paid. It never changes."""

    id = serializers.UUIDField(help_text="Our ID of the order, a UUIDv7.")
    number = serializers.IntegerField(
        min_value=1, help_text="Counts the organization's orders from 1, without gaps."
    )
    checkout_session_id = serializers.UUIDField()
    customer_id = serializers.UUIDField()
    external_customer_id = ExternalCustomerIDField(
        allow_null=True, help_text="The one that the customer had when the order was made."
    )
    email = serializers.CharField(max_length=254, allow_null=True, help_text="What the buyer gave.")
    items = CheckoutItemSerializer(many=True)
    currency = CurrencyField()
    amount_total = serializers.IntegerField(
        min_value=1, max_value=MAX_AMOUNT, help_text="What was paid, in the currency's minor unit."
    )
    metadata = MetadataField(help_text="The session's.")
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: Order) -> dict[str, Any]:
        """The fields above (a test compares them), without a field object's work for each value of each row."""
        return {
            "id": instance.id,
            "number": instance.number,
            "checkout_session_id": instance.checkout_session_id,
            "customer_id": instance.customer_id,
            "external_customer_id": instance.external_customer_id,
            "email": instance.email,
            "items": _item_rows(instance.checkout_session.items.all()),
            "currency": instance.currency,
            "amount_total": instance.amount_total,
            "metadata": instance.metadata,
            "created_at": instance.created_at,
        }


class SessionConflictSerializer(serializers.Serializer[Any]):
    """The session, and the status that stands in the way."""

    checkout_session_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=CheckoutSession.Status.values)
