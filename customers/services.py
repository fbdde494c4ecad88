"""The only writers of customers. Every entry point (API, dashboard, admin, import, checkout) calls these.

Each function checks the whole customer (`full_clean`) and then lets the database have the last word: what it refuses
because somebody else was faster is checked again, which finds who it was, and becomes the same error. Whether the ID of
a new customer is free the database alone is asked, as it inserts the row.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypedDict, TypeVar, Unpack

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from api.conflicts import conflict_in, constraint_of
from api.metadata import Metadata, merge_metadata
from api.prepared import PreparedInsert
from customers.addresses import Address, complete_address
from customers.exceptions import (
    CustomerChanged,
    CustomerGone,
    ExternalCustomerIDConflict,
    ExternalCustomerIDImmutable,
    ExternalCustomerIDTaken,
)
from customers.external_ids import is_external_customer_id
from customers.history import earlier_values, erase_history
from customers.models import EXTERNAL_ID_INDEX, Customer
from customers.monitoring import EXTERNAL_ID_REFUSALS
from customers.saved_views import erase_from_views
from customers.signals import customer_erased, erasure_begins, external_id_set
from organizations.models import Organization

_ATTEMPTS = 5

_T = TypeVar("_T")


class CustomerFields(TypedDict, total=False):
    """What may be written of a customer. An absent field is left as it is; None empties it."""

    external_customer_id: str | None
    name: str | None
    email: str | None
    billing_address: Address | None
    tax_id: str | None
    metadata: Metadata


def _emptied() -> CustomerFields:
    """Every field but the external ID, without a value."""
    return {"name": None, "email": None, "billing_address": None, "tax_id": None, "metadata": {}}


def create_customer(*, organization: Organization, **fields: Unpack[CustomerFields]) -> Customer:
    """A new customer.

    Raises ValidationError by field, and ExternalCustomerIDTaken when a live customer of the organization holds the
    ID, also when it got there a moment before.
    """
    return _until_settled(lambda: _insert(organization, fields), retry_on=(_HolderGone,))


def update_customer(
    *,
    customer: Customer,
    merge: bool = True,
    seen: datetime.datetime | None = None,
    **fields: Unpack[CustomerFields],
) -> Customer:
    """The customer with `fields` changed, all of them or none. With `merge`, `metadata` is laid over what is stored,
    and a None in it removes its key; without, it replaces it. With `seen`, the `modified_at` of the customer on whose
    looks the changes were decided, they are only made while that is still so.

    Raises ValidationError by field, ExternalCustomerIDImmutable when a set ID would change, ExternalCustomerIDTaken
    when somebody else holds the new one, CustomerGone when the customer has been deleted in the meantime, and
    CustomerChanged when it isn't as it was `seen`.
    """
    return _until_settled(lambda: _update(customer, fields, merge=merge, seen=seen))


def put_customer(
    *, organization: Organization, own_id: str, **fields: Unpack[CustomerFields]
) -> tuple[Customer, bool]:
    """The holder of the external ID `own_id` with exactly these fields, and whether it was created for that. What is
    not among `fields` is emptied.

    However many call this at once for a new ID, one creates and the others replace. Raises ValidationError by field,
    and ExternalCustomerIDImmutable when `fields` names another external ID, or none.
    """
    named = fields.get("external_customer_id", own_id)
    whole: CustomerFields = {**_emptied(), **fields, "external_customer_id": own_id}

    def put() -> tuple[Customer, bool]:
        holder = None
        if is_external_customer_id(own_id):
            holder = Customer.objects.for_organization(organization).holding(own_id).first()
        if named != own_id:
            for value in (own_id, named):  # what is ill-formed comes before what is in the way
                _draft(organization, {**whole, "external_customer_id": value}).clean_fields()
            raise ExternalCustomerIDImmutable(
                customer_id=holder.id if holder else None, external_customer_id=own_id
            )
        if holder is not None:
            return _update(holder, whole, merge=False), False
        return _insert(organization, whole), True

    return _until_settled(put, retry_on=(ExternalCustomerIDTaken, CustomerGone))


def delete_customer(*, customer: Customer, anonymize: bool = False) -> Customer:
    """Marks the customer as deleted, which frees its external ID. With `anonymize`, personal data is erased as well,
    from its history too, and a stand-in (`deleted-<id>`) takes the external ID's place. Deleting a deleted customer
    again changes nothing but what `anonymize` asks for.
    """
    with transaction.atomic():
        if anonymize:
            erasure_begins.send(Customer, customer=customer)
        locked = Customer.objects.select_for_update().get(id=customer.id)
        if locked.deleted_at is None:
            locked.deleted_at = locked.modified_at = timezone.now()
            locked.save(update_fields=["deleted_at", "modified_at"])
        if anonymize:
            _erase(locked)
    return locked


def stand_in_for(customer_id: uuid.UUID) -> str:
    """What takes the place of an erased external ID, everywhere."""
    return f"deleted-{customer_id}"


def _erase(customer: Customer) -> None:
    emptied = _emptied()
    own_id, stand_in = customer.external_customer_id, stand_in_for(customer.id)
    names, addresses = earlier_values(customer, "name"), earlier_values(customer, "email")
    erase_from_views(
        organization_id=customer.organization_id,
        names={*names, *([own_id] if own_id else [])},
        addresses=addresses,
        stand_in=stand_in,
    )
    _assign(customer, emptied)
    if own_id is not None:
        customer.external_customer_id = stand_in
    customer.save(update_fields=[*emptied, "external_customer_id"])
    erase_history(customer, stand_in=stand_in)
    customer_erased.send(
        Customer,
        customer=customer,
        external_customer_id=own_id,
        names=names,
        addresses=addresses,
        stand_in=stand_in,
    )


class _HolderGone(ExternalCustomerIDTaken):
    """Somebody held the ID, and nobody does any more."""


_rows = PreparedInsert(Customer, unless_taken=True)


def _insert(organization: Organization, fields: Mapping[str, Any]) -> Customer:
    customer = _draft(organization, fields)
    customer.modified_at = customer.created_at
    # Whether somebody holds the ID the database says as it inserts the row, or doesn't.
    customer.full_clean(validate_constraints=False)
    with transaction.atomic():
        if not _rows.insert(customer):
            customer.validate_constraints()
            raise _HolderGone(customer_id=None, external_customer_id=str(customer.external_customer_id))
        customer.remember_external_customer_id()
        if customer.external_customer_id is not None:
            external_id_set.send(Customer, customer=customer)
    return customer


def _draft(organization: Organization, fields: Mapping[str, Any]) -> Customer:
    customer = Customer(organization=organization)
    _assign(customer, fields)
    return customer


def _update(
    customer: Customer, fields: Mapping[str, Any], *, merge: bool, seen: datetime.datetime | None = None
) -> Customer:
    with transaction.atomic():
        locked = Customer.objects.select_for_update().live().filter(id=customer.id).first()
        if locked is None:
            raise CustomerGone
        if seen is not None and locked.modified_at != seen:
            raise CustomerChanged
        before = {name: _written(getattr(locked, name)) for name in fields}
        if merge and "metadata" in fields:
            fields = {**fields, "metadata": merge_metadata(locked.metadata, fields["metadata"])}
        _assign(locked, fields)
        if before == {name: _written(getattr(locked, name)) for name in fields}:
            return locked
        locked.modified_at = timezone.now()
        return _save(locked, [*fields, "modified_at"])


def _written(value: object) -> str:
    """Tells what JSON tells apart and Python takes for equal: 1, 1.0 and true."""
    return json.dumps(value, sort_keys=True, default=repr)


def _assign(customer: Customer, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if name == "billing_address" and isinstance(value, dict):
            value = complete_address(value)
        setattr(customer, name, value)


def _save(customer: Customer, changed: list[str]) -> Customer:
    had_id = customer.has_stored_external_customer_id
    try:
        customer.full_clean()
        with transaction.atomic():
            customer.save(update_fields=changed)
            if customer.external_customer_id is not None and not had_id:
                external_id_set.send(Customer, customer=customer)
    except ValidationError as error:
        raise conflict_in(error) or error from None
    return customer


def _until_settled(write: Callable[[], _T], retry_on: tuple[type[Exception], ...] = ()) -> _T:
    """`write`, again where another writer was faster, since its check now sees who; counts the refusals that remain."""
    for attempt in range(1, _ATTEMPTS + 1):
        last = attempt == _ATTEMPTS
        try:
            return write()
        except IntegrityError as refusal:
            if last or constraint_of(refusal) != EXTERNAL_ID_INDEX:
                raise
        except (ExternalCustomerIDConflict, CustomerGone) as error:
            if last or not isinstance(error, retry_on):
                if isinstance(error, ExternalCustomerIDConflict):
                    EXTERNAL_ID_REFUSALS.labels(error.code).inc()
                raise
    raise AssertionError("the last attempt returns or raises")
