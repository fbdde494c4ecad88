"""The pages of checkout: those of a buyer, whom the secret in the address lets in, and those of the dashboard."""

from __future__ import annotations

from django.urls import path

from checkout.links import PAGE_ROUTE
from checkout.views import hosted, of_customer, orders, payment_links, payments, products, sessions
from organizations.models import Membership
from organizations.staff import staff_path

VIEWER, MEMBER, OWNER = Membership.Role.VIEWER, Membership.Role.MEMBER, Membership.Role.OWNER

urlpatterns = [
    path(PAGE_ROUTE, hosted.checkout_page, name="checkout-page"),
    path(f"{PAGE_ROUTE}/pay", hosted.checkout_pay, name="checkout-pay"),
    path(f"{PAGE_ROUTE}/stop", hosted.checkout_stop, name="checkout-stop"),
    path(f"{PAGE_ROUTE}/step", hosted.checkout_step, name="checkout-step"),
]

staff_patterns = [
    staff_path("products", products.products, read=VIEWER, write=None, name="staff-products"),
    staff_path("products/new", products.create, read=MEMBER, write=MEMBER, name="staff-product-create"),
    staff_path("products/<uuid:product_id>", products.product, read=VIEWER, write=None, name="staff-product"),
    staff_path(
        "products/<uuid:product_id>/edit",
        products.edit,
        read=MEMBER,
        write=MEMBER,
        name="staff-product-edit",
    ),
    staff_path(
        "products/<uuid:product_id>/archive",
        products.archive,
        read=MEMBER,
        write=MEMBER,
        name="staff-product-archive",
    ),
    staff_path("checkouts", sessions.sessions, read=VIEWER, write=None, name="staff-checkout-sessions"),
    staff_path(
        "checkouts/new",
        payment_links.for_external_id,
        read=MEMBER,
        write=MEMBER,
        name="staff-checkout-session-create",
    ),
    staff_path(
        "checkouts/<uuid:session_id>",
        sessions.session,
        read=VIEWER,
        write=None,
        name="staff-checkout-session",
    ),
    staff_path(
        "checkouts/<uuid:session_id>/expire",
        sessions.expire,
        read=MEMBER,
        write=MEMBER,
        name="staff-checkout-session-expire",
    ),
    staff_path("payments", payments.payment_settings, read=VIEWER, write=OWNER, name="payments"),
    staff_path("orders", orders.orders, read=VIEWER, write=None, name="staff-orders"),
    staff_path("orders/export", orders.export, read=VIEWER, write=None, name="staff-orders-export"),
    staff_path("orders/<uuid:order_id>", orders.order, read=VIEWER, write=None, name="staff-order"),
    staff_path(
        "customers/<uuid:customer_id>/checkouts",
        of_customer.checkouts,
        read=VIEWER,
        write=None,
        name="customer-checkouts",
    ),
    staff_path(
        "customers/<uuid:customer_id>/orders",
        of_customer.orders,
        read=VIEWER,
        write=None,
        name="customer-orders",
    ),
    staff_path(
        "customers/<uuid:customer_id>/payment_link",
        payment_links.for_customer,
        read=MEMBER,
        write=MEMBER,
        name="customer-payment-link",
    ),
]
