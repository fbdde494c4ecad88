from __future__ import annotations

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from organizations import services
from organizations.models import Organization, User
from organizations.tests.factories import OrganizationFactory
from organizations.tests.people import MEMBER, OWNER, PASSWORD, VIEWER, client_of, person

pytestmark = pytest.mark.django_db

LOGIN = "/login"


@pytest.fixture
def organization() -> Organization:
    return OrganizationFactory.create(slug="acme", name="Acme Inc")


@pytest.fixture
def member(organization: Organization) -> User:
    return person(MEMBER, organization, email="Ada@example.com")


def log_in(client: Client, email: str, password: str = PASSWORD, **fields: str) -> HttpResponse:
    return client.post(LOGIN, {"username": email, "password": password, **fields})


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_login_leads_to_the_organization(client: Client, member: User) -> None:
    answer = client.post(LOGIN, {"username": member.email, "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == "/o/acme/"
    assert "Acme Inc" in answer.content.decode()


def test_the_address_is_the_same_in_any_letter_case(client: Client, member: User) -> None:
    log_in(client, "ADA@EXAMPLE.COM")
    assert is_logged_in(client)


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("ada@example.com", f" {PASSWORD}")],
)
def test_what_does_not_belong_together_is_refused_in_the_same_words(
    client: Client, member: User, email: str, password: str
) -> None:
    answer = log_in(client, email, password)
    page = answer.content.decode()
    assert "This e-mail address and password don&#x27;t belong together." in page
    assert f'value="{email}"' in page
    assert password not in page
    assert not is_logged_in(client)


@pytest.mark.parametrize(
    "sent",
    ["a\0b@example.com", "x" * 300, "", "ada@example.com\n", "\ud800".encode("utf-8", "surrogatepass")],
)
def test_no_address_is_too_strange_for_an_answer(client: Client, member: User, sent: str) -> None:
    assert client.post(LOGIN, {"username": sent, "password": "x\0"}).status_code == 200


def test_someone_whose_login_is_switched_off_stays_out(client: Client, member: User) -> None:
    services_off = User.objects.filter(pk=member.pk).update(is_active=False)
    assert services_off == 1
    log_in(client, member.email)
    assert not is_logged_in(client)


def test_a_login_goes_on_to_where_the_person_wanted(client: Client, member: User) -> None:
    first = client.get("/o/acme/developers?x=1")
    assert first.url == "/login?next=/o/acme/developers%3Fx%3D1"
    page = client.get(first.url).content.decode()
    assert '<input type="hidden" name="next" value="/o/acme/developers?x=1">' in page
    assert log_in(client, member.email, next="/o/acme/developers?x=1").url == "/o/acme/developers?x=1"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "\x00/o",
    ],
)
def test_a_login_leads_nowhere_else(client: Client, member: User, elsewhere: str) -> None:
    assert log_in(client, member.email, next=elsewhere).url == "/"
    assert is_logged_in(client)


def test_a_login_begins_a_new_session(client: Client, member: User) -> None:
    client.get("/o/acme/")
    session = client.session
    session["kept"] = "yes"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    before = session.session_key
    log_in(client, member.email)
    assert client.session.session_key != before
    assert not client.session.exists(before)


def test_cookies_are_for_this_site_and_not_for_scripts(client: Client, member: User) -> None:
    client.get(LOGIN)
    log_in(client, member.email)
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        cookie = client.cookies[name]
        assert (cookie["samesite"], bool(cookie["httponly"])) == ("Lax", True), name


