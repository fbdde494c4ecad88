"""Who may open which page of the dashboard. The one way to a page of an organization is `staff_path`.

A page's address is `/o/{organization's slug}/…`: the prefix keeps every slug there can be apart from `/v1`, `/admin`,
`/static` and what else stands at the root. Each page says beside its address which role may look at it and which may
write with it, so that a list of routes, read from top to bottom, is the policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import resolve_url
from django.urls import URLPattern, path
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from structlog.contextvars import bind_contextvars

from organizations.models import Membership, Organization, User

Role = Membership.Role
LAST_ORGANIZATION = "organization"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class StaffRequest(HttpRequest):
    """A request by somebody who belongs to the organization of the address."""

    user: User
    organization: Organization
    membership: Membership
    memberships: list[Membership]


class RoleRequired(PermissionDenied):
    """The person belongs to the organization, but their role is not enough."""

    def __init__(self, membership: Membership, needed: Membership.Role) -> None:
        who = "An owner" if needed == Role.OWNER else "A member or an owner"
        super().__init__(
            f"Your role in {membership.organization} is {membership.get_role_display().lower()}. {who} can do this."
        )


@dataclass(frozen=True, slots=True)
class Access:
    """The least role for looking at a page, and for writing with it; None where there is nothing to write."""

    read: Membership.Role
    write: Membership.Role | None


def staff_path(
    route: str,
    view: Callable[..., HttpResponseBase],
    *,
    read: Membership.Role,
    write: Membership.Role | None,
    name: str,
) -> URLPattern:
    """A page of an organization, whose address goes on with `route`.

    `view` is called with a StaffRequest once it is certain that the person belongs to the organization and has the
    role that the method takes: `read` for GET and HEAD, `write` for all others (405 where that is None). Someone who
    isn't logged in is sent to the login page and back; for an outsider the address doesn't exist.
    """
    return path(route, _guarded(view, Access(read=read, write=write)), name=name)


def staff_routes(patterns: Iterable[URLPattern]) -> list[URLPattern]:
    """`patterns`, each of which must come from `staff_path`; raises ImproperlyConfigured for one that doesn't."""
    checked = list(patterns)
    for pattern in checked:
        if not isinstance(getattr(pattern.callback, "access", None), Access):
            raise ImproperlyConfigured(
                f"The page {pattern.name or pattern.pattern} doesn't say who may open it: use staff_path."
            )
    return checked


def _guarded(view: Callable[..., HttpResponseBase], access: Access) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def guarded(request: StaffRequest, organization: str, **captured: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_login(request)
        memberships = list(Membership.objects.for_user(request.user))
        membership = next((one for one in memberships if one.organization.slug == organization), None)
        if membership is None:
            raise Http404
        request.organization, request.membership = membership.organization, membership
        request.memberships = memberships
        bind_contextvars(organization=str(membership.organization_id), user=str(membership.user_id))
        needed = access.read if request.method in _SAFE_METHODS else access.write
        if needed is None:
            return HttpResponseNotAllowed(sorted(_SAFE_METHODS))
        if not membership.has_role(needed):
            raise RoleRequired(membership, needed)
        if request.session.get(LAST_ORGANIZATION) != organization:
            request.session[LAST_ORGANIZATION] = organization
        response = view(request, **captured)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    guarded.access = access  # type: ignore[attr-defined]
    return guarded


def _to_login(request: HttpRequest) -> HttpResponse:
    """To the login page, and from there to where the person was; as a whole page also where htmx asked for a part."""
    was_logged_in = settings.SESSION_COOKIE_NAME in request.COOKIES
    login_url = resolve_url(settings.LOGIN_URL) + ("?ended=1" if was_logged_in else "")
    if "HX-Request" not in request.headers:
        return redirect_to_login(request.get_full_path(), login_url)
    current = request.headers.get("HX-Current-URL", "")
    here = "/"
    if url_has_allowed_host_and_scheme(current, {request.get_host()}):
        parts = urlsplit(current)
        here = parts.path + (f"?{parts.query}" if parts.query else "")
    return HttpResponse(headers={"HX-Redirect": redirect_to_login(here, login_url).url})
