from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from metrics.services.folding import rebuild
from metrics.services.tallies import rebuild_tallies
from organizations.management.lookups import organization_by_slug
from organizations.models import Organization


class Command(BaseCommand):
    help = "Adds all events and sales up anew, in place of the rollups that there are. Writing goes on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", help="the organization's; all of them unless given")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        organizations = [organization_by_slug(slug)] if slug else Organization.objects.order_by("slug")
        for organization in organizations:
            rebuild(organization.id)
            rebuild_tallies(organization.id)
            self.stdout.write(f"{organization.slug}: done")
