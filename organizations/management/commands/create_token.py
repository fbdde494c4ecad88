from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser

from organizations.management.lookups import organization_by_slug
from organizations.management.refusals import as_command_error
from organizations.scopes import ALL_SCOPES
from organizations.services import create_token


class Command(BaseCommand):
    help = "Creates an access token and prints it, alone, on standard output. It is not shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the organization's")
        parser.add_argument("--name", default="Command line", help="what it is for")
        parser.add_argument(
            "--scope",
            action="append",
            choices=ALL_SCOPES,
            help="what it may do; repeatable, everything unless given",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_by_slug(options["slug"])
        try:
            _, secret = create_token(
                organization=organization, name=options["name"], scopes=options["scope"] or ALL_SCOPES
            )
        except ValidationError as error:
            raise as_command_error(error) from None
        self.stdout.write(secret)
