"""Makes checkout sessions, and changes what may be changed of an open one."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence, Set
from typing import Any, NotRequired, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from api.conflicts import constraint_of
from api.metadata import Metadata, merge_metadata
from api.prepared import PreparedInsert
from api.shaped import Shaped
from checkout.exceptions import SessionNotOpen
from checkout.models import CheckoutItem, CheckoutSession, Product
from checkout.models.sessions import MAX_EXPIRES_IN, MAX_ITEMS, MAX_QUANTITY, MIN_EXPIRES_IN
from checkout.money import MAX_AMOUNT, check_amount
from checkout.monitoring import SESSIONS
from checkout.services.moves import locked_session
from customers.external_ids import check_external_customer_id
from customers.models import Customer, holder_of
from organizations.models import Organization

_sessions = PreparedInsert(CheckoutSession)

# The database's rule (migration 0004).
_CUSTOMER_DELETED = "checkout_sessions_customer_deleted"


class PriceData(TypedDict):
    """A price that stands in no catalog."""

    name: str
    unit_amount: int
    currency: str


class ItemFields(TypedDict):
    """One line: of a product, or with a price of its own."""

    product_id: NotRequired[uuid.UUID]
    price_data: NotRequired[PriceData]
    quantity: int


class SessionChanges(TypedDict, total=False):
    """What may still be changed of an open session."""

    customer_email: str | None
    customer_name: str | None
    success_url: str | None
    cancel_url: str | None
    metadata: Metadata
    customer_metadata: Metadata


class SessionFields(SessionChanges, total=False):
    """What a new session is made of beside its organization and its items."""

    customer_id: uuid.UUID | None
    external_customer_id: str | None
    expires_in: datetime.timedelta


def create_session(
    *, organization: Organization, items: Sequence[ItemFields], **fields: Unpack[SessionFields]
) -> CheckoutSession:
    """A new session with its items, open for `expires_in`; nothing is kept of a refused one.

    It is linked at once to the customer that `customer_id` names, or that holds the external ID. An ID that nobody
    holds is kept, and decides at completion who the customer is. Raises ValidationError by field, items' fields
    nested as `items.3.product_id`.
    """
    try:
        return _create(organization, items, **fields)
    except IntegrityError as refusal:
        if constraint_of(refusal) != _CUSTOMER_DELETED:
            raise
        # The customer was deleted after they were looked up: now they aren't found.
        return _create(organization, items, **fields)


def update_session(*, session: CheckoutSession, **fields: Unpack[SessionChanges]) -> CheckoutSession:
    """The session with `fields` changed, all of them or none; both kinds of metadata are laid over what is stored.

    Raises ValidationError by field, and SessionNotOpen.
    """
    changes: dict[str, Any] = dict(fields)
    with transaction.atomic():
        locked = locked_session(session.id)
        if locked.status != CheckoutSession.Status.OPEN:
            raise SessionNotOpen(session_id=locked.id, status=locked.status)
        for name in ("metadata", "customer_metadata"):
            if name in changes:
                changes[name] = merge_metadata(getattr(locked, name), changes[name])
        for name, value in changes.items():
            setattr(locked, name, value)
        locked.modified_at = timezone.now()
        locked.clean_fields(exclude=("organization", "customer"))
        locked.save(update_fields=[*changes, "modified_at"])
    return locked


def _create(
    organization: Organization,
    items: Sequence[ItemFields],
    *,
    customer_id: uuid.UUID | None = None,
    external_customer_id: str | None = None,
    expires_in: datetime.timedelta = MAX_EXPIRES_IN,
    **fields: Unpack[SessionChanges],
) -> CheckoutSession:
    problems: dict[str, Any] = {}
    customer, own_id = _customer(organization, customer_id, external_customer_id, problems)
    lines = _lines(organization, items, problems)
    if not MIN_EXPIRES_IN <= expires_in <= MAX_EXPIRES_IN:
        problems["expires_in"] = ValidationError(
            f"A session stays open for {MIN_EXPIRES_IN.total_seconds():.0f} to "
            f"{MAX_EXPIRES_IN.total_seconds():.0f} seconds.",
            code="out_of_range",
        )
    now = timezone.now()
    session = CheckoutSession(
        organization=organization,
        customer=customer,
        currency=lines[0].currency if lines else "",
        amount_total=sum(line.item.amount for line in lines),
        expires_at=now + expires_in,
        created_at=now,
        modified_at=now,
    )
    session.external_customer_id = own_id
    for name, value in fields.items():
        setattr(session, name, value)
    try:
        session.clean_fields(exclude=("organization", "customer", "currency", "amount_total"))
    except ValidationError as error:
        problems |= error.error_dict
    if problems:
        raise ValidationError(problems)
    with transaction.atomic():
        _sessions.insert(session)
        for line in lines:
            line.item.session = session
        _remember(session, CheckoutItem.objects.bulk_create([line.item for line in lines]))
        transaction.on_commit(SESSIONS.labels("created").inc)
    return session


class _Line:
    """An item, and the currency that it is priced in."""

    def __init__(self, item: CheckoutItem, currency: str) -> None:
        self.item = item
        self.currency = currency


def _remember(session: CheckoutSession, items: list[CheckoutItem]) -> None:
    """Spares whoever shows the new session the query for its items."""
    known = session.items.all()
    known._result_cache = items
    session._prefetched_objects_cache = {"items": known}  # type: ignore[attr-defined]


def _customer(
    organization: Organization,
    customer_id: uuid.UUID | None,
    own_id: str | None,
    problems: dict[str, Any],
) -> tuple[Customer | None, str | None]:
    """The customer to link to, None when there is none yet, and the external ID to keep."""
    if own_id is not None:
        try:
            check_external_customer_id(own_id)
        except ValidationError as error:
            problems["external_customer_id"] = error
            return None, None
    if customer_id is None:
        return (None if own_id is None else holder_of.get(organization.id, own_id)), own_id
    customer = Customer.objects.for_organization(organization).live().filter(id=customer_id).first()
    if customer is None:
        problems["customer_id"] = ValidationError("There is no such customer.", code="does_not_exist")
    elif own_id is not None and customer.external_customer_id != own_id:
        problems["customer_id"] = ValidationError(
            "This customer doesn't hold the external customer ID that is sent along. Send one of the two.",
            code="customers_disagree",
        )
    return customer, own_id or (customer.external_customer_id if customer else None)


def _lines(organization: Organization, items: Sequence[ItemFields], problems: dict[str, Any]) -> list[_Line]:
    """The items, checked; what is wrong with them goes to `problems`."""
    if not 1 <= len(items) <= MAX_ITEMS:
        problems["items"] = ValidationError(
            f"A session has 1 to {MAX_ITEMS} items; this would have {len(items)}.", code="number_of_items"
        )
        return []
    products = _products(organization, {item["product_id"] for item in items if "product_id" in item})
    lines: list[_Line] = []
    for position, fields in enumerate(items):
        try:
            lines.append(_line(organization, position, fields, products))
        except ValidationError as error:
            for name, problem in error.error_dict.items():
                problems[f"items.{position}.{name}"] = problem
    if len(lines) < len(items):
        return lines
    for line in lines:
        if line.currency != lines[0].currency:
            where = "product_id" if line.item.product_id else "price_data.currency"
            problems[f"items.{line.item.position}.{where}"] = ValidationError(
                f"This is priced in {line.currency}, the first item in {lines[0].currency}. "
                "A session has one currency.",
                code="mixed_currencies",
            )
    if sum(line.item.amount for line in lines) > MAX_AMOUNT:
        problems["items"] = ValidationError(
            f"Together these cost more than {MAX_AMOUNT}, in the currency's minor unit.",
            code="amount_too_large",
        )
    return lines


def _products(organization: Organization, ids: Set[uuid.UUID]) -> dict[uuid.UUID, Product]:
    """Those of the organization that there are."""

    def with_ids(organization: uuid.UUID, *ids: uuid.UUID) -> QuerySet[Product]:
        return Product.objects.for_organization(organization).filter(id__in=ids).order_by()

    found = Shaped(Product, "with_ids", (organization.id, *ids), with_ids).rows() if ids else ()
    return {product.id: product for product in found}


def _line(
    organization: Organization, position: int, fields: ItemFields, products: dict[uuid.UUID, Product]
) -> _Line:
    """Raises ValidationError by field of the item."""
    item = CheckoutItem(organization=organization, position=position, quantity=fields["quantity"])
    if not 1 <= item.quantity <= MAX_QUANTITY:
        raise ValidationError(
            {"quantity": ValidationError(f"A quantity is 1 to {MAX_QUANTITY}.", code="out_of_range")}
        )
    if ("product_id" in fields) == ("price_data" in fields):
        raise ValidationError(
            {"product_id": ValidationError("Send either a product_id or price_data.", code="one_of_two")}
        )
    if "product_id" in fields:
        product = products.get(fields["product_id"])
        if product is None:
            raise ValidationError(
                {"product_id": ValidationError("There is no such product.", code="does_not_exist")}
            )
        if product.is_archived:
            raise ValidationError(
                {
                    "product_id": ValidationError(
                        "This product is archived. Bring it back, or sell another.", code="product_archived"
                    )
                }
            )
        item.product = product
        item.name, item.unit_amount, currency = product.name, product.unit_amount, product.currency
    else:
        price = fields["price_data"]
        item.name, item.unit_amount, currency = price["name"], price["unit_amount"], price["currency"].lower()
        _check_price(item, currency)
    item.amount = item.unit_amount * item.quantity
    try:
        check_amount(item.amount)
    except ValidationError as error:
        raise ValidationError({"quantity": error}) from None
    return _Line(item, currency)


def _check_price(item: CheckoutItem, currency: str) -> None:
    """Raises ValidationError by field, for the parts of a price that stands in no catalog."""
    problems: dict[str, Any] = {}
    try:
        Product(name=item.name, unit_amount=item.unit_amount, currency=currency).clean_fields(
            exclude=("organization", "description", "metadata")
        )
    except ValidationError as error:
        problems = {f"price_data.{name}": problem for name, problem in error.error_dict.items()}
    if problems:
        raise ValidationError(problems)
