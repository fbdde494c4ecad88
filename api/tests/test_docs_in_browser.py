"""The interactive reference, as somebody new to the API uses it."""

from __future__ import annotations

from typing import Any

import pytest

from api.tests.conftest import access_to
from customers.services import create_customer
from organizations.services import create_organization

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_operation_can_be_tried_with_a_token(open_page: Any) -> None:
    organization = create_organization(slug="acme", name="Acme Inc")
    create_customer(organization=organization, external_customer_id="tenants/7")
    page = open_page("/v1/docs")
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.get_by_label("bearerAuth-Value").or_(page.locator(".auth-container input")).first.fill(
        access_to(organization).secret
    )
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").click()
    operation = page.locator("#operations-Customers-get_customer_by_external_id")
    operation.get_by_role("button").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_placeholder("external_customer_id").fill("tenants/7")
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table")
    answer.get_by_text("200", exact=True).first.wait_for()
    assert '"external_customer_id": "tenants/7"' in answer.inner_text()
