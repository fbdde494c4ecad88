"""Time zones are IANA's, by their names, the same on every machine."""

from __future__ import annotations

import io
import zoneinfo

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from organizations.models import Organization
from organizations.services import create_organization, update_organization
from organizations.tests.administration import filled_in, page, superuser
from organizations.tests.people import client_of
from organizations.time_zones import check_time_zone, names, time_zone


def test_every_name_of_the_database_is_one() -> None:
    assert len(names()) > 500
    for name in names():
        assert time_zone(name).key == name
        assert isinstance(time_zone(name), zoneinfo.ZoneInfo)


@pytest.mark.parametrize(
    "name",
    ["", "utc", "localtime", "posixrules", "../UTC", "/etc/localtime", "+02:00", "x" * 5000, "Europe/\0"],
)
def test_nothing_else_is(name: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        check_time_zone(name)
    assert refusal.value.code == "unknown_time_zone"


@pytest.mark.parametrize(
    ("meant", "name"), [("europe/berlin", "Europe/Berlin"), ("Amerika/New_York", "America/New_York")]
)
def test_a_near_name_is_suggested(meant: str, name: str) -> None:
    with pytest.raises(ValidationError, match=f"Did you mean “{name}”"):
        check_time_zone(meant)


@pytest.mark.django_db
def test_an_organization_has_one_that_is() -> None:
    organization = create_organization(slug="acme", name="Acme")
    assert organization.time_zone == "UTC"
    update_organization(organization=organization, name="Acme", time_zone="Asia/Kathmandu")
    organization.refresh_from_db()
    assert organization.time_zone == "Asia/Kathmandu"
    for write in (
        lambda: create_organization(slug="globex", name="Globex", time_zone="Mars/Olympus"),
        lambda: update_organization(organization=organization, name="Acme", time_zone="Mars/Olympus"),
    ):
        with pytest.raises(ValidationError) as refusal:
            write()
        assert list(refusal.value.message_dict) == ["time_zone"]


@pytest.mark.django_db
def test_the_command_says_which() -> None:
    call_command("create_organization", "acme", name="Acme", time_zone="Asia/Kathmandu", stdout=io.StringIO())
    assert Organization.objects.get(slug="acme").time_zone == "Asia/Kathmandu"
    with pytest.raises(CommandError, match="no such time zone"):
        call_command("create_organization", "globex", name="Globex", time_zone="Nepal")


@pytest.mark.django_db
def test_support_sets_it() -> None:
    organization = create_organization(slug="acme", name="Acme")
    browser = client_of(superuser())
    address = page("organizations.organization", "change", organization.id)
    refused = browser.post(address, filled_in(browser, address, time_zone="Mars/Olympus"))
    assert "no such time zone" in refused.content.decode()
    browser.post(address, filled_in(browser, address, time_zone="Asia/Kathmandu"))
    organization.refresh_from_db()
    assert organization.time_zone == "Asia/Kathmandu"
