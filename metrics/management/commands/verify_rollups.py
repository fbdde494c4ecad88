from __future__ import annotations

import datetime
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from metrics.services.verification import differences
from organizations.management.lookups import organization_by_slug
from organizations.models import Organization

MOST = 100


class Command(BaseCommand):
    help = (
        "Holds the rollups that reports are read from against every event and every sale, and says what differs. "
        "Which month it is at is told on standard error."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", nargs="?", help="the organization's; all of them unless given")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        organizations = [organization_by_slug(slug)] if slug else Organization.objects.order_by("slug")
        wrong = 0
        for organization in organizations:
            for found in differences(organization, limit=MOST, progress=partial(self._tell, organization)):
                wrong += 1
                self.stdout.write(
                    f"{organization.slug}: {found.rollup} {found.key} is {found.found or 'missing'}, and should be "
                    f"{found.expected or 'absent'}"
                )
        if wrong:
            raise CommandError(
                f"{wrong} sums are wrong (at most {MOST} of each rollup are shown). Events and sales themselves "
                "are not touched by this; `manage.py rebuild_rollups` adds them up anew."
            )
        self.stdout.write("The rollups and tallies are what they sum up.")

    def _tell(self, organization: Organization, month: datetime.date) -> None:
        self.stderr.write(f"{organization.slug}: {month:%Y-%m}")
