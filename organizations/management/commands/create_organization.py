from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser

from organizations.management.refusals import as_command_error
from organizations.services import create_organization
from organizations.time_zones import DEFAULT


class Command(BaseCommand):
    help = "Creates an organization and prints its id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its short name in URLs and commands: a–z, 0–9 and hyphens")
        parser.add_argument("--name", required=True, help="its name for people")
        parser.add_argument(
            "--time-zone", default=DEFAULT, help="whose calendar its figures go by, such as Europe/Berlin"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            organization = create_organization(
                slug=options["slug"], name=options["name"], time_zone=options["time_zone"]
            )
        except ValidationError as error:
            raise as_command_error(error) from None
        self.stdout.write(str(organization.id))
