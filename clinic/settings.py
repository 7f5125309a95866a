"""One settings file, driven by the environment, that fails loudly.

`CLINIC_ENVIRONMENT` is `production` unless it says otherwise, so that a server which lost its
variables refuses to start instead of opening an empty clinic. The others are `demo`,
`development`, `test`, and `offline` (the two commands that need neither secrets nor a database).
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

ENVIRONMENT: str = env.str("CLINIC_ENVIRONMENT", "production")
KNOWN_ENVIRONMENTS = ("production", "demo", "development", "test", "offline")
if ENVIRONMENT not in KNOWN_ENVIRONMENTS:
    raise ImproperlyConfigured(
        f"CLINIC_ENVIRONMENT is {ENVIRONMENT!r}; it must be one of {', '.join(KNOWN_ENVIRONMENTS)}."
    )
PRODUCTION = ENVIRONMENT == "production"
DEMO = ENVIRONMENT == "demo"
TESTING = ENVIRONMENT == "test"
DEBUG = ENVIRONMENT == "development" and env.bool("DEBUG", True)


def required(name: str, hint: str, *, elsewhere: str) -> str:
    """The variable `name`; outside production `elsewhere` stands in for a missing one."""
    value = env.str(name, "")
    if value:
        return str(value)
    if PRODUCTION:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return elsewhere


SECRET_KEY = required(
    "SECRET_KEY",
    "Set it to a long random text that only this server knows, for example from"
    " `python -c 'import secrets; print(secrets.token_urlsafe(60))'`.",
    elsewhere="only-for-a-clinic-of-fictional-people",
)
_hosts = required(
    "ALLOWED_HOSTS",
    "Set it to the host names this clinic answers to, separated by commas.",
    elsewhere="localhost,127.0.0.1,[::1]",
)
ALLOWED_HOSTS = [host.strip() for host in _hosts.split(",")]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = required(
    "SITE_URL",
    "Set it to the address people type, such as https://book.example.com: links in emails need it.",
    elsewhere="http://localhost:8000",
).rstrip("/")

INSTALLED_APPS = [
    "clinic.apps.ClinicConfig",
    "intake.apps.IntakeConfig",
    "scheduling.apps.SchedulingConfig",
    "clinic.apps.ClinicAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "procrastinate.contrib.django",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "phonenumber_field",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.common.CommonMiddleware",
    # From here on it matters who asks.
    "scheduling.middleware.for_anybody",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clinic.middleware.from_where",
    "clinic.middleware.sign_off",
    "clinic.middleware.keep_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clinic.middleware.Limited",
    "clinic.middleware.said_in_words",
    "clinic.middleware.never_stored",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic.context_processors.clinic",
            ],
        },
    }
]

# --- The database -----------------------------------------------------------------------------
# The application signs in as its own role; migrations run as the owner of the tables, by giving
# that command another DATABASE_URL. See docs/deployment.md.
DATABASE_APP_ROLE = env.str("DATABASE_APP_ROLE", "clinic_app")

DATABASES: dict[str, dict[str, Any]]
if ENVIRONMENT == "offline":
    DATABASES = {"default": {"ENGINE": "django.db.backends.dummy"}}
else:
    _database_url = required(
        "DATABASE_URL",
        "Set it to the clinic's PostgreSQL, such as postgres://clinic_app:secret@db/clinic."
        " Nothing is started in its place, so that a lost variable cannot open an empty clinic.",
        elsewhere="",
    )
    if not _database_url and not TESTING:
        from clinic import local_postgres

        _database_url = local_postgres.start(ENVIRONMENT).application_url
    # The tests name their own database when they start.
    _database = env.db_url_config(_database_url or "postgres:///tests_name_it_later")
    # Each thread of a web process keeps its own connection, asked at the start of each request
    # whether it still lives: docs/decisions.md says why there is no pool. The development server
    # has a new thread for every visitor's connection.
    _database["CONN_MAX_AGE"] = 0 if DEBUG else None
    _database["CONN_HEALTH_CHECKS"] = True
    DATABASES = {"default": _database}

# --- People and sign-in -----------------------------------------------------------------------
AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = ["clinic.sign_in.adapter.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", **options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"OPTIONS": {"min_length": 12}}),
        ("CommonPasswordValidator", {}),
    )
]
LOGIN_URL = "clinic:sign_in"
LOGIN_REDIRECT_URL = "/"
# Automatic sign-off: staff after this long without doing anything, and everybody in the end.
STAFF_IDLE_LIMIT = timedelta(minutes=15)
STAFF_SESSION_LIMIT = timedelta(hours=12)
PATIENT_SESSION_LIMIT = timedelta(days=14)

ACCOUNT_ADAPTER = "clinic.sign_in.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
# Counted by clinic.limits instead, which can say when to try again.
ACCOUNT_RATE_LIMITS = False
MFA_ADAPTER = "clinic.sign_in.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# A phone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "Ashburn Village Chiropractic"

# --- Language, time, words --------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "clinic" / "locale"]
FORMAT_MODULE_PATH = ["clinic.formats"]
TIME_ZONE = env.str("CLINIC_TIME_ZONE", "America/New_York")
USE_TZ = True
PHONENUMBER_DEFAULT_REGION = "US"
PHONENUMBER_DEFAULT_FORMAT = "NATIONAL"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Static files -----------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static_collected"
_NODE_MODULES = BASE_DIR / "node_modules"
# Packages are named one by one: nothing else of node_modules is ever served.
STATICFILES_DIRS = [
    (prefix, folder)
    for prefix, folder in (
        ("bootstrap", _NODE_MODULES / "bootstrap" / "dist" / "css"),
        ("htmx", _NODE_MODULES / "htmx.org" / "dist"),
        ("event-calendar", _NODE_MODULES / "@event-calendar" / "build" / "dist"),
        ("atkinson", _NODE_MODULES / "@fontsource" / "atkinson-hyperlegible" / "files"),
    )
    if folder.is_dir()
]
# The same letters on paper: the typesetter reads TTF. Noto Sans has those of names that Atkinson
# lacks. The weights the paper uses are named one by one: every file is read for every page.
_PAPER_FONTS = _NODE_MODULES / "@expo-google-fonts"
PAPER_FONTS = [
    _PAPER_FONTS / family / weight
    for family in ("atkinson-hyperlegible", "noto-sans")
    for weight in ("400Regular", "700Bold")
]
if PRODUCTION or DEMO:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

# --- Email and jobs ---------------------------------------------------------------------------
# The demo delivers nothing: its messages are read in the browser.
EMAIL_CONFIG = env.email_url_config(
    required(
        "EMAIL_URL",
        "Set it to the mail server, such as smtp+tls://user:password@mail.example.com:587.",
        elsewhere="dummymail://",
    )
)
# A mail server that does not answer must not keep a worker for ever.
EMAIL_TIMEOUT = 20
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = required(
    "DEFAULT_FROM_EMAIL",
    "Set it to the address patients see, such as 'Front desk <desk@clinic.example.com>'.",
    elsewhere="Ashburn Village Chiropractic <desk@clinic.example.com>",
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# One mail server that is slow to answer leaves room for the other jobs.
PROCRASTINATE_WORKER_DEFAULTS = {"concurrency": 4}

# --- The browser's guards ---------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
# What people hand in goes into the database, and never lies on a disk on its way there.
FILE_UPLOAD_HANDLERS = ["clinic.uploads.InMemory"]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
# On the server, not in a cookie: a notice may name a patient, such as whose visit is affected.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(PATIENT_SESSION_LIMIT.total_seconds())
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "clinic.views.errors.csrf_failure"
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# How many proxies stand in front: the address of a visitor is read that many places from the
# right of X-Forwarded-For, so that nobody can write their own. None: the socket's address.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "no_patient_data": {"()": "clinic.logs.NoPatientData"},
        "no_alarm": {"()": "clinic.logs.NoAlarm"},
    },
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_patient_data"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING" if TESTING or DEMO else "INFO"},
    "loggers": {
        # Django gives it, and its child for the development server, handlers of their own, which
        # would not pass the filter; naming the one takes them from both.
        "django": {"handlers": [], "propagate": True},
        "django.request": {"filters": ["no_alarm"]},
        # Anybody may send any host name: it is refused, and is nobody's mistake here.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # Both tell each command that starts which jobs there are.
        "procrastinate.blueprints": {"level": "WARNING"},
        "procrastinate.periodic": {"level": "WARNING"},
    },
}
