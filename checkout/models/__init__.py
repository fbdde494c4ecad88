"""Products, checkout sessions, payments and orders."""

from checkout.models.orders import Order, OrderNumbers
from checkout.models.payment_settings import PaymentSettings
from checkout.models.payments import PaymentAttempt
from checkout.models.products import Product
from checkout.models.sessions import CheckoutItem, CheckoutSession

__all__ = [
    "CheckoutItem",
    "CheckoutSession",
    "Order",
    "OrderNumbers",
    "PaymentAttempt",
    "PaymentSettings",
    "Product",
]
