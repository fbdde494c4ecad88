"""Creating and editing customers by hand: what was typed is kept, what is wrong with it is said at its field, and
nothing is saved over somebody else's head."""

from __future__ import annotations

from typing import Any

import pytest

from customers import services
from customers.exceptions import CustomerChanged
from customers.metadata_editor import ADD, REMOVE
from customers.models import Customer
from customers.tests.dashboard import ADDRESS, Dashboard, form_of, path, stored, text
from customers.tests.external_ids import ILL_FORMED_TEXT
from customers.tests.factories import CustomerFactory
from organizations.models import Organization
from organizations.tests.people import MEMBER

pytestmark = pytest.mark.django_db


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
        seen = customer.modified_at
        services.update_customer(customer=customer, name="Theirs", seen=seen)
        with pytest.raises(CustomerChanged):
            services.update_customer(customer=customer, name="Mine", seen=seen)
        assert stored(customer).name == "Theirs"
