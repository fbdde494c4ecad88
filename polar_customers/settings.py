"""The one settings file. Everything that differs between installations is an environment variable, described in
docs/operations.md; a value that can't be right stops the program with a sentence that names the variable."""

from __future__ import annotations

import datetime
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pghistory
from django.core.exceptions import ImproperlyConfigured

from api.logs import configure as configure_logs
from api.reference import INTRODUCTION
from polar_customers.embedded import connection_parameters, data_dir
from polar_customers.kept_secrets import kept_secret

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_dir(os.environ)


def _flag(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value == "":
        return default
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")


def _number(name: str, default: int, *, least: int = 0) -> int:
    value = os.environ.get(name, "").strip()
    if value == "":
        return default
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise ImproperlyConfigured(f"{name} must be a whole number of {least} or more, not {value!r}.")
    return int(value)


def _words(name: str) -> list[str]:
    return [word for word in os.environ.get(name, "").replace(",", " ").split() if word]


def _secret_key() -> str:
    """SECRET_KEY, or one that is made once and kept in DATA_DIR for this installation alone."""
    if value := os.environ.get("SECRET_KEY", ""):
        return value
    return kept_secret(DATA_DIR / "secret_key", lambda: secrets.token_urlsafe(48))


# What this is and where it is reached
PRODUCT_NAME = "Polar Customers"
DEBUG = _flag("DEBUG", False)
SECRET_KEY = _secret_key()
PUBLIC_URL = os.environ.get("PUBLIC_URL", "").rstrip("/")
_public = urlsplit(PUBLIC_URL)
if PUBLIC_URL and (_public.scheme not in ("http", "https") or not _public.hostname or _public.path):
    raise ImproperlyConfigured(
        f"PUBLIC_URL must be a scheme and a host, such as https://billing.example.com, not {PUBLIC_URL!r}."
    )
HTTPS = _public.scheme == "https"
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    *([_public.hostname] if _public.hostname else []),
    *_words("ALLOWED_HOSTS"),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

ROOT_URLCONF = "polar_customers.urls"
WSGI_APPLICATION = "polar_customers.wsgi.application"
APPEND_SLASH = False

INSTALLED_APPS = [
    "polar_customers",
    "metrics",
    "checkout",
    "customers",
    "api",
    "organizations",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "pghistory",
    "axes",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "api.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    # For pages alone, one behind the other: the API's requests pass all of them in one step.
    "api.page_middleware.WhiteNoiseMiddleware",
    "api.page_middleware.SessionMiddleware",
    "api.page_middleware.AuthenticationMiddleware",
    "organizations.middleware.PasswordChangeMiddleware",
    "api.page_middleware.MessageMiddleware",
    "api.page_middleware.CSPMiddleware",
    "api.middleware.ActorMiddleware",
    "api.page_middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "polar_customers.frame.frame",
            ],
        },
    }
]

# The database
#
# Each thread keeps its connection, and a request that uses it through Django's cursor first sees that it is alive;
# the look-ups that every API request begins with notice a lost one themselves (api/prepared.py).
DATABASES: dict[str, dict[str, Any]] = {
    "default": {**connection_parameters(os.environ), "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
}
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People and passwords
AUTH_USER_MODEL = "organizations.User"
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # the address is unique, in any letter case: users_email_unique
    "axes.W002",  # its middleware is there, as a subclass, which the check doesn't see
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = datetime.timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "organizations.logins.name_of_login"
AXES_LOCKOUT_CALLABLE = "organizations.views.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False

# Cookies, transport, frames
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_FAILURE_VIEW = "polar_customers.views.form_expired"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Language and time
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# Logs
LOG_LEVEL = os.environ.get("LOG_LEVEL", "info").lower()
if LOG_LEVEL not in ("debug", "info", "warning", "error"):
    raise ImproperlyConfigured(f"LOG_LEVEL must be debug, info, warning or error, not {LOG_LEVEL!r}.")
LOGGING = configure_logs(debug=DEBUG, level=LOG_LEVEL)

# The API
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
API_MAX_BODY_BYTES = 1024 * 1024
RATE_LIMITS = _flag("RATE_LIMITS", True)
RATE_LIMIT_PER_MINUTE = _number("RATE_LIMIT_PER_MINUTE", 6000, least=1)
WEB_WORKERS = _number("WEB_WORKERS", 2, least=1)
WEB_THREADS = _number("WEB_THREADS", 4, least=1)
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")

# Payments
STRIPE_API_BASE = os.environ.get("STRIPE_API_BASE", "https://api.stripe.com").rstrip("/")
if urlsplit(STRIPE_API_BASE).scheme not in ("http", "https") or not urlsplit(STRIPE_API_BASE).hostname:
    raise ImproperlyConfigured(
        f"STRIPE_API_BASE must be a URL, such as https://api.stripe.com, not {STRIPE_API_BASE!r}."
    )

# The background worker (polar_customers/worker.py)
WORKER_THREADS = _number("WORKER_THREADS", 4)
WORKER_HEARTBEAT_SECONDS = 10
WORKER_STALLED_SECONDS = 30  # without a heartbeat for this long, a worker counts as gone

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["api.throttling.TokenThrottle"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.negotiation.JSONOnly",
    "DEFAULT_PAGINATION_CLASS": "api.paging.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "api.openapi.Schema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "FORMAT_SUFFIX_KWARG": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": f"{PRODUCT_NAME} API",
    "DESCRIPTION": INTRODUCTION,
    "VERSION": "1.0.0",
    "SERVERS": [{"url": "/", "description": "The installation that serves this document."}],
    "TAGS": [
        {"name": "Customers", "description": "Customers, by our ID and by your own."},
        {"name": "Products", "description": "What is sold again and again."},
        {"name": "Checkout sessions", "description": "Sales under way: from a cart to a paid order."},
        {"name": "Orders", "description": "What was bought."},
        {"name": "Events", "description": "What customers used, and under which of your IDs it waits."},
        {"name": "Metrics", "description": "Figures of it all, by period and by customer."},
        {"name": "Meters", "description": "What you count of events, and how much of it there was."},
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "POSTPROCESSING_HOOKS": ["api.openapi.add_shared_components"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "defaultModelsExpandDepth": 0,
        "displayRequestDuration": True,
        "validatorUrl": None,
    },
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "api.errors.ExceptionHandler",
    "EXCEPTION_FORMATTER_CLASS": "api.errors.EnvelopeFormatter",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
