from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from customers.signals import customer_erased, external_id_set
        from metrics.services.binding import defer_binding
        from metrics.services.erasure import erase_customer

        external_id_set.connect(defer_binding, dispatch_uid="metrics")
        customer_erased.connect(erase_customer, dispatch_uid="metrics")
