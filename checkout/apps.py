from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "checkout"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from checkout.services.erasure import erase_customer, lock_sessions_of
        from customers.signals import customer_erased, erasure_begins

        erasure_begins.connect(lock_sessions_of, dispatch_uid="checkout")
        customer_erased.connect(erase_customer, dispatch_uid="checkout")
