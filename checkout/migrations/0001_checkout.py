"""Products, checkout sessions, payments and orders."""

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.db import migrations, models

import api.metadata
import api.text
import checkout.money
import checkout.return_addresses
import customers.external_ids
import organizations.fields
import organizations.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0005_deleted_orderings"),
        ("organizations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="OrderNumbers",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="organizations.organization",
                    ),
                ),
                ("last", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "db_table": "order_numbers",
            },
        ),
        migrations.CreateModel(
            name="CheckoutSession",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "stored_status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("processing", "Processing"),
                            ("complete", "Complete"),
                            ("expired", "Expired"),
                        ],
                        db_column="status",
                        default="open",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "external_customer_id",
                    customers.external_ids.ExternalCustomerIDField(
                        blank=True,
                        db_collation="C",
                        max_length=255,
                        null=True,
                        verbose_name="external customer ID",
                    ),
                ),
                (
                    "customer_email",
                    models.EmailField(
                        blank=True,
                        max_length=254,
                        null=True,
                        validators=[api.text.check_characters],
                        verbose_name="e-mail address",
                    ),
                ),
                (
                    "customer_name",
                    models.CharField(
                        blank=True, max_length=256, null=True, validators=[api.text.check_characters]
                    ),
                ),
                ("currency", models.CharField(max_length=3, validators=[checkout.money.check_currency])),
                ("amount_total", models.BigIntegerField(validators=[checkout.money.check_amount])),
                (
                    "success_url",
                    models.CharField(
                        blank=True,
                        max_length=2048,
                        null=True,
                        validators=[checkout.return_addresses.check_return_address],
                    ),
                ),
                (
                    "cancel_url",
                    models.CharField(
                        blank=True,
                        max_length=2048,
                        null=True,
                        validators=[checkout.return_addresses.check_return_address],
                    ),
                ),
                ("expires_at", models.DateTimeField()),
                ("completed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("metadata", api.metadata.MetadataField(blank=True, default=dict)),
                ("customer_metadata", api.metadata.MetadataField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("modified_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checkout_sessions",
                        to="customers.customer",
                    ),
                ),
                (
                    "organization",
                    organizations.fields.OrganizationForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checkout_sessions",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "db_table": "checkout_sessions",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "number",
                    models.PositiveBigIntegerField(
                        help_text="Counts the organization's orders from 1, without gaps."
                    ),
                ),
                (
                    "external_customer_id",
                    customers.external_ids.ExternalCustomerIDField(
                        blank=True,
                        db_collation="C",
                        help_text="The one that the customer had when the order was made.",
                        max_length=255,
                        null=True,
                        verbose_name="external customer ID",
                    ),
                ),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, null=True, verbose_name="e-mail address"),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount_total", models.BigIntegerField()),
                ("metadata", api.metadata.MetadataField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "checkout_session",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="It has this one order only.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="checkout.checkoutsession",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="customers.customer",
                    ),
                ),
                (
                    "organization",
                    organizations.fields.OrganizationForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "db_table": "orders",
                "ordering": ("-number",),
            },
        ),
        migrations.CreateModel(
            name="PaymentAttempt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("processor", models.CharField(max_length=32)),
                (
                    "reference",
                    models.CharField(
                        blank=True,
                        help_text="The processor's own ID of the payment; none until it has given one.",
                        max_length=255,
                        null=True,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Under way"),
                            ("needs_step", "Waiting for the buyer"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                (
                    "next_url",
                    models.CharField(
                        blank=True,
                        help_text="Where the buyer takes the step that is needed.",
                        max_length=2048,
                        null=True,
                    ),
                ),
                ("failure_code", models.CharField(blank=True, max_length=64, null=True)),
                (
                    "failure_message",
                    models.CharField(blank=True, help_text="For the buyer.", max_length=500, null=True),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("modified_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "organization",
                    organizations.fields.OrganizationForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payment_attempts",
                        to="checkout.checkoutsession",
                    ),
                ),
            ],
            options={
                "db_table": "payment_attempts",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=organizations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        db_collation="C", max_length=256, validators=[api.text.check_characters]
                    ),
                ),
                (
                    "description",
                    models.TextField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MaxLengthValidator(2000),
                            api.text.check_characters,
                        ],
                    ),
                ),
                (
                    "unit_amount",
                    models.BigIntegerField(
                        help_text="The price of one, in the currency's minor unit.",
                        validators=[checkout.money.check_amount],
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        help_text="ISO 4217, lower case.",
                        max_length=3,
                        validators=[checkout.money.check_currency],
                    ),
                ),
                ("metadata", api.metadata.MetadataField(blank=True, default=dict)),
                (
                    "archived_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="Since when it can't be put into a new session.",
                        null=True,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("modified_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "organization",
                    organizations.fields.OrganizationForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "db_table": "products",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="CheckoutItem",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=256, validators=[api.text.check_characters])),
                ("unit_amount", models.BigIntegerField(validators=[checkout.money.check_amount])),
                ("quantity", models.PositiveIntegerField()),
                ("amount", models.BigIntegerField(validators=[checkout.money.check_amount])),
                (
                    "organization",
                    organizations.fields.OrganizationForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="checkout.checkoutsession",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="checkout.product",
                    ),
                ),
            ],
            options={
                "db_table": "checkout_items",
                "ordering": ("position",),
            },
        ),
        migrations.AddIndex(
            model_name="checkoutsession",
            index=models.Index(
                models.F("organization"), models.F("created_at"), models.F("id"), name="idx_sessions_created"
            ),
        ),
        migrations.AddIndex(
            model_name="checkoutsession",
            index=models.Index(
                models.F("organization"),
                models.F("stored_status"),
                models.F("created_at"),
                models.F("id"),
                name="idx_sessions_status_created",
            ),
        ),
        migrations.AddIndex(
            model_name="checkoutsession",
            index=models.Index(
                models.F("organization"),
                models.F("customer"),
                models.F("created_at"),
                models.F("id"),
                name="idx_sessions_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="checkoutsession",
            index=models.Index(
                models.F("organization"),
                models.F("external_customer_id"),
                models.F("created_at"),
                models.F("id"),
                condition=models.Q(("customer__isnull", True)),
                name="idx_sessions_unlinked",
            ),
        ),
        migrations.AddIndex(
            model_name="checkoutsession",
            index=models.Index(
                models.F("expires_at"),
                condition=models.Q(("stored_status", "open")),
                name="idx_sessions_open",
            ),
        ),
        migrations.AddIndex(
            model_name="checkoutsession",
            index=models.Index(
                models.F("modified_at"),
                condition=models.Q(("stored_status", "processing")),
                name="idx_sessions_processing",
            ),
        ),
        migrations.AddConstraint(
            model_name="checkoutsession",
            constraint=models.UniqueConstraint(
                fields=("organization", "id"), name="checkout_sessions_organization_id_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="checkoutsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("stored_status__in", ("open", "processing", "complete", "expired"))),
                name="checkout_sessions_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="checkoutsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("completed_at__isnull", False),
                        ("customer__isnull", False),
                        ("stored_status", "complete"),
                    ),
                    models.Q(
                        models.Q(("stored_status", "complete"), _negated=True), ("completed_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="checkout_sessions_completed",
            ),
        ),
        migrations.AddConstraint(
            model_name="checkoutsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_total__gte", 1), ("amount_total__lte", 9007199254740991)),
                name="checkout_sessions_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="checkoutsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("external_customer_id", ""), _negated=True),
                name="checkout_sessions_external_customer_id_not_empty",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                models.F("organization"), models.F("created_at"), models.F("id"), name="idx_orders_created"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                models.F("organization"),
                models.F("customer"),
                models.F("created_at"),
                models.F("id"),
                name="idx_orders_customer",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                fields=("organization", "id"), name="orders_organization_id_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                fields=("organization", "number"), name="orders_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                fields=("organization", "checkout_session"), name="orders_checkout_session_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_total__gte", 1), ("number__gte", 1)), name="orders_positive"
            ),
        ),
        migrations.AddIndex(
            model_name="paymentattempt",
            index=models.Index(
                models.F("organization"),
                models.F("session"),
                models.F("created_at"),
                models.F("id"),
                name="idx_payment_attempts_session",
            ),
        ),
        migrations.AddIndex(
            model_name="paymentattempt",
            index=models.Index(
                models.F("organization"),
                models.F("processor"),
                models.F("reference"),
                name="idx_payment_attempts_ref",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ("pending", "needs_step", "succeeded", "failed"))),
                name="payment_attempts_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentattempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("pending", "needs_step"))),
                fields=("organization", "session"),
                name="payment_attempts_one_under_way",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                models.F("organization"), models.F("created_at"), models.F("id"), name="idx_products_created"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                models.F("organization"), models.F("name"), models.F("id"), name="idx_products_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                fields=("organization", "id"), name="products_organization_id_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("unit_amount__gte", 1), ("unit_amount__lte", 9007199254740991)),
                name="products_unit_amount",
            ),
        ),
        migrations.AddIndex(
            model_name="checkoutitem",
            index=models.Index(
                models.F("organization"), models.F("product"), name="idx_checkout_items_product"
            ),
        ),
        migrations.AddConstraint(
            model_name="checkoutitem",
            constraint=models.UniqueConstraint(
                fields=("organization", "session", "position"), name="checkout_items_position_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="checkoutitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quantity__gte", 1),
                    ("quantity__lte", 1000000),
                    ("unit_amount__gte", 1),
                    (
                        "amount",
                        django.db.models.expressions.CombinedExpression(
                            models.F("unit_amount"), "*", models.F("quantity")
                        ),
                    ),
                ),
                name="checkout_items_amount",
            ),
        ),
    ]
