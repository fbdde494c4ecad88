"""People, their organizations and their passwords in the administration."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from organizations import services
from organizations.models import Membership, Organization, User
from organizations.tests.administration import page
from organizations.tests.factories import OrganizationFactory, UserFactory
from organizations.tests.people import PASSWORD, client_of


@pytest.fixture
def helper(db: None) -> User:
    """Support who is no superuser."""
    return User.objects.create_user("helper@example.com", PASSWORD, is_staff=True)


@pytest.fixture
def organization(db: None) -> Organization:
    return OrganizationFactory.create()


def test_a_person_without_a_password_gets_a_one_time_password(browser: Client) -> None:
    answer = browser.post(page("organizations.user", "add"), {"email": "Ada@Example.com", "name": "Ada"})
    assert answer.status_code == 200
    user = User.objects.get(name="Ada")
    assert user.check_password(answer.context["secret"])
    assert user.must_change_password
    assert not user.is_staff


def test_a_person_with_a_password_logs_in_with_it(browser: Client) -> None:
    password = "a long and winding road"
    answer = browser.post(
        page("organizations.user", "add"),
        {"email": "ada@example.com", "password": password, "is_staff": "on"},
    )
    assert answer.status_code == 302
    user = User.objects.get(email="ada@example.com")
    assert not user.password.startswith(password)
    other = Client()
    other.post(reverse("admin:login"), {"username": "ADA@example.com", "password": password})
    assert other.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"email": "ROOT@example.com"}, "Somebody uses this address already."),
        ({"email": "ada@example.com", "password": "short"}, "too short"),
        ({"email": "ada@example.com", "password": "ada@example.com"}, "too similar"),
        ({"email": "nonsense"}, "Enter a valid email address."),
    ],
)
def test_a_person_who_can_not_be_is_refused(browser: Client, typed: dict[str, str], said: str) -> None:
    answer = browser.post(page("organizations.user", "add"), typed)
    assert answer.status_code == 200
    assert said in answer.text
    assert User.objects.count() == 1


def test_a_password_is_set_for_somebody_who_then_chooses_another(browser: Client) -> None:
    user = UserFactory.create()
    address = reverse("admin:auth_user_password_change", args=[user.pk])
    assert address in browser.get(page("organizations.user", "change", user.pk)).text
    assert browser.get(address).status_code == 200
    new = "a long and winding road"
    assert browser.post(address, {"password1": new, "password2": "another"}).status_code == 200
    assert browser.post(address, {"password1": new, "password2": new}).status_code == 302
    user.refresh_from_db()
    assert user.check_password(new)
    assert user.must_change_password


def test_ones_own_password_is_changed_by_who_knows_it(browser: Client, root: User) -> None:
    assert browser.get(reverse("admin:auth_user_password_change", args=[root.pk])).status_code == 302
    new = "a long and winding road"
    browser.post(
        reverse("admin:password_change"),
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
    )
    root.refresh_from_db()
    assert root.check_password(new)
    assert browser.get("/admin/").status_code == 200


def test_a_forgotten_password_is_replaced_by_a_one_time_password(browser: Client) -> None:
    user = UserFactory.create()
    question = page("organizations.user", "one-time-password")
    assert browser.get(f"{question}?id={user.pk}").status_code == 200
    answer = browser.post(question, {"id": user.pk})
    user.refresh_from_db()
    assert user.check_password(answer.context["secret"])
    assert user.must_change_password
    assert "no-store" in answer.headers["Cache-Control"]


def test_one_time_passwords_are_made_for_one_at_a_time(browser: Client) -> None:
    users = [UserFactory.create() for _ in range(2)]
    answer = browser.post(
        page("organizations.user", "one-time-password"), {"id": [user.pk for user in users]}, follow=True
    )
    assert "Choose at most 1 at a time." in answer.text
    assert not User.objects.filter(must_change_password=True).exists()


def test_people_are_deactivated_and_not_deleted(browser: Client, root: User) -> None:
    user = UserFactory.create()
    theirs = client_of(user)
    question = page("organizations.user", "deactivation")
    browser.post(question, {"id": [user.pk, root.pk]})
    user.refresh_from_db()
    root.refresh_from_db()
    assert not user.is_active
    assert root.is_active
    assert (
        theirs.post(reverse("admin:login"), {"username": user.email, "password": PASSWORD}).status_code == 200
    )


def test_support_helps_people_and_only_a_superuser_says_who_is_support(helper: User, root: User) -> None:
    browser = client_of(helper)
    user = UserFactory.create()
    everything = {"email": "new@example.com", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    browser.post(page("organizations.user", "change", user.pk), everything)
    user.refresh_from_db()
    assert (user.email, user.is_staff, user.is_superuser) == ("new@example.com", False, False)
    browser.post(page("organizations.user", "add"), {**everything, "email": "other@example.com"})
    assert User.objects.filter(email="other@example.com", is_staff=False, is_superuser=False).exists()
    for address in (
        page("organizations.user", "change", root.pk),
        reverse("admin:auth_user_password_change", args=[root.pk]),
    ):
        assert (
            browser.post(address, {**everything, "password1": PASSWORD, "password2": PASSWORD}).status_code
            == 403
        )
    for name in ("deactivation", "one-time-password"):
        browser.post(page("organizations.user", name), {"id": root.pk})
    before = root.password
    root.refresh_from_db()
    assert root.is_active
    assert root.password == before


def test_ten_wrong_passwords_lock_the_login_in_any_letter_case(db: None, root: User) -> None:
    guesser = Client()
    for number in range(10):
        email = "root@example.com" if number % 2 else "Root@Example.com"
        answer = guesser.post(reverse("admin:login"), {"username": email, "password": f"wrong {number}"})
    for password in ("wrong", PASSWORD):
        answer = guesser.post(reverse("admin:login"), {"username": "ROOT@example.com", "password": password})
        assert answer.status_code == 429
        assert "Polar Customers" in answer.text
        assert "minutes" in answer.text
    assert guesser.get("/admin/").status_code == 302


# Organizations and memberships


def test_an_organization_is_made_and_renamed_and_keeps_its_slug(browser: Client) -> None:
    typed = {"slug": "acme", "name": "Acme", "time_zone": "Europe/Berlin"}
    browser.post(page("organizations.organization", "add"), typed)
    acme = Organization.objects.get(slug="acme")
    answer = browser.post(page("organizations.organization", "add"), {**typed, "name": "Other"})
    assert "already exists" in answer.text
    changed = {"slug": "other", "name": "Acme Inc", "time_zone": "Asia/Tokyo"}
    browser.post(page("organizations.organization", "change", acme.pk), changed)
    acme.refresh_from_db()
    assert (acme.slug, acme.name, acme.time_zone) == ("acme", "Acme Inc", "Asia/Tokyo")


def test_somebody_is_let_in_by_their_address(browser: Client, organization: Organization) -> None:
    address = page("organizations.membership", "add")
    typed = {"email": "ada@example.com", "organization": str(organization.id), "role": "viewer"}
    answer = browser.post(address, typed)
    membership = Membership.objects.get()
    assert membership.user.check_password(answer.context["secret"])
    assert membership.role == Membership.Role.VIEWER
    again = browser.post(address, typed)
    assert "This person is in the organization already." in again.text
    known = browser.post(address, {**typed, "organization": str(OrganizationFactory.create().id)})
    assert known.status_code == 302


def test_a_role_is_changed_and_nothing_else(browser: Client, organization: Organization) -> None:
    membership, _ = services.create_staff_user(
        email="ada@example.com", organization=organization, role=Membership.Role.VIEWER
    )
    other = OrganizationFactory.create()
    browser.post(
        page("organizations.membership", "change", membership.pk),
        {"role": "owner", "organization": str(other.id), "user": str(UserFactory.create().id)},
    )
    changed = Membership.objects.get(pk=membership.pk)
    assert changed.role == Membership.Role.OWNER
    assert (changed.organization, changed.user) == (organization, membership.user)
