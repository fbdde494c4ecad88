"""Where the OpenAPI document is served, and the page that lets a person try it."""

from __future__ import annotations

import functools

from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView

from api.views import reading


@reading
def openapi_json(request: HttpRequest) -> HttpResponse:
    """The document, for programs."""
    return HttpResponse(_document(), content_type="application/json")


@functools.cache
def _document() -> bytes:
    """The same for everyone, so that a process makes it once."""
    document: bytes = OpenApiJsonRenderer().render(SchemaGenerator().get_schema(request=None, public=True))
    return document


class Docs(SpectacularSwaggerSplitView):  # type: ignore[misc]
    """Swagger UI. Its scripts and styles are files of our own origin, as the Content-Security-Policy wants them."""

    http_method_names = ["get", "head"]
    template_name = "api/docs.html"
    url_name = "openapi"
