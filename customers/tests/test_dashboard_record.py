"""A customer's pages: shown whole and safely, changed by those who may, and never over somebody else's head."""

from __future__ import annotations

import shlex
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest
from django.urls import resolve

from customers import services
from customers.metadata_editor import ADD, REMOVE
from customers.models import Customer, CustomerChange
from customers.tests.dashboard import Dashboard, text
from customers.tests.external_ids import ILL_FORMED_TEXT, WELL_FORMED
from customers.tests.factories import CustomerFactory
from organizations.models import Organization
from organizations.tests.people import MEMBER, OWNER, VIEWER

pytestmark = pytest.mark.django_db

ADDRESS = {
    "line1": "Main Street 1",
    "line2": None,
    "city": "Köln",
    "state": None,
    "postal_code": "50667",
    "country": "DE",
}


@pytest.fixture
def member(organization: Organization) -> Dashboard:
    return Dashboard(organization, MEMBER)


@pytest.fixture
def customer(organization: Organization) -> Customer:
    return CustomerFactory(
        organization=organization,
        external_customer_id="cust_1",
        name="Ada",
        email="ada@example.com",
        billing_address=ADDRESS,
        metadata={"plan": "pro", "seats": 5, "trial": True},
    )


def path(customer: Customer, page: str = "") -> str:
    return f"/customers/{customer.id}{page and '/'}{page}"


def form_of(answer: Any) -> dict[str, str]:
    """What a browser would send of the form as it stands."""
    form, editor = answer.context["form"], answer.context["editor"]
    fields = {name: str(form[name].value() or "") for name in form.fields}
    for number, row in enumerate(editor.rows):
        fields |= {f"metadata-{number}-{part}": getattr(row, part) for part in ("key", "kind", "value")}
    return fields


def stored(customer: Customer) -> Customer:
    return Customer.objects.get(id=customer.id)


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
        assert member.client.get(address).status_code == 200

    @pytest.mark.parametrize("customer_id", ["nonsense", "1", str(uuid4()).upper() + "x"])
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


