"""How an organization is paid: what is kept, what is refused, and that no secret comes out again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from checkout.encryption import Undecipherable, decrypt, encrypt
from checkout.models import PaymentSettings
from checkout.services.payment_settings import payment_settings_of, save_payment_settings, stripe_keys
from checkout.services.payments import pay
from checkout.tests.factories import a_session
from checkout.tests.stripe_stand_in import PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET, paid_by_stripe
from customers.tests.dashboard import Dashboard, text
from organizations.models import Organization
from organizations.tests.administration import page, superuser
from organizations.tests.people import MEMBER, OWNER, client_of

pytestmark = pytest.mark.django_db

STRIPE = {
    "processor": "stripe",
    "test_mode": True,
    "stripe_publishable_key": PUBLISHABLE_KEY,
    "stripe_secret_key": SECRET_KEY,
    "stripe_webhook_secret": WEBHOOK_SECRET,
}
FORM = {**STRIPE, "test_mode": "yes"}


def refused(organization: Organization, **changes: Any) -> dict[str, str]:
    """The codes by field."""
    with pytest.raises(ValidationError) as caught:
        save_payment_settings(organization=organization, **{**STRIPE, **changes})
    return {name: problems[0].code for name, problems in caught.value.error_dict.items()}


def test_whoever_chose_nothing_is_in_test_mode_with_the_sandbox(organization: Organization) -> None:
    settings = payment_settings_of(organization)
    assert (settings.processor, settings.test_mode) == ("sandbox", True)
    assert not PaymentSettings.objects.exists()


def test_keys_are_kept_unreadable(organization: Organization) -> None:
    settings = paid_by_stripe(organization)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(payment_settings)::text FROM payment_settings")
        (row,) = cursor.fetchone()
    for secret in (SECRET_KEY, WEBHOOK_SECRET):
        assert secret not in row
        assert secret.encode().hex() not in row
    settings.refresh_from_db()
    keys = stripe_keys(settings)
    assert keys is not None
    assert (keys.secret_key, keys.webhook_secret) == (SECRET_KEY, WEBHOOK_SECRET)
    assert SECRET_KEY not in repr(keys)


def test_keys_open_with_their_own_secret_key_and_place_alone(settings: Settings) -> None:
    encrypted = encrypt("sk_test_1", about="a")
    assert encrypt("sk_test_1", about="a") != encrypted
    assert decrypt(memoryview(encrypted), about="a") == "sk_test_1"
    for wrong in (encrypted[:-1], b"", b"x" * 40):
        with pytest.raises(Undecipherable):
            decrypt(wrong, about="a")
    with pytest.raises(Undecipherable):
        decrypt(encrypted, about="b")
    settings.SECRET_KEY = "another"
    with pytest.raises(Undecipherable):
        decrypt(encrypted, about="a")


def test_keys_belong_to_one_organization(organization: Organization, stranger: Organization) -> None:
    paid_by_stripe(organization)
    paid_by_stripe(stranger)
    mine = PaymentSettings.objects.get(organization=organization)
    PaymentSettings.objects.filter(organization=stranger).update(stripe_secret_key=mine.stripe_secret_key)
    with pytest.raises(Undecipherable):
        stripe_keys(PaymentSettings.objects.get(organization=stranger))


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"stripe_secret_key": "sk_live_1"}, {"stripe_secret_key": "wrong_mode"}),
        ({"stripe_secret_key": "pk_test_1"}, {"stripe_secret_key": "wrong_mode"}),
        ({"stripe_publishable_key": "pk_live_1"}, {"stripe_publishable_key": "wrong_mode"}),
        ({"stripe_publishable_key": "sk_test_1"}, {"stripe_publishable_key": "wrong_mode"}),
        (
            {"test_mode": False},
            {"stripe_publishable_key": "wrong_mode", "stripe_secret_key": "wrong_mode"},
        ),
        ({"stripe_webhook_secret": "secret"}, {"stripe_webhook_secret": "invalid"}),
        ({"stripe_secret_key": None}, {"stripe_secret_key": "required"}),
        ({"stripe_publishable_key": None}, {"stripe_publishable_key": "required"}),
        ({"stripe_webhook_secret": None}, {"stripe_webhook_secret": "required"}),
        ({"stripe_secret_key": "sk_test_" + "x" * 300}, {"stripe_secret_key": "max_length"}),
        ({"processor": "sandbox", "test_mode": False}, {"test_mode": "sandbox_in_live_mode"}),
        ({"processor": "paypal"}, {"processor": "invalid_choice"}),
    ],
)
def test_what_does_not_fit(
    changes: dict[str, Any], codes: dict[str, str], organization: Organization
) -> None:
    assert refused(organization, **changes) == codes
    assert not PaymentSettings.objects.exists()


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
def test_live_keys_are_for_live_mode(key: str, organization: Organization) -> None:
    settings = save_payment_settings(
        organization=organization,
        **{**STRIPE, "test_mode": False, "stripe_publishable_key": "pk_live_1", "stripe_secret_key": key},
    )
    assert not settings.test_mode
    # a stored key is held against the mode as well
    assert refused(organization, stripe_secret_key=None) == {"stripe_secret_key": "wrong_mode"}


def test_a_secret_that_is_not_given_stays(organization: Organization) -> None:
    paid_by_stripe(organization)
    saved = save_payment_settings(
        organization=organization,
        processor="stripe",
        test_mode=True,
        stripe_publishable_key="pk_test_2",
        stripe_webhook_secret="whsec_2",
    )
    keys = stripe_keys(saved)
    assert keys is not None
    assert (keys.publishable_key, keys.secret_key, keys.webhook_secret) == (
        "pk_test_2",
        SECRET_KEY,
        "whsec_2",
    )


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        ("payment_settings_sandbox_in_test_mode", {"processor": "sandbox", "test_mode": False}),
        ("payment_settings_processor", {"processor": "paypal"}),
        ("payment_settings_stripe_complete", {"processor": "stripe"}),
    ],
)
def test_the_database_refuses_it_too(rule: str, fields: dict[str, Any], organization: Organization) -> None:
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        PaymentSettings.objects.create(organization=organization, **fields)


def test_the_mode_waits_for_payments_under_way(organization: Organization) -> None:
    session = a_session(organization)
    pay(session=session, instrument="4000002500003155", return_url="")
    assert refused(organization) == {"processor": "payment_under_way"}
    session.payment_attempts.update(status="failed")
    assert paid_by_stripe(organization).processor == "stripe"


def test_a_key_is_replaced_while_payments_are_under_way(organization: Organization) -> None:
    paid_by_stripe(organization)
    session = a_session(organization)
    session.payment_attempts.create(organization=organization, processor="stripe", reference="pi_1")
    save_payment_settings(organization=organization, **{**STRIPE, "stripe_secret_key": "rk_test_2"})
    assert refused(organization, processor="sandbox") == {"processor": "payment_under_way"}


def test_an_owner_sets_up_stripe(organization: Organization) -> None:
    dashboard = Dashboard(organization, OWNER)
    page = dashboard.get("/payments")
    assert f"http://testserver/v1/webhooks/stripe/{organization.id}" in text(page)
    assert dashboard.post("/payments", FORM).status_code == 302
    page = dashboard.get("/payments")
    content = page.content.decode()
    assert f'value="{PUBLISHABLE_KEY}"' in content
    assert content.count("One is stored. Leave this empty to keep it.") == 2
    again = dashboard.post("/payments", {**FORM, "stripe_secret_key": "", "stripe_webhook_secret": ""})
    assert again.status_code == 302
    refused_page = dashboard.post("/payments", {**FORM, "test_mode": "no"})
    assert refused_page.status_code == 422
    assert "In live mode this key starts with sk_live_ or rk_live_." in text(refused_page)
    for shown in (page, refused_page):
        for secret in (SECRET_KEY, WEBHOOK_SECRET):
            assert secret not in shown.content.decode()


def test_others_see_how_payments_are_taken_and_no_keys(organization: Organization) -> None:
    paid_by_stripe(organization)
    content = Dashboard(organization, MEMBER).get("/payments").content.decode()
    assert "Stripe" in content
    for key in (PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET, '<input type="password"'):
        assert key not in content


@pytest.mark.parametrize(
    "form", [{}, {"processor": "x", "test_mode": "x"}, {**FORM, "stripe_secret_key": "\x00"}]
)
def test_a_form_that_is_no_form_of_ours(form: dict[str, str], organization: Organization) -> None:
    assert Dashboard(organization, OWNER).post("/payments", form).status_code == 422
    assert not PaymentSettings.objects.exists()


def test_support_reads_them_without_secrets(organization: Organization) -> None:
    paid_by_stripe(organization)
    browser = client_of(superuser())
    changelist = page("checkout.paymentsettings", "changelist")
    for typed in (organization.slug, organization.name[:5]):
        assert len(browser.get(changelist, {"q": typed}).context["cl"].result_list) == 1
    assert len(browser.get(changelist, {"q": "nobody"}).context["cl"].result_list) == 0
    answer = browser.get(page("checkout.paymentsettings", "change", organization.pk))
    assert PUBLISHABLE_KEY in answer.content.decode()
    assert "Secret key is stored" in text(answer)
    for secret in (SECRET_KEY, WEBHOOK_SECRET, "memory"):
        assert secret not in answer.content.decode()
    assert browser.post(page("checkout.paymentsettings", "change", organization.pk), FORM).status_code == 403
