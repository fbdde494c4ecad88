"""What support does to rows of the administration only after having been asked once more, on a page of its own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from organizations.ids import parse_id

if TYPE_CHECKING:
    from organizations.support import SupportAdmin


class Confirmation:
    """An action of a list, a button of a row's page, and the page between them and the deed."""

    name: ClassVar[str]  # in the page's address
    action: ClassVar[str]  # in the list's menu
    title: ClassVar[str]
    explanation: ClassVar[str]
    submit: ClassVar[str]
    form_class: ClassVar[type[forms.Form]] = forms.Form
    most: ClassVar[int] = 100

    def __init__(self, model_admin: SupportAdmin) -> None:
        self.model_admin = model_admin
        self.opts = model_admin.opts

    def button(self, obj: Any) -> str:
        """What the button on the row's page says."""
        return self.action

    def applies_to(self, request: HttpRequest, obj: Any) -> bool:
        """Whether it can be done to this row."""
        raise NotImplementedError

    def initial(self, objects: list[Any]) -> dict[str, Any]:
        """What the form begins with."""
        return {}

    def perform(self, request: HttpRequest, obj: Any, form: forms.Form) -> str | None:
        """Does it, and returns the secret that it made, if that is what it does. Raises ValidationError, which undoes
        what was done to others."""
        raise NotImplementedError

    def done(self, count: int) -> str:
        """What is said afterwards."""
        raise NotImplementedError

    def path(self) -> URLPattern:
        view = self.model_admin.admin_site.admin_view(self._view)
        return path(f"{self.name}/", view, name=f"{self.opts.app_label}_{self.opts.model_name}_{self.name}")

    def url(self, *ids: uuid.UUID) -> str:
        """The page that asks about the rows with these IDs."""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{self.name}")
        return f"{address}?{urlencode([('id', row_id) for row_id in ids])}"

    def choose(
        self, model_admin: SupportAdmin, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> HttpResponse | None:
        """The list's action: to the page that asks."""
        chosen = queryset.values_list("pk", flat=True)[: self.most + 1]
        if len(chosen) > self.most:
            messages.error(request, self._too_many())
            return None
        return redirect(self.url(*chosen))

    def _view(self, request: HttpRequest) -> HttpResponse:
        if not self.model_admin.has_change_permission(request):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else request.GET
        ids = {found for text in sent.getlist("id") if (found := parse_id(text))}
        if len(ids) > self.most:
            messages.error(request, self._too_many())
            return self._to_the_list()
        rows = self.model_admin.get_queryset(request).filter(pk__in=ids)
        objects = [obj for obj in rows if self.applies_to(request, obj)]
        if not objects:
            messages.warning(request, "There is nothing here that this can be done to.")
            return self._to_the_list()
        if len(objects) == 1:
            self.model_admin.note(request, objects[0])
        form = self.form_class(
            request.POST if request.method == "POST" else None, initial=self.initial(objects)
        )
        if request.method == "POST" and form.is_valid():
            return self._perform(request, objects, form)
        return TemplateResponse(
            request,
            "admin/support/confirmation.html",
            {
                **self.model_admin.admin_site.each_context(request),
                "title": self.title,
                "opts": self.opts,
                "confirmation": self,
                "form": form,
                "objects": [(obj, self.model_admin.url_of(obj)) for obj in objects],
                "back": self.model_admin.url_of(objects[0]) if len(objects) == 1 else "../",
            },
        )

    def _perform(self, request: HttpRequest, objects: list[Any], form: forms.Form) -> HttpResponse:
        try:
            with transaction.atomic():
                secrets = [self.perform(request, obj, form) for obj in objects]
        except ValidationError as refusal:  # somebody else was faster
            messages.error(request, f"Nothing was done. {' '.join(refusal.messages)}")
            return redirect(self.model_admin.url_of(objects[0])) if len(objects) == 1 else self._to_the_list()
        if len(objects) == 1 and secrets[0] is not None:
            return self.model_admin.show_once(request, objects[0], secrets[0])
        messages.success(request, self.done(len(objects)))
        return redirect(self.model_admin.url_of(objects[0])) if len(objects) == 1 else self._to_the_list()

    def _to_the_list(self) -> HttpResponse:
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def _too_many(self) -> str:
        return f"Choose at most {self.most} at a time."
