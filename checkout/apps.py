from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "checkout"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from checkout.services.erasure import erase_customer
        from customers.signals import customer_erased

        customer_erased.connect(erase_customer, dispatch_uid="checkout")
