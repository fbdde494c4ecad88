"""The API speaks JSON, whatever an Accept header would rather have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class JSONOnly(BaseContentNegotiation):
    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        """The JSON parser. Raises UnsupportedMediaType for anything but JSON in UTF-8, uncompressed."""
        media_type, _, parameters = (request.content_type or "").partition(";")
        if media_type.strip().lower() != "application/json":
            raise exceptions.UnsupportedMediaType(
                media_type,
                "Send the body as “Content-Type: application/json”"
                + (f", not “{media_type.strip()[:100]}”." if media_type else "."),
            )
        charset = parameters.lower().replace('"', "").replace(" ", "")
        if "charset=" in charset and "charset=utf-8" not in charset and "charset=utf8" not in charset:
            raise exceptions.UnsupportedMediaType(media_type, "Send the body in UTF-8.")
        encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity")
        if encoding.strip().lower() not in ("", "identity"):
            raise exceptions.UnsupportedMediaType(media_type, "Send the body uncompressed.")
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""
