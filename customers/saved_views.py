"""The only writers of saved views: lists of customers under a name that a person gave them."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import QueryDict

from api.listing import written
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


def erase_from_views(
    *, organization_id: uuid.UUID, names: Collection[str], addresses: Collection[str], stand_in: str
) -> None:
    """Puts `stand_in` in the place of what somebody who is erased was called, and of every text with an e-mail address
    of theirs, in whatever letter case. Such a view finds nobody by it any more; one that bore it as its own name gets
    a new one."""
    traces = _Traces({name.casefold() for name in names}, {address.casefold() for address in addresses})
    for view in SavedView.objects.filter(organization_id=organization_id).select_for_update():
        query = QueryDict(view.query, mutable=True)
        for parameter, values in list(query.lists()):
            query.setlist(parameter, [stand_in if traces.are_in(str(value)) else value for value in values])
        changed = {}
        if traces.are_in(view.name):
            changed["name"] = f"deleted-{view.id}"
        if query != QueryDict(view.query):
            changed["query"] = written(query)
        if changed:
            SavedView.objects.filter(id=view.id).update(**changed)


class _Traces:
    def __init__(self, names: Collection[str], addresses: Collection[str]) -> None:
        self._names = names
        self._addresses = addresses

    def are_in(self, text: str) -> bool:
        folded = text.casefold()
        # An ID or a name may be a single letter: it is only sought as the whole of a text.
        return folded in self._names or any(address in folded for address in self._addresses)


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
