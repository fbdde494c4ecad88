"""The history of customers: the database writes a row at each change (triggers of django-pghistory), with who did it.

Who did it is the context that `api.actors` binds for the length of a request or a command. It holds IDs alone, so that
erasing a customer's personal data from its history leaves the authors in place.
"""

from __future__ import annotations

from django.db.models import Case, Value, When

from customers.models import Customer, CustomerChange  # type: ignore[attr-defined]


def erase_history(customer: Customer, *, stand_in: str) -> None:
    """Removes personal data from every change of the customer; `stand_in` takes the external ID's place."""
    CustomerChange.objects.filter(organization_id=customer.organization_id, pgh_obj_id=customer.id).update(
        external_customer_id=Case(
            When(external_customer_id__isnull=False, then=Value(stand_in)), default=Value(None)
        ),
        name=None,
        email=None,
        billing_address=None,
        tax_id=None,
        metadata={},
    )
