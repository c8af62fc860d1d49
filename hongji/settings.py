"""All settings of Hongji, in one place; what differs from machine to machine comes from the environment."""

import os
from pathlib import Path
from typing import Any

from hongji import env, guard
from hongji.logging import config as logging_config

BASE_DIR = Path(__file__).resolve().parent.parent

# HONGJI_ENV_FILE names another file than .env, which must then be there; empty means none (the tests use that).
_env_file = os.environ.get("HONGJI_ENV_FILE")
if _env_file is None and (BASE_DIR / ".env").is_file():
    _env_file = str(BASE_DIR / ".env")
if _env_file:
    env.load_file(Path(_env_file))

HONGJI_ENV = env.choice("HONGJI_ENV", ("development", "production"))
PRODUCTION = HONGJI_ENV == "production"
# Off unless asked for, in development too: a town office that types `make run` is a user.
DEBUG = env.flag("DEBUG")

# --- where everything made lies ---------------------------------------------------------------------------
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).expanduser().resolve()
KEYS_DIR = DATA_DIR / "keys"
MEDIA_ROOT = DATA_DIR / "media"
FILES_ROOT = DATA_DIR / "files"
BACKUP_ROOT = Path(env.text("BACKUP_DIR", str(DATA_DIR / "backups"))).expanduser().resolve()
LOG_DIR = DATA_DIR / "logs"
STATIC_ROOT = DATA_DIR / "static"
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "tmp"
DEMO_MARK = DATA_DIR / "DEMO"
_broker_dir, _cache_dir = DATA_DIR / "broker", DATA_DIR / "cache"
for _folder in (DATA_DIR, KEYS_DIR, MEDIA_ROOT, FILES_ROOT, LOG_DIR, STATIC_ROOT, FILE_UPLOAD_TEMP_DIR):
    _folder.mkdir(parents=True, exist_ok=True, mode=0o700)
DEMO = DEMO_MARK.exists()

# --- keys: from the environment; in development made once and kept ----------------------------------------
SECRET_KEY = env.text("SECRET_KEY")
_field_keys, _hash_key = env.text("FIELD_KEYS"), env.text("FIELD_HASH_KEY")
_report_keys = env.text("REPORT_KEYS")
if not PRODUCTION:
    SECRET_KEY = SECRET_KEY or env.kept(KEYS_DIR / "secret_key", lambda: env.new_key() + env.new_key())
    _field_keys = _field_keys or env.kept(KEYS_DIR / "field_keys", lambda: f"k1:{env.new_key()}")
    _hash_key = _hash_key or env.kept(KEYS_DIR / "hash_key", env.new_key)
    _report_keys = _report_keys or env.kept(KEYS_DIR / "report_keys", lambda: f"r1:{env.new_key()}")
FIELD_KEYS = env.keyring("FIELD_KEYS", _field_keys) if _field_keys else {}
HASH_KEY = env.key("FIELD_HASH_KEY", _hash_key) if _hash_key else b""
# What is said about cadres opens with none of the others (discipline/models.py).
REPORT_KEYS = env.keyring("REPORT_KEYS", _report_keys) if _report_keys else {}

# --- database ---------------------------------------------------------------------------------------------
_database: dict[str, Any] = env.database(env.text("DATABASE_URL"), sqlite_path=DATA_DIR / "hongji.sqlite3")
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    # A file, not memory: tests meet the same locks, pragmas and threads as the real thing.
    _database["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    # A page waits longer for PostgreSQL's parallel workers to start than they save; the cores are for the next request.
    _database["OPTIONS"].setdefault("options", "-c max_parallel_workers_per_gather=0")
# Kept open: for SQLite, the last connection that closes would fold the WAL into the file at every request.
DATABASES = {"default": {**_database, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- broker and cache: Redis if named, else folders -------------------------------------------------------
REDIS_URL = env.text("REDIS_URL")
REDIS_PREFIX = env.text("REDIS_PREFIX", "hongji:")
if REDIS_URL:
    CACHES: dict[str, Any] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": f"{REDIS_PREFIX}cache",
        }
    }
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "global_keyprefix": REDIS_PREFIX,
        "visibility_timeout": 3600,
        # A page must not wait for a broker that is away.
        "socket_connect_timeout": 2,
        "socket_timeout": 30,
    }
else:
    for _folder in (_broker_dir / "queue", _broker_dir / "control", _cache_dir):
        _folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(_cache_dir),
        }
    }
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker_dir / "queue"),
        "data_folder_out": str(_broker_dir / "queue"),
        "control_folder": str(_broker_dir / "control"),
        "store_processed": False,
        "polling_interval": 0.3,
    }
    # Nobody talks to the worker, and every word would stay behind as a file.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False

CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ALWAYS_EAGER = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

# --- rooms ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "hongji",
    "core",
    "accounts",
    "grids",
    "points",
    "jobs",
    "appeals",
    "disputes",
    "discipline",
    "visits",
    "ledgers",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "mptt",
    "simple_history",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "django_otp",
    "django_otp.plugins.otp_static",
    "axes",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "core.middleware.NoStore",
    # Before the session, which is read from a table.
    "hongji.maintenance.Maintenance",
    "core.epoch.ServerEpoch",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.middleware.RollingSession",
    "hongji.devices.KnownDevice",
    # Closed by default: a page that strangers may see says so with @login_not_required.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "core.middleware.ReadingOnly",
    # Last, as its makers ask: it turns a lock-out into an answer.
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "hongji.urls"
WSGI_APPLICATION = "hongji.wsgi.application"
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
                "hongji.context.site",
            ],
        },
    }
]
# Who sees what: core asks these two and knows no village (core/scope.py).
SCOPE_TREE = "grids.Territory"
SCOPE_REACH = "grids.duties.reach_of"
SCOPE_VERBS = "grids.duties.EVERY_VERB"
# Core asks for the second factor without knowing what it is (core/admin.py).
SECOND_FACTOR = "accounts.second_factor.ask"

# --- language and time ------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

# --- static files -----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "hongji.finders.NpmFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "hongji.static_storage.HashedStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Without collectstatic `make run` serves them from where they are written.
WHITENOISE_USE_FINDERS = not PRODUCTION
# … and looks at them again: remembered sizes would cut a file short that an update made longer meanwhile.
WHITENOISE_AUTOREFRESH = not PRODUCTION
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# --- sign-in ----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = LOGIN_URL
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"accounts.passwords.{name}"} for name in ("LongEnough", "NotCommon", "NotOneself")
]
SESSION_COOKIE_AGE = 12 * 3600  # idle time: core.middleware.RollingSession moves it on
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_FAILURE_VIEW = "hongji.views.csrf_failed"
OTP_TOTP_ISSUER = "洪集镇网格治理"

# Five tries per account in a quarter of an hour. What is counted is the account as this device knows it
# (hongji/devices.py): strangers lock the account for unknown devices only, and never an address many people share.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_USERNAME_CALLABLE = "hongji.devices.counted_name"
AXES_LOCKOUT_CALLABLE = "hongji.views.locked_out"
AXES_CLIENT_IP_CALLABLE = "core.limits.client_ip"
AXES_SENSITIVE_PARAMETERS = ["username", "phone", "password", "code", "otp_token", "token", "ip_address"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # a stranger must not be able to hold the door shut
AXES_VERBOSE = False
# It says that counting names without addresses lets a rotating cookie or browser name slip by. Neither counts here:
# only cookies we signed do (tests/test_devices.py).
SILENCED_SYSTEM_CHECKS = ["axes.W006"]

# How many identity numbers that another village has on record an account may come upon in one day
# (grids/services/answers.py); an honest roster has a few, who wants to know who lives where has many.
ELSEWHERE_ANSWERS_A_DAY = 20

# --- behind nginx -----------------------------------------------------------------------------------------
# Only with BEHIND_PROXY=1 are X-Forwarded-Proto and X-Real-IP believed: anyone can write such a header.
BEHIND_PROXY = env.flag("BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# With a key of 天地图 the map of the grids shows its tiles, and browsers ask there for them; without, nowhere.
TIANDITU_KEY = env.text("TIANDITU_KEY")
_tiles = [f"https://t{number}.tianditu.gov.cn" for number in range(8)] if TIANDITU_KEY else []

# Nothing from elsewhere, nothing inline.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", *_tiles],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- API --------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # First, so that who is not signed in gets 401 and not 403.
        "accounts.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    # JSON only, to be looked at under /api/docs/: DRF's own pages break the content security policy, and their forms
    # would offer rows of other villages to choose from.
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "hongji.errors.answer",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "洪集镇网格治理 API",
    "DESCRIPTION": "手机、电脑和别的软件从这里读写同一份数据。",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "hongji.api_page.put_words",
    ],
    # Three models have a `kind`; each keeps a name of its own in the schema.
    "ENUM_NAME_OVERRIDES": {
        "ChangeKindEnum": "grids.models.RegisterChange.KINDS",
        "FindingKindEnum": "visits.models.Finding.KINDS",
        "JobKindEnum": "ledgers.models.Job.KINDS",
    },
}

LOGGING = logging_config(env.choice("LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")))

if PRODUCTION:
    guard.refuse_unsafe(globals())
