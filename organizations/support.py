"""What every page of the administration shares: support may use it, its lists stay quick however long they are, every
write goes through a service, and nothing is ever deleted for good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import psycopg
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import Paginator
from django.db import DataError, IntegrityError, OperationalError, connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.functional import cached_property
from structlog.contextvars import bind_contextvars

from organizations.confirmations import Confirmation
from organizations.ids import parse_id

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _ModelForm = forms.ModelForm[Any]
    _Paginator = Paginator[Any]
else:
    _ModelAdmin, _ModelForm, _Paginator = admin.ModelAdmin, forms.ModelForm, Paginator

M = TypeVar("M", bound=models.Model)

LONGEST_SEARCH = 256


class Refused(Exception):
    """A service refused what a form had found right, since somebody else was faster."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__(error)
        self.error = error


class BoundedPaginator(_Paginator):
    """Counts to `most` and no further; what lies behind that is reached by searching and filtering."""

    most = 10_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: self.most].count())

    @property
    def is_cut(self) -> bool:
        """Whether there may be more than `count`."""
        return self.count >= self.most


class BoundedChangeList(ChangeList):
    """A list that gives up after `seconds`, with a word on how to narrow it, instead of keeping the database busy."""

    seconds: ClassVar[float] = 5

    def get_ordering(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> list[Any]:
        if self.sortable_by is not None and not self.sortable_by:
            return list(self.model_admin.get_ordering(request))  # along an index, whatever the address says
        return list(super().get_ordering(request, queryset))

    def load_results(self, request: HttpRequest) -> None:
        """The rows of the page that is asked for, read here and now."""
        super().get_results(request)
        self.result_list = list(self.result_list)

    def get_results(self, request: HttpRequest) -> None:
        try:
            with transaction.atomic(), _time_limit(self.seconds):
                self.load_results(request)
        except DataError as error:
            raise IncorrectLookupParameters from error  # such as a time that no calendar has
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
                raise
            self.queryset = self.queryset.none()
            super().get_results(request)
            messages.error(
                request,
                f"This took longer than {self.seconds:g} seconds and was given up. Search for three characters or "
                "more, or choose an organization.",
            )


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {round(seconds * 1000)}")
        yield
        cursor.execute("SET LOCAL statement_timeout TO DEFAULT")


class ReferenceSelect(AutocompleteSelect):
    """Looks up only what can be an ID, so that any other value is the form's error and not the page's."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [item for item in value if parse_id(str(item))], attr)


class SupportForm(_ModelForm):
    """A form whose writing a service does; `refusal` is what the service said to this very input."""

    refusal: ClassVar[ValidationError | None] = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.refusal is not None:
            for name, problems in _by_field(self.refusal).items():
                self.add_error(name if name in self.fields else None, problems)
        return cleaned


def _by_field(error: ValidationError) -> Mapping[str, list[ValidationError]]:
    return error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}


class SupportAdmin(_ModelAdmin):
    """The base of every model's pages."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would be a count over the whole table
    list_per_page = 50
    list_max_show_all = 0
    change_form_template = "admin/support/change_form.html"

    # The query parameters that the list's filters read. Any other is refused, since a look-up by an arbitrary column
    # is a walk over the table.
    filter_parameters: ClassVar[frozenset[str]] = frozenset()
    confirmations: ClassVar[tuple[type[Confirmation], ...]] = ()

    def write(self, request: HttpRequest, form: Any, change: bool) -> tuple[models.Model, str | None]:
        """Calls the service that makes or changes what `form` says. Returns the row, and the secret that is shown
        once where one was made. Raises ValidationError."""
        raise NotImplementedError

    def names(self, obj: Any) -> Mapping[str, str | None]:
        """By which a log line about `obj` is found."""
        return {}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            self.note(request, found)
        return found

    def note(self, request: HttpRequest, obj: Any) -> None:
        """Has the request's log line say who looks at whom."""
        bind_contextvars(user=str(request.user.pk), **self.names(obj))

    # Who may do what

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_support(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_support(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_support(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_support(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # Lists

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return BoundedChangeList

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        if lookup not in self.filter_parameters or "\x00" in str(value):
            raise IncorrectLookupParameters
        return True

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        if not is_searchable(search_term):
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if ERROR_FLAG in request.GET:
            messages.warning(
                request, "The address had a filter or a page that this list doesn't have. It was left out."
            )
        return super().changelist_view(request, extra_context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = dict(super().get_actions(request))
        for confirmation in self._confirmations():
            actions[confirmation.name] = (confirmation.choose, confirmation.name, confirmation.action)
        return actions

    # Forms

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            options.setdefault("widget", ReferenceSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **options)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change=change, **options)
        return type(form.__name__, (form,), {"refusal": getattr(request, "refusal", None)})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refused:
            # Everything is undone. The same input goes through the form once more, which shows what was said.
            request.refusal = refused.error  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        try:
            with transaction.atomic():
                written, secret = self.write(request, form, change)
        except ValidationError as error:
            raise Refused(error) from None
        except IntegrityError:
            raise Refused(
                ValidationError("Somebody else saved at the same moment. Look again, then save.")
            ) from None
        vars(obj).update(vars(written))  # Django goes on with `obj`: its log, its message, its redirect
        request.secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        secret = getattr(request, "secret", None)
        if secret is not None:
            return self.show_once(request, obj, secret)
        return super().response_add(request, obj, post_url_continue)

    def show_once(self, request: HttpRequest, obj: models.Model, secret: str) -> HttpResponse:
        """The page with a secret that is stored nowhere, in answer to the very request that made it."""
        return TemplateResponse(
            request,
            "admin/support/shown_once.html",
            {
                **self.admin_site.each_context(request),
                "title": "Copy it now",
                "opts": self.opts,
                "secret": secret,
                "object": obj,
                "object_url": self.url_of(obj),
            },
        )

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        obj = options.get("obj")
        context["confirmations"] = [
            {"label": confirmation.button(obj), "url": confirmation.url(obj.pk)}
            for confirmation in self._confirmations()
            if obj is not None and confirmation.applies_to(request, obj)
        ]
        return super().render_change_form(request, context, *args, **options)

    @admin.display(description="internal ID")
    def internal_id(self, obj: models.Model) -> str:
        return str(obj.pk)

    # Addresses

    def get_urls(self) -> list[URLPattern]:
        return [confirmation.path() for confirmation in self._confirmations()] + super().get_urls()

    def url_of(self, obj: models.Model) -> str:
        return reverse(
            f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk]
        )

    def _confirmations(self) -> list[Confirmation]:
        return [confirmation(self) for confirmation in self.confirmations]


def is_searchable(term: str) -> bool:
    """Whether any row can hold `term`; a text that is too long, or holds NUL, is found nowhere."""
    return len(term) <= LONGEST_SEARCH and "\x00" not in term


def _is_support(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_staff", False))