class TestCreating:
    FORM = {
        "external_customer_id": "cust_9",
        "name": " Ada ",
        "email": "ada@example.com",
        "city": "Köln",
        "country": "DE",
        "metadata-0-key": "plan",
        "metadata-0-kind": "text",
        "metadata-0-value": "",
        "metadata-1-key": "seats",
        "metadata-1-kind": "number",
        "metadata-1-value": "5",
        "metadata-2-key": "trial",
        "metadata-2-kind": "boolean",
        "metadata-2-value": "True",
        "metadata-3-key": "",
        "metadata-3-kind": "text",
        "metadata-3-value": "",
    }

    def test_a_customer_is_made_as_typed(self, member: Dashboard) -> None:
        answer = member.post("/customers/new", self.FORM)
        made = Customer.objects.get()
        assert answer.url == f"{member.root}{path(made)}"
        assert (made.external_customer_id, made.name, made.email, made.tax_id) == (
            "cust_9",
            " Ada ",
            "ada@example.com",
            None,
        )
        assert made.billing_address == {**dict.fromkeys(ADDRESS), "city": "Köln", "country": "DE"}
        assert made.metadata == {"plan": "", "seats": 5, "trial": True}
        assert "by " + member.user.email in text(member.get(path(made)))

    def test_nothing_is_required(self, member: Dashboard) -> None:
        assert member.post("/customers/new", {}).status_code == 302
        made = Customer.objects.get()
        assert (made.external_customer_id, made.name, made.billing_address, made.metadata) == (
            None,
            None,
            None,
            {},
        )

    def test_a_taken_id_leads_to_its_holder(self, member: Dashboard, customer: Customer) -> None:
        answer = member.post("/customers/new", {**self.FORM, "external_customer_id": "cust_1"})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["external_customer_id"]
        assert f'href="{member.root}{path(customer)}"' in answer.content.decode()
        assert form_of(answer)["city"] == "Köln"
        assert Customer.objects.count() == 1

    @pytest.mark.parametrize("own_id", [value for value, _ in ILL_FORMED_TEXT.values()], ids=ILL_FORMED_TEXT)
    def test_an_ill_formed_id_is_refused(self, member: Dashboard, own_id: str) -> None:
        answer = member.post("/customers/new", {"external_customer_id": own_id})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["external_customer_id"])
        assert not Customer.objects.exists()

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"email": "nonsense"}, "email"),
            ({"name": "x" * 257}, "name"),
            ({"name": "a\0b"}, "name"),
            ({"country": "Germany"}, "country"),
            ({"line1": "x" * 257}, "line1"),
            ({"tax_id": "x" * 65}, "tax_id"),
        ],
    )
    def test_what_cannot_be_kept_is_said_at_its_field(
        self, member: Dashboard, typed: dict[str, str], field: str
    ) -> None:
        answer = member.post("/customers/new", {**self.FORM, **typed})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert form_of(answer)["external_customer_id"] == "cust_9"
        assert not Customer.objects.exists()

    @pytest.mark.parametrize(
        ("key", "kind", "value", "said"),
        [
            ("", "text", "x", "Name this value, or empty it."),
            ("plan", "text", "x", "This key stands here twice."),
            ("k" * 41, "text", "x", "1 to 40 characters"),
            ("k", "text", "x" * 501, "at most 500 characters"),
            ("k", "number", "many", "Write a number"),
            ("k", "number", "NaN", "Write a number"),
            ("k", "number", "1e999", "Write a number"),
            ("k", "number", "true", "Write a number"),
            ("k", "number", "99999999999999999", "within ±2^53"),
            ("k", "boolean", "yes", "Write true or false."),
        ],
    )
    def test_what_metadata_cannot_be_is_said_at_its_row(
        self, member: Dashboard, key: str, kind: str, value: str, said: str
    ) -> None:
        row = {"metadata-7-key": key, "metadata-7-kind": kind, "metadata-7-value": value}
        answer = member.post("/customers/new", {**self.FORM, **row})
        assert answer.status_code == 422
        wrong = [one for one in answer.context["editor"].rows if one.problem]
        assert [(one.key, one.value) for one in wrong] == [(key, value)]
        assert said in wrong[0].problem
        assert said in text(answer)

    def test_too_many_keys_are_refused(self, member: Dashboard) -> None:
        rows = {f"metadata-{number}-key": f"k{number}" for number in range(51)}
        answer = member.post("/customers/new", rows)
        assert "at most 50 keys" in text(answer)

    def test_rows_come_and_go_without_saving(self, member: Dashboard) -> None:
        answer = member.post("/customers/new", {**self.FORM, ADD: "yes", "email": "nonsense"})
        assert (answer.status_code, len(answer.context["editor"].rows)) == (200, 5)
        assert "valid" not in text(answer)
        again = member.post("/customers/new", {**form_of(answer), REMOVE: "1"})
        assert [row.key for row in again.context["editor"].rows] == ["plan", "trial", "", ""]
        assert form_of(again)["email"] == "nonsense"
        assert not Customer.objects.exists()


class TestEditing:
    def test_only_what_was_typed_is_changed(self, member: Dashboard, customer: Customer) -> None:
        form = form_of(member.get(path(customer, "edit")))
        answer = member.post(path(customer, "edit"), {**form, "name": "Grace", "metadata-1-value": "6"})
        assert answer.status_code == 302
        now = stored(customer)
        assert (now.name, now.email, now.billing_address) == ("Grace", "ada@example.com", ADDRESS)
        assert now.metadata == {"plan": "pro", "seats": 6, "trial": True}

    def test_sending_it_untouched_changes_nothing(
        self, member: Dashboard, organization: Organization
    ) -> None:
        odd = CustomerFactory(
            organization=organization,
            name=" two\nlines ",
            billing_address={"line1": "a\r\nb"},
            metadata={"k\nk": "v\r\nw", "f": 1.0, "i": 1, "e": "", "s": "5"},
        )
        sent = form_of(member.get(path(odd, "edit")))
        sent = {name: value.replace("\r", "").replace("\n", "") for name, value in sent.items()}
        assert member.post(path(odd, "edit"), sent).status_code == 302
        now = stored(odd)
        assert (now.modified_at, now.name) == (odd.modified_at, " two\nlines ")
        assert repr(now.metadata) == repr(stored(odd).metadata)
        assert now.metadata["k\nk"] == "v\r\nw"

    def test_emptying_a_field_empties_it(self, member: Dashboard, customer: Customer) -> None:
        form = form_of(member.get(path(customer, "edit")))
        emptied = {
            name: "" if name != "seen" and "-kind" not in name else value for name, value in form.items()
        }
        member.post(path(customer, "edit"), emptied)
        now = stored(customer)
        assert (now.name, now.email, now.billing_address, now.metadata) == (None, None, None, {})

    def test_the_external_id_is_no_field_of_it(self, member: Dashboard, customer: Customer) -> None:
        form = form_of(member.get(path(customer, "edit")))
        member.post(path(customer, "edit"), {**form, "external_customer_id": "other"})
        assert stored(customer).external_customer_id == "cust_1"

    @pytest.mark.parametrize("seen", ["", "nonsense", "2020-01-01", "2020-01-01T00:00:00+00:00", "x" * 5000])
    def test_a_form_on_no_known_state_saves_nothing(
        self, member: Dashboard, customer: Customer, seen: str
    ) -> None:
        form = form_of(member.get(path(customer, "edit")))
        answer = member.post(path(customer, "edit"), {**form, "seen": seen, "name": "Grace"})
        assert answer.status_code == 409
        assert stored(customer).name == "Ada"
        assert member.post(path(customer, "edit"), form_of(answer)).status_code == 302
        assert stored(customer).name == "Grace"


