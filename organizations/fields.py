"""The column that every row of an organization's data has."""

from __future__ import annotations

from typing import Any

from django.db import models


class OrganizationForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A row's organization. One that was loaded exists, so checking the row doesn't look for it again; the database
    refuses any other."""

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        if model_instance is None or not self.is_cached(model_instance):
            super().validate(value, model_instance)
