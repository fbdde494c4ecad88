"""The pages of logging in, and those of an organization that belong to no feature."""

from __future__ import annotations

from django.urls import path

from organizations import views
from organizations.models import Membership
from organizations.staff import staff_path

Role = Membership.Role

urlpatterns = [
    path("", views.home, name="home"),
    path("login", views.Login.as_view(), name="login"),
    path("logout", views.logout, name="logout"),
    path("password", views.Password.as_view(), name="password"),
]

staff_patterns = [
    staff_path("developers", views.tokens, read=Role.VIEWER, write=None, name="developers"),
    staff_path(
        "developers/tokens/new", views.create_token, read=Role.OWNER, write=Role.OWNER, name="token-create"
    ),
    staff_path(
        "developers/tokens/<uuid:token_id>/revoke",
        views.revoke_token,
        read=Role.OWNER,
        write=Role.OWNER,
        name="token-revoke",
    ),
]