class TestTwoAtOnce:
    def test_the_second_is_told_and_sees_both(
        self, organization: Organization, member: Dashboard, customer: Customer
    ) -> None:
        other = Dashboard(organization, MEMBER)
        form = form_of(member.get(path(customer, "edit")))
        theirs = {
            **form,
            "name": "Theirs",
            "tax_id": "T1",
            "metadata-0-value": "theirs",
            "metadata-2-key": "",
            "metadata-2-value": "",
        }
        assert other.post(path(customer, "edit"), theirs).status_code == 302
        mine = {**form, "name": "Mine", "email": "mine@example.com", "metadata-1-value": "7"}
        answer = member.post(path(customer, "edit"), mine)
        assert answer.status_code == 409
        assert stored(customer).name == "Theirs"
        page = text(answer)
        assert "Somebody else has changed this customer. Nothing of yours is saved yet." in page
        assert other.user.email in page
        meetings = {one.label: (one.was, one.now, one.typed) for one in answer.context["meanwhile"].meetings}
        assert meetings == {
            "Name": ("Ada", "Theirs", "Mine"),
            "Tax ID": ("", "T1", None),
            "Metadata: plan": ("pro", "theirs", None),
            "Metadata: trial": (True, None, None),
        }
        assert member.post(path(customer, "edit"), form_of(answer)).status_code == 302
        now = stored(customer)
        assert (now.name, now.email, now.tax_id) == ("Mine", "mine@example.com", "T1")
        assert now.metadata == {"plan": "theirs", "seats": 7}

    def test_the_api_is_somebody_else_too(self, member: Dashboard, customer: Customer, api: Any) -> None:
        form = form_of(member.get(path(customer, "edit")))
        api("PATCH", f"/v1/customers/{customer.id}", {"metadata": {"plan": None}})
        answer = member.post(path(customer, "edit"), {**form, "metadata-0-value": "mine"})
        assert answer.status_code == 409
        assert "token Test" in text(answer)
        [meeting] = answer.context["meanwhile"].meetings
        assert (meeting.label, meeting.was, meeting.now, meeting.typed) == (
            "Metadata: plan",
            "pro",
            None,
            "mine",
        )

    def test_a_customer_who_was_deleted_meanwhile_is_gone(
        self, member: Dashboard, customer: Customer
    ) -> None:
        form = form_of(member.get(path(customer, "edit")))
        services.delete_customer(customer=customer)
        assert member.post(path(customer, "edit"), form).status_code == 404

    def test_the_last_word_is_the_locks(self, customer: Customer) -> None:
        from customers.exceptions import CustomerChanged

        seen = customer.modified_at
        services.update_customer(customer=customer, name="Theirs", seen=seen)
        with pytest.raises(CustomerChanged):
            services.update_customer(customer=customer, name="Mine", seen=seen)
        assert stored(customer).name == "Theirs"


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
