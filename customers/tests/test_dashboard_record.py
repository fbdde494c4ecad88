"""A customer's pages: shown whole and safely, changed by those who may, and never over somebody else's head."""

from __future__ import annotations

import shlex
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import pytest
from django.urls import resolve

from customers import services
from customers.models import Customer, CustomerChange
from customers.tests.dashboard import Dashboard, path, stored, text
from customers.tests.external_ids import WELL_FORMED
from customers.tests.factories import CustomerFactory
from organizations.models import Organization
from organizations.tests.people import OWNER, VIEWER

pytestmark = pytest.mark.django_db


class TestShowing:
    def test_it_shows_all_there_is(self, member: Dashboard, customer: Customer) -> None:
        page = text(member.get(path(customer)))
        for shown in (
            "cust_1",
            str(customer.id),
            "Ada",
            "ada@example.com",
            "Main Street 1",
            "Köln",
            "seats 5 Number",
            "trial true True/false",
        ):
            assert shown in page

    @pytest.mark.parametrize("own_id", WELL_FORMED.values(), ids=WELL_FORMED)
    def test_the_command_reads_this_very_customer(
        self, member: Dashboard, organization: Organization, own_id: str
    ) -> None:
        customer = CustomerFactory(organization=organization, external_customer_id=own_id)
        page = member.get(path(customer))
        url = urlsplit(shlex.split(page.context["command"])[-1])
        assert resolve(unquote(url.path)).kwargs == {"external_customer_id": own_id}

    def test_without_an_external_id_the_command_has_the_internal_one(
        self, member: Dashboard, organization: Organization
    ) -> None:
        customer = CustomerFactory(organization=organization)
        assert member.get(path(customer)).context["command"].endswith(f"/v1/customers/{customer.id}")

    def test_markup_is_text(self, member: Dashboard, organization: Organization) -> None:
        nasty = "<script>alert(1)</script>"
        customer = CustomerFactory(
            organization=organization,
            external_customer_id=nasty,
            name=nasty,
            tax_id=nasty,
            billing_address={"line1": nasty},
            metadata={nasty: nasty},
        )
        for page in ("", "history", "edit", "delete"):
            assert nasty not in member.get(path(customer, page)).content.decode()

    def test_who_changed_what_and_in_which_request(
        self, member: Dashboard, customer: Customer, api: Any
    ) -> None:
        api(
            "PATCH",
            f"/v1/customers/{customer.id}",
            {"name": "Grace"},
            headers={"X-Request-ID": "from-the-shop"},
        )
        page = text(member.get(path(customer)))
        assert "Changed by token Test" in page
        assert "Name from Ada → to Grace" in page
        assert "Request from-the-shop" in page

    def test_the_history_goes_on_page_by_page(self, member: Dashboard, customer: Customer) -> None:
        for number in range(30):
            services.update_customer(customer=customer, name=f"Name {number}")
        first = member.get(path(customer, "history"))
        second = member.client.get(first.context["next_url"])
        changes = [change.id for page in (first, second) for change in page.context["timeline"].changes]
        assert changes == list(
            CustomerChange.objects.filter(pgh_obj_id=customer.id)
            .order_by("-pgh_id")
            .values_list("pgh_id", flat=True)
        )
        assert (len(changes), second.context["next_url"]) == (31, "")

    @pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "", "١"])
    def test_a_senseless_place_in_the_history_is_its_beginning_or_end(
        self, member: Dashboard, customer: Customer, before: str
    ) -> None:
        assert member.get(path(customer, "history"), {"before": before}).status_code == 200

    def test_a_viewer_sees_no_way_to_change_anything(
        self, organization: Organization, customer: Customer
    ) -> None:
        viewer = Dashboard(organization, VIEWER)
        bare = CustomerFactory(organization=organization)
        for shown in (customer, bare):
            page = viewer.get(path(shown)).content.decode()
            for action in ("edit", "delete", "external_id"):
                assert f"{path(shown)}/{action}" not in page
        assert "Create customer" not in text(viewer.get("/customers"))

    def test_support_reaches_the_same_record_in_the_administration(
        self, member: Dashboard, customer: Customer
    ) -> None:
        address = f"/admin/customers/customer/{customer.id}/change/"
        assert address not in member.get(path(customer)).content.decode()
        member.user.is_staff = member.user.is_superuser = True
        member.user.save()
        assert address in member.get(path(customer)).content.decode()
        back = f'href="{member.root}{path(customer)}"'
        assert back in member.client.get(address).content.decode()
        services.delete_customer(customer=customer)
        assert back not in member.client.get(address).content.decode()  # where they could not open it

    @pytest.mark.parametrize("customer_id", ["nonsense", "1", f"{UUID(int=1)}x"])
    def test_an_address_that_names_nobody_is_404(self, member: Dashboard, customer_id: str) -> None:
        assert member.get(f"/customers/{customer_id}").status_code == 404


