from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser

from organizations.management.lookups import organization_by_slug
from organizations.management.refusals import as_command_error
from organizations.models import Membership
from organizations.services import create_staff_user


class Command(BaseCommand):
    help = "Makes a staff login for an organization and prints its one-time password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--role", required=True, choices=Membership.Role.values)

    def handle(self, *args: Any, **options: Any) -> None:
        organization = organization_by_slug(options["organization"])
        try:
            membership, password = create_staff_user(
                email=options["email"], organization=organization, role=options["role"]
            )
        except ValidationError as error:
            raise as_command_error(error) from None
        if password is None:
            self.stderr.write(f"{membership.user.email} has a login already and keeps its password.")
        else:
            self.stdout.write(password)
