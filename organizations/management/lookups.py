"""What several commands look up."""

from django.core.management.base import CommandError

from organizations.models import Organization


def organization_by_slug(slug: str) -> Organization:
    """Raises CommandError, naming the organizations there are."""
    try:
        return Organization.objects.get(slug=slug)
    except Organization.DoesNotExist:
        known = ", ".join(Organization.objects.order_by("slug").values_list("slug", flat=True)[:20])
        raise CommandError(
            f"There is no organization “{slug}”. "
            + (f"There are: {known}." if known else "There are none yet.")
        ) from None