def test_a_form_from_elsewhere_is_refused_with_a_page(member: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = log_in(strict, member.email)
    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()
    assert not is_logged_in(strict)


def test_somebody_who_is_logged_in_needs_no_login_page(member: User) -> None:
    assert client_of(member).get(LOGIN).url == "/"


def test_only_the_button_logs_out(member: User) -> None:
    client = client_of(member)
    assert client.get("/logout").url == "/"
    assert is_logged_in(client)
    answer = client.post("/logout", follow=True)
    assert answer.redirect_chain == [("/login", 302)]
    assert "You are logged out." in answer.content.decode()
    assert not is_logged_in(client)


def test_an_ended_session_is_said_to_have_ended(client: Client, member: User) -> None:
    log_in(client, member.email)
    client.session.flush()
    answer = client.get("/o/acme/developers", follow=True)
    assert answer.redirect_chain[0][0] == "/login?ended=1&next=/o/acme/developers"
    assert "Your session has ended." in answer.content.decode()


@pytest.mark.parametrize(
    ("current", "back"),
    [
        ("http://testserver/o/acme/developers?x=1#part", "/o/acme/developers%3Fx%3D1"),
        ("https://evil.example/o/acme", "/"),
        ("", "/"),
    ],
)
def test_a_part_of_a_page_sends_the_whole_page_to_the_login(client: Client, current: str, back: str) -> None:
    answer = client.get("/o/acme/developers", headers={"HX-Request": "true", "HX-Current-URL": current})
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == f"/login?next={back}"


# Guessing


def test_after_ten_failures_the_right_password_does_not_help_either(client: Client, member: User) -> None:
    for attempt in range(1, 10):
        assert log_in(client, member.email, "wrong").status_code == 200, attempt
    answers = [log_in(client, member.email, "wrong"), log_in(client, member.email)]
    for answer in answers:
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "900"
        assert "closed to you for 15 minutes" in answer.content.decode()
    assert not is_logged_in(client)


def test_failures_count_whatever_the_letter_case(client: Client, member: User) -> None:
    spellings = [
        "ada@example.com",
        "ADA@example.com",
        "Ada@Example.com",
        "ada@EXAMPLE.com",
        "aDa@example.com",
    ]
    for email in spellings * 2:
        answer = log_in(client, email, "wrong")
    assert answer.status_code == 429


def test_others_are_not_locked_out(client: Client, member: User, organization: Organization) -> None:
    other = person(VIEWER, organization)
    for _ in range(11):
        log_in(client, member.email, "wrong")
    log_in(client, other.email)
    assert is_logged_in(client)


def test_a_login_clears_the_failures_before_it(client: Client, member: User) -> None:
    for _ in range(2):
        for _ in range(9):
            log_in(client, member.email, "wrong")
        log_in(client, member.email)
        assert is_logged_in(client)
        client.post("/logout")


# Passwords


@pytest.fixture
def newcomer(organization: Organization) -> tuple[User, str]:
    membership, password = services.create_staff_user(
        email="new@example.com", organization=organization, role=OWNER
    )
    assert password is not None
    return membership.user, password


def choose(client: Client, new: str, again: str | None = None, **fields: str) -> HttpResponse:
    return client.post(
        "/password", {"new_password1": new, "new_password2": new if again is None else again, **fields}
    )


@pytest.mark.parametrize("page", ["/", "/o/acme/", "/o/acme/developers/tokens/new", "/admin/", "/o/other/"])
def test_a_one_time_password_opens_nothing_but_the_choice_of_another(
    client: Client, newcomer: tuple[User, str], page: str
) -> None:
    user, password = newcomer
    log_in(client, user.email, password)
    assert client.get(page).url == f"/password?next={page}"
    assert client.post("/o/acme/developers/tokens/new", {"name": "x"}).url.startswith("/password")


def test_a_newcomer_chooses_a_password_and_goes_on(client: Client, newcomer: tuple[User, str]) -> None:
    user, password = newcomer
    log_in(client, user.email, password)
    assert "You logged in with a one-time password." in client.get("/password").content.decode()
    before = client.session.session_key
    answer = choose(client, "a wholly new password", next="/o/acme/developers")
    assert answer.url == "/o/acme/developers"
    assert client.get("/o/acme/developers").status_code == 200
    assert client.session.session_key != before
    user.refresh_from_db()
    assert not user.must_change_password
    fresh = Client()
    log_in(fresh, user.email, password)
    assert not is_logged_in(fresh)
    log_in(fresh, user.email, "a wholly new password")
    assert is_logged_in(fresh)


@pytest.mark.parametrize(
    ("new", "again", "complaint"),
    [
        ("short", "short", "too short"),
        ("password1234", "password1234", "too common"),
        ("new@example.com", "new@example.com", "too similar to the e-mail address"),
        ("a wholly new password", "another new password", "The two are not the same."),
        ("", "", "This field is required."),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_the_reason(
    client: Client, newcomer: tuple[User, str], new: str, again: str, complaint: str
) -> None:
    user, password = newcomer
    log_in(client, user.email, password)
    assert complaint in choose(client, new, again).content.decode()
    user.refresh_from_db()
    assert user.must_change_password


def test_the_one_time_password_itself_is_no_choice(client: Client, newcomer: tuple[User, str]) -> None:
    user, password = newcomer
    log_in(client, user.email, password)
    assert "Choose another one than before." in choose(client, password).content.decode()


def test_changing_a_password_takes_the_present_one(member: User) -> None:
    client = client_of(member)
    refused = choose(client, "a wholly new password", old_password="wrong")
    assert "This is not your current password." in refused.content.decode()
    assert choose(client, "a wholly new password", old_password=PASSWORD).url == "/"
    member.refresh_from_db()
    assert member.check_password("a wholly new password")


def test_changing_a_password_ends_the_other_sessions(member: User) -> None:
    here, there = client_of(member), client_of(member)
    choose(here, "a wholly new password", old_password=PASSWORD)
    assert here.get("/o/acme/").status_code == 200
    assert there.get("/o/acme/").url.startswith("/login")


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example"])
def test_changing_a_password_leads_nowhere_else(member: User, elsewhere: str) -> None:
    client = client_of(member)
    assert "evil" not in client.get("/password", {"next": elsewhere}).content.decode()
    answer = choose(client, "a wholly new password", old_password=PASSWORD, next=elsewhere)
    assert answer.url == "/"


def test_nobody_changes_a_password_without_a_login(client: Client) -> None:
    assert client.get("/password").url == "/login?next=/password"


# Organizations


def test_the_first_page_is_the_organization_where_one_was_last(organization: Organization) -> None:
    other = OrganizationFactory.create(slug="zeta", name="Zeta")
    client = client_of(person(VIEWER, organization, other))
    assert client.get("/").url == "/o/acme/"
    client.get("/o/zeta/")
    assert client.get("/").url == "/o/zeta/"


def test_someone_without_an_organization_is_told_so() -> None:
    page = client_of(person()).get("/").content.decode()
    assert "No organization yet" in page
    assert reverse("admin:index") not in page


def test_support_without_an_organization_is_shown_the_way_to_the_administration() -> None:
    assert reverse("admin:index") in client_of(person(is_staff=True)).get("/").content.decode()


def test_an_address_without_its_last_slash_leads_to_the_overview(member: User) -> None:
    assert client_of(member).get("/o/acme").url == "/o/acme/"
