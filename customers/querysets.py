"""The vocabulary of customers."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import F, Func, Q, TextField, Value

from api.metadata import MAX_INTEGER
from customers.grams import index_query
from organizations.models import Organization

if TYPE_CHECKING:
    import uuid

    from customers.models import Customer, SavedView  # noqa: F401
    from organizations.models import Membership


# What parts the fields in the text that is searched: no external ID can hold it, and hardly a name does.
SEPARATOR = "\x1f"

_TEXT = TextField()  # of a value that a search compares with; or each search would make one several times


class FoldCase(Func):
    """Text without its letter case, by Unicode's simple mappings, the same on every server (see migration 0001)."""

    function = "fold_case"
    output_field = TextField(db_collation="C")


class Compatible(Func):
    """Text in Unicode Normalization Form KC, in which forms that only look different are the same."""

    function = "normalize"
    template = "%(function)s(%(expressions)s, NFKC)"
    output_field = TextField(db_collation="C")


class NearForm(FoldCase):
    """What external customer IDs have in common that differ in letter case or in compatibility forms alone."""

    def __init__(self, own_id: Any) -> None:
        super().__init__(Compatible(own_id))


def pattern_of(fragment: str) -> str:
    """The pattern of what contains `fragment`, for `LIKE`."""
    escaped = fragment.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def containing(fragment: str) -> FoldCase:
    """The pattern of what contains `fragment` in any letter case, for `Like` and `__like`."""
    return FoldCase(Value(pattern_of(fragment), _TEXT))


class Search(NamedTuple):
    """What a search compares with."""

    pattern: str
    grams: str | None  # what the index is asked for, where it knows
    has_separator: bool

    @classmethod
    def of(cls, fragment: str) -> Search:
        """By what the database's sample of customers says is rare in `fragment`."""
        return cls(pattern_of(fragment), index_query(fragment, DEFAULT_DB_ALIAS), SEPARATOR in fragment)


class SearchGrams(Func):
    """What the index of searches holds of a text (see migration 0006)."""

    function = "search_grams"
    output_field = SearchVectorField()


class FoldedQuery(Func):
    """A tsquery without its letter case."""

    function = "fold_case"
    template = "%(function)s(%(expressions)s)::tsquery"
    output_field = SearchQueryField()


class CustomerQuerySet(models.QuerySet["Customer"]):
    def for_organization(self, organization: Organization | uuid.UUID) -> CustomerQuerySet:
        return self.filter(organization=organization)

    def live(self) -> CustomerQuerySet:
        """Those that were not deleted: everyone, to anyone but support."""
        return self.filter(deleted_at__isnull=True)

    def deleted(self) -> CustomerQuerySet:
        """Those that were: support's and the owners' business."""
        return self.filter(deleted_at__isnull=False)

    def for_list(self) -> CustomerQuerySet:
        """With the columns that the dashboard's list shows or sorts by, and no more."""
        return self.only("external_customer_id", "name", "email", "created_at", "deleted_at")

    def holding(self, external_customer_id: str) -> CustomerQuerySet:
        """Whoever holds the ID now; at most one in an organization."""
        return self.live().filter(external_customer_id=external_customer_id)

    def holding_anywhere(self, external_customer_id: str) -> CustomerQuerySet:
        """Whoever holds the ID now, in any organization: one probe of the index for each of them."""
        return self.holding(external_customer_id).filter(organization__in=Organization.objects.values("id"))

    def nearly_holding(self, near_forms: Collection[str]) -> CustomerQuerySet:
        """Those whose ID has one of these near forms, which is on each as `near_form`."""
        near = self.live().filter(external_customer_id__isnull=False)
        return near.annotate(near_form=NearForm(F("external_customer_id"))).filter(near_form__in=near_forms)

    def search(self, fragment: str) -> CustomerQuerySet:
        """Those whose external ID, name or e-mail address contains `fragment`, in any letter case."""
        return self.found_by(Search.of(fragment))

    def found_by(self, search: Search) -> CustomerQuerySet:
        """As `search` finds them."""
        pattern = FoldCase(Value(search.pattern, _TEXT))
        conditions: list[models.Lookup | Q] = [Like(F("search_text"), pattern)]
        if search.grams:
            conditions.append(Matches(SearchGrams(F("search_text")), FoldedQuery(Value(search.grams, _TEXT))))
        if search.has_separator:  # of a field's own, not between two
            conditions.append(Q(Like(FoldCase(F("name")), pattern)) | Q(Like(FoldCase(F("email")), pattern)))
        return self.filter(*conditions)

    def search_with_deleted(self, fragment: str) -> CustomerQuerySet:
        """As `search`, among the deleted too. There is an index for either half, and each is used for its own."""
        either = Q(deleted_at__isnull=True) | Q(deleted_at__isnull=False)
        return self.filter(either).search(fragment)

    def with_email(self, address: str) -> CustomerQuerySet:
        """Those with this e-mail address, in any letter case."""
        return self.alias(_email=FoldCase(F("email"))).filter(_email=FoldCase(Value(address)))

    def with_metadata(self, name: str, text: str) -> CustomerQuerySet:
        """Those whose metadata `name` reads `text`: strings as they are, numbers and booleans as JSON writes them.

        Containment is what the index answers; what it finds is then compared as text, so 5 is not "5.0".
        """
        candidates = Q(metadata__contains={name: text})
        typed = _as_number_or_boolean(text)
        if typed is not None:
            candidates |= Q(metadata__contains={name: typed})
        # Not KeyTextTransform, which takes a key of digits for a place in an array.
        reads = Func(F("metadata"), Value(name), function="jsonb_extract_path_text", output_field=TextField())
        return self.alias(_metadatum=reads).filter(candidates, _metadatum=text)


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def of(self, membership: Membership) -> SavedViewQuerySet:
        """Those that this person saved in this organization."""
        return self.filter(organization_id=membership.organization_id, user_id=membership.user_id)


@TextField.register_lookup
class Like(models.Lookup):
    """`LIKE` with a pattern that is ready made."""

    lookup_name = "like"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} LIKE {right}", (*left_params, *right_params)


class Matches(models.Lookup):
    """A tsvector has what a tsquery asks for."""

    lookup_name = "matches"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}", (*left_params, *right_params)


def _as_number_or_boolean(text: str) -> int | float | bool | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, bool):
        return value
    return value if isinstance(value, int | float) and -MAX_INTEGER <= value <= MAX_INTEGER else None
