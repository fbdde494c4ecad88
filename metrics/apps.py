from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "metrics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from customers.signals import external_id_set
        from metrics.services.binding import defer_binding

        external_id_set.connect(defer_binding, dispatch_uid="metrics")
