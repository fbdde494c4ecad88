"""The administration of products, sessions and orders, for support: what is about money is read and never written."""

from checkout.admin.orders import OrderAdmin
from checkout.admin.payment_settings import PaymentSettingsAdmin
from checkout.admin.products import ProductAdmin
from checkout.admin.sessions import CheckoutSessionAdmin

__all__ = ["CheckoutSessionAdmin", "OrderAdmin", "PaymentSettingsAdmin", "ProductAdmin"]
