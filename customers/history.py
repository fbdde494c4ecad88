"""The history of customers: the database writes a row at each change (triggers of django-pghistory), with who did it.

Who did it is the context that `api.middleware` and `api.authentication` bind for the length of a request (the ID of a
user or a token, and the request's), and manage.py for a command (its name). Where somebody without a login or a token
makes a change, a buyer who pays, `by` says in words who it was.
"""

from __future__ import annotations

from django.db.models import Case, F, Func, JSONField, Value, When

from customers.models import Customer, CustomerChange  # type: ignore[attr-defined]


def earlier_values(customer: Customer, field: str) -> set[str]:
    """All that the field of the customer ever said, what it says now among it."""
    of_customer = CustomerChange.objects.filter(
        organization_id=customer.organization_id, pgh_obj_id=customer.id
    )
    said = of_customer.exclude(**{field: None}).order_by().values_list(field, flat=True)
    return set(said.distinct())


def erase_history(customer: Customer, *, stand_in: str) -> None:
    """Removes personal data from every change of the customer; `stand_in` takes the external ID's place.

    Who made the change stays. The request's ID goes: the caller chose it, and may have made it of anything.
    """
    CustomerChange.objects.filter(organization_id=customer.organization_id, pgh_obj_id=customer.id).update(
        external_customer_id=Case(
            When(external_customer_id__isnull=False, then=Value(stand_in)), default=Value(None)
        ),
        name=None,
        email=None,
        billing_address=None,
        tax_id=None,
        metadata={},
        pgh_context=Func(
            F("pgh_context"),
            Value("request_id"),
            arg_joiner=" - ",
            template="(%(expressions)s)",
            output_field=JSONField(),
        ),
    )
