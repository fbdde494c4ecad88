"""People and what they may do: one login for an address in any letter case, one role in an organization."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from organizations.models import Membership, Organization, User
from organizations.services import change_role, create_organization, create_staff_user, create_user
from organizations.tests.factories import MembershipFactory, OrganizationFactory, UserFactory

pytestmark = pytest.mark.django_db

OWNER, MEMBER, VIEWER = Membership.Role.OWNER, Membership.Role.MEMBER, Membership.Role.VIEWER


@pytest.fixture
def organization(db: None) -> Organization:
    return OrganizationFactory.create()


@pytest.mark.parametrize("other", ["Ada@Example.com", "ada@example.com", "ADA@EXAMPLE.COM"])
def test_an_address_is_somebodys_in_any_letter_case(other: str) -> None:
    ada, _ = create_user(email="Ada@Example.com")
    assert ada.email == "Ada@example.com"
    with pytest.raises(ValidationError, match="Somebody uses this address already"):
        create_user(email=other)
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        User.objects.bulk_create([User(email=other)])
    assert refusal.value.__cause__.diag.constraint_name == "users_email_unique"
    assert User.objects.get_by_natural_key(other) == ada


def test_addresses_that_differ_by_more_are_different_people() -> None:
    people = [
        create_user(email=email)[0]
        for email in ("ada@a.com", "ada+1@a.com", "a_a@a.com", "aXa@a.com", "ada@a.org")
    ]
    assert len({person.id for person in people}) == len(people)
    assert User.objects.get_by_natural_key("A_A@A.COM") == people[2]


@pytest.mark.parametrize(
    ("role", "writes", "manages"), [(OWNER, True, True), (MEMBER, True, False), (VIEWER, False, False)]
)
def test_a_role_says_who_writes_and_who_manages(role: Membership.Role, writes: bool, manages: bool) -> None:
    membership = MembershipFactory.build(role=role)
    assert (membership.may_write, membership.may_manage) == (writes, manages)
    assert membership.has_role(VIEWER)


def test_somebody_new_gets_a_password_for_one_login(organization: Organization) -> None:
    membership, password = create_staff_user(email="ada@example.com", organization=organization, role=OWNER)
    assert (membership.organization, membership.role) == (organization, OWNER)
    assert membership.user.check_password(password)
    assert membership.user.must_change_password
    assert not membership.user.is_staff
    assert password not in membership.user.password


def test_somebody_with_a_login_is_added_and_keeps_it(organization: Organization) -> None:
    ada = UserFactory(email="ada@example.com", password="correct horse battery staple")
    membership, password = create_staff_user(email="ADA@example.com", organization=organization, role=VIEWER)
    assert (membership.user, password) == (ada, None)
    assert User.objects.get().check_password("correct horse battery staple")


def test_somebody_is_in_an_organization_once_but_in_any_number_of_them(organization: Organization) -> None:
    other = OrganizationFactory.create()
    for place in (organization, other):
        create_staff_user(email="ada@example.com", organization=place, role=VIEWER)
    with pytest.raises(ValidationError, match="in the organization already"):
        create_staff_user(email="Ada@example.com", organization=organization, role=OWNER)
    ada = User.objects.get()
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        Membership(organization=organization, user=ada).save()
    assert refusal.value.__cause__.diag.constraint_name == "memberships_organization_user_unique"
    assert set(Organization.objects.for_user(ada)) == {organization, other}


@pytest.mark.parametrize(("email", "role"), [("nobody", OWNER), ("", OWNER), ("new@example.com", "king")])
def test_when_anything_is_wrong_nobody_is_made(email: str, role: str, organization: Organization) -> None:
    with pytest.raises(ValidationError):
        create_staff_user(email=email, organization=organization, role=role)
    assert not User.objects.exists()


def test_a_role_changes_to_one_that_there_is(organization: Organization) -> None:
    membership = MembershipFactory(organization=organization, role=VIEWER)
    change_role(membership=membership, role=OWNER)
    membership.refresh_from_db()
    assert membership.role == OWNER
    with pytest.raises(ValidationError):
        change_role(membership=membership, role="king")


@pytest.mark.parametrize("slug", ["acme", "a", "0", "a-1", "a--b", "x" * 64])
def test_a_slug_is_lower_case_letters_digits_and_inner_hyphens(slug: str) -> None:
    assert create_organization(slug=slug, name="Acme").slug == slug


@pytest.mark.parametrize(
    "slug", ["", "Acme", "-a", "a-", "a b", "a_b", "ä", "a.b", "a/b", "acme\n", "x" * 65, "\x00"]
)
def test_any_other_slug_is_refused(slug: str) -> None:
    with pytest.raises(ValidationError) as caught:
        create_organization(slug=slug, name="Acme")
    assert set(caught.value.error_dict) == {"slug"}


def test_a_slug_is_one_organizations() -> None:
    create_organization(slug="acme", name="Acme")
    with pytest.raises(ValidationError):
        create_organization(slug="acme", name="Other")