class TestDeleted:
    @pytest.fixture(autouse=True)
    def _deleted(self, customer: Customer) -> None:
        services.delete_customer(customer=customer)

    def test_owners_see_them_as_such_and_can_change_nothing(
        self, organization: Organization, customer: Customer
    ) -> None:
        owner = Dashboard(organization, OWNER)
        page = owner.get(path(customer))
        assert "This customer was deleted." in text(page)
        assert path(customer, "edit") not in page.content.decode()
        for action in ("edit", "external_id"):
            assert owner.get(path(customer, action)).status_code == 404
            assert owner.post(path(customer, action), {"external_customer_id": "x"}).status_code == 404

    def test_to_others_they_are_gone(self, member: Dashboard, customer: Customer) -> None:
        for page in ("", "history", "edit", "delete"):
            assert member.get(path(customer, page)).status_code == 404

    def test_owners_can_still_erase_their_data(self, organization: Organization, customer: Customer) -> None:
        owner = Dashboard(organization, OWNER)
        assert "Erase personal data" in text(owner.get(path(customer)))
        owner.post(path(customer, "delete"), {})
        assert (stored(customer).name, stored(customer).metadata) == (None, {})
        assert "Erase personal data" not in text(owner.get(path(customer)))


class TestSettingTheExternalID:
    @pytest.fixture
    def bare(self, organization: Organization) -> Customer:
        return CustomerFactory(organization=organization, name="Bare")

    @pytest.mark.parametrize("own_id", WELL_FORMED.values(), ids=WELL_FORMED)
    def test_it_takes_two_steps(self, member: Dashboard, bare: Customer, own_id: str) -> None:
        asked = member.post(path(bare, "external_id"), {"external_customer_id": own_id})
        assert asked.status_code == 200
        assert "Set this external ID for good?" in text(asked)
        assert stored(bare).external_customer_id is None
        done = member.post(path(bare, "external_id"), {"external_customer_id": own_id, "confirmed": "yes"})
        assert done.url == f"{member.root}{path(bare)}"
        assert stored(bare).external_customer_id == own_id

    @pytest.mark.parametrize("confirmed", [{}, {"confirmed": "yes"}])
    def test_a_taken_one_leads_to_its_holder(
        self, member: Dashboard, bare: Customer, customer: Customer, confirmed: dict[str, str]
    ) -> None:
        answer = member.post(path(bare, "external_id"), {"external_customer_id": "cust_1", **confirmed})
        assert answer.status_code == 422
        assert f'href="{member.root}{path(customer)}"' in answer.content.decode()
        assert 'value="cust_1"' in answer.content.decode()

    @pytest.mark.parametrize("own_id", ["", " a", "null", "a\u200bb", ".", "x" * 256])
    def test_an_ill_formed_one_is_refused_with_the_reason(
        self, member: Dashboard, bare: Customer, own_id: str
    ) -> None:
        answer = member.post(path(bare, "external_id"), {"external_customer_id": own_id, "confirmed": "yes"})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["external_customer_id"])
        assert stored(bare).external_customer_id is None

    def test_once_it_is_set_there_is_nothing_to_set(self, member: Dashboard, customer: Customer) -> None:
        answer = member.post(path(customer, "external_id"), {"external_customer_id": "x", "confirmed": "yes"})
        assert answer.url == f"{member.root}{path(customer)}"
        assert stored(customer).external_customer_id == "cust_1"


class TestDeleting:
    def test_asking_changes_nothing(self, member: Dashboard, customer: Customer) -> None:
        page = text(member.get(path(customer, "delete")))
        assert "This can’t be undone." in page
        assert not stored(customer).is_deleted

    def test_it_frees_the_id_and_keeps_the_data(self, member: Dashboard, customer: Customer) -> None:
        assert member.post(path(customer, "delete"), {}).status_code == 302
        gone = stored(customer)
        assert (gone.is_deleted, gone.name, gone.external_customer_id) == (True, "Ada", "cust_1")

    def test_erasing_takes_the_data_too(self, member: Dashboard, customer: Customer) -> None:
        member.post(path(customer, "delete"), {"anonymize": "on"})
        gone = stored(customer)
        assert (gone.is_deleted, gone.name, gone.external_customer_id) == (
            True,
            None,
            f"deleted-{customer.id}",
        )
