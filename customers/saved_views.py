"""The only writers of saved views: lists of customers under a name that a person gave them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from customers.models import SavedView
from organizations.models import Membership

MAX_VIEWS = 50


def save_view(*, membership: Membership, name: str, query: str) -> SavedView:
    """A view of this person's. Raises ValidationError by field: for a name that they use already, no name, or a
    view more than they can have."""
    if SavedView.objects.of(membership).count() >= MAX_VIEWS:
        raise ValidationError(
            {"name": ValidationError(f"{MAX_VIEWS} views is all there is room for.", code="too_many")}
        )
    view = SavedView(organization_id=membership.organization_id, user_id=membership.user_id)
    return _write(view, name=name, query=query)


def rename_view(*, view: SavedView, name: str) -> SavedView:
    """Raises ValidationError by field, as `save_view` does."""
    return _write(view, name=name)


def delete_view(*, view: SavedView) -> None:
    view.delete()


def _write(view: SavedView, **fields: str) -> SavedView:
    for field, value in fields.items():
        setattr(view, field, value)
    try:
        view.full_clean()
        try:
            with transaction.atomic():
                view.save()
        except IntegrityError:
            # Their other window was faster: the check finds now what it would have found then.
            view.full_clean()
            raise
    except ValidationError as error:
        raise _by_name(error) from None
    return view


def _by_name(error: ValidationError) -> ValidationError:
    """A name that is taken is the name's problem."""
    problems = error.error_dict
    taken = problems.pop("__all__", [])
    return ValidationError({**problems, **({"name": [*problems.get("name", []), *taken]} if taken else {})})
