"""What templates of the dashboard write often."""

from __future__ import annotations

import datetime
from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A picture of static/icons.svg that says nothing to a screen reader: the text beside it does."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
def copyable(value: object, name: str = "", url: str = "", size: str = "", shown: str = "") -> SafeString:
    """A text with a button that copies it, as includes/_copyable.html describes it; quicker than including that, where
    there are many."""
    name = name or "this"
    if url:
        text = format_html('<a class="mono" href="{}"><bdi>{}</bdi></a>', url, shown or value)
    else:
        text = format_html('<bdi class="mono">{}</bdi>', shown or value)
    return format_html(
        '<span class="copyable{}">{}<button type="button" class="copy needs-script" data-copy="{}" title="Copy {}">'
        '{}{}<span class="visually-hidden">Copy {} {}</span></button></span>',
        f" {size}" if size else "",
        text,
        value,
        name,
        icon("copy"),
        icon("check"),
        name,
        value,
    )


@register.simple_tag
def moment(at: datetime.datetime | None) -> SafeString:
    """A point in time, in UTC, as includes/_time.html describes it."""
    if not at:
        return SafeString('<span class="muted">—</span>')
    at = at.astimezone(datetime.UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC">{} {}, {}</time>',
        at.isoformat(),
        f"{at:%Y-%m-%d %H:%M:%S}",
        f"{at:%b}",
        at.day,
        f"{at:%Y, %H:%M}",
    )
