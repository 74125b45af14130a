"""All settings of ACC, topic by topic; the environment variables are listed in README.md."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dj_database_url

from accsite.env import (
    BadEnvironment,
    env_bool,
    env_int,
    env_path,
    env_paths,
    env_str,
    env_url,
    env_words,
)
from accsite.logs import logging_config
from accsite.places import cpu_count, home_create, home_digest, secret_key, valkey_socket
from accsite.redis_urls import redis_urls

BASE_DIR = Path(__file__).resolve().parent.parent

# --- The data directory and what ACC itself is told -------------------------------------------
ACC_HOME = env_path("ACC_HOME", BASE_DIR / "var")
home_create(ACC_HOME)
ACC_HOST = env_str("ACC_HOST", "127.0.0.1").strip("[]")
ACC_PORT = env_int("ACC_PORT", 8000, minimum=1, maximum=65535)
ACC_TASK_DIRS = env_paths("ACC_TASK_DIRS")
# "poll": look at the files once a second and listen to no events of the file system.
ACC_WATCH = env_str("ACC_WATCH").lower()
if ACC_WATCH not in {"", "poll"}:
    raise BadEnvironment("ACC_WATCH", f"is {ACC_WATCH!r}, but must be poll, or unset")
ACC_DATA_DIR = env_path("ACC_DATA_DIR", ACC_HOME / "data")
ACC_IMAGE_DIRS = env_paths("ACC_IMAGE_DIRS") or [ACC_HOME / "images"]
ACC_UPLOAD_MB = env_int("ACC_UPLOAD_MB", 1024, minimum=1, maximum=1 << 20)
ACC_DEMO = env_bool("ACC_DEMO", True)
ACC_DEVICE = env_str("ACC_DEVICE").lower().replace("auto", "")
if ACC_DEVICE and ACC_DEVICE.partition(":")[0] not in {"cpu", "cuda", "mps"}:
    raise BadEnvironment(
        "ACC_DEVICE", f"is {ACC_DEVICE!r}, but must be cpu, cuda, cuda:N, mps or auto"
    )
# One core is left to the browser, the web side and the database: torch's threads wait for each
# other by spinning, and where one of them is kept from its core a step takes ten times as long.
ACC_THREADS = env_int("ACC_THREADS", max(1, cpu_count() - 1), minimum=1, maximum=1024)
# What the workers of this trainer side do.
QUEUES = ("train", "eval", "recipe")
ACC_QUEUES = env_words("ACC_QUEUES") or list(QUEUES)
if not set(ACC_QUEUES) <= set(QUEUES):
    raise BadEnvironment(
        "ACC_QUEUES", f"is {','.join(ACC_QUEUES)!r}, but must name some of {', '.join(QUEUES)}"
    )
ACC_API_TOKEN = env_str("ACC_API_TOKEN")
ACC_API_TOKEN_FILE = ACC_HOME / "api-token"
# Told of each job's end, signed with the secret.
ACC_WEBHOOK_URL = env_url("ACC_WEBHOOK_URL", schemes=("http", "https"))
ACC_WEBHOOK_SECRET = env_str("ACC_WEBHOOK_SECRET")
ACC_WEBHOOK_SECRET_FILE = ACC_HOME / "webhook-secret"
ACC_INSTANCE = home_digest(ACC_HOME)  # tells this system from others on the same machine
ACC_LOG_DIR = ACC_HOME / "logs"
CHECKPOINT_DIR = ACC_HOME / "checkpoints"
DATASET_DIR = ACC_HOME / "datasets"  # what generators made and people imported, by content
MEDIA_ROOT = ACC_HOME / "media"  # what is made for people to look at; never served as it lies
ACC_CHECKPOINT_SECONDS = env_int("ACC_CHECKPOINT_SECONDS", 10, minimum=1, maximum=86400)
ACC_LEASE_SECONDS = env_int("ACC_LEASE_SECONDS", 15, minimum=2, maximum=3600)
# Pages warn where less of ACC_HOME's disk is free than either of these.
ACC_DISK_FREE_MB = env_int("ACC_DISK_FREE_MB", 2048, minimum=0, maximum=1 << 30)
ACC_DISK_FREE_PERCENT = env_int("ACC_DISK_FREE_PERCENT", 3, minimum=0, maximum=100)
ACC_EVAL_SECONDS = env_int("ACC_EVAL_SECONDS", 300, minimum=1, maximum=86400)

# --- Valkey or Redis: carries the queue and the live messages, keeps nothing -------------------
VALKEY_SOCKET = valkey_socket(ACC_HOME)
REDIS_URL = env_url("REDIS_URL", schemes=("redis", "rediss", "unix"))
ACC_EMBEDDED_VALKEY = not REDIS_URL
if ACC_EMBEDDED_VALKEY:
    REDIS_URL = f"unix://{quote(str(VALKEY_SOCKET))}?db=0"

# --- Django ---------------------------------------------------------------------------------
SECRET_KEY = secret_key(ACC_HOME)
DEBUG = env_bool("ACC_DEBUG", False)
ROOT_URLCONF = "accsite.urls"
ASGI_APPLICATION = "accsite.asgi.application"
INSTALLED_APPS = [
    "accsite",  # before daphne: its runserver is Daphne's, on our address
    "daphne",
    # Before the admin, whose templates it replaces; without the site that it would bring.
    "unfold.apps.BasicAppConfig",
    "accsite.admin_app.AdministratorsAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "channels",
    "django_htmx",
    "ninja",  # installed so that /docs uses ninja's own files and no CDN
    "trainer",
    "dashboard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "accsite.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accsite.bodies.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accsite.bodies.KnownUploaderMiddleware",  # before the next, which reads the form
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it answers in place of a sign-in that is refused
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: it counts what fails
    "django.contrib.auth.backends.ModelBackend",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
TEST_RUNNER = "pytest_django.runner.TestRunner"
TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en"
USE_I18N = False

# --- Database -------------------------------------------------------------------------------
SQLITE_OPTIONS = {
    "timeout": 20,
    # Else a transaction that reads first and writes later fails at once, whatever the timeout.
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
        "PRAGMA temp_store=MEMORY;PRAGMA cache_size=-16000"
    ),
}
_database_url = env_url("DATABASE_URL", schemes=("sqlite", "postgres", "postgresql"))
_database: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": "acc.sqlite3"}
if _database_url:
    _database = dict(dj_database_url.parse(_database_url))
# Under ASGI each request may run in another thread, so a kept connection is never found again.
_database["CONN_MAX_AGE"] = 0
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # A relative file lies in ACC_HOME, from wherever a command is called.
    _database["NAME"] = str(ACC_HOME / _database["NAME"])
    _database["OPTIONS"] = SQLITE_OPTIONS
    # A file and not memory: the servers of browser tests are processes and threads of their own.
    _database["TEST"] = {"NAME": str(ACC_HOME / "test.sqlite3")}
DATABASES: dict[str, Any] = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Files: on this machine, or as rows, for machines that share no disk -----------------------
ACC_STORAGE = env_str("ACC_STORAGE").lower() or (
    "files" if _database["ENGINE"] == "django.db.backends.sqlite3" else "database"
)
if ACC_STORAGE not in {"files", "database"}:
    raise BadEnvironment("ACC_STORAGE", f"is {ACC_STORAGE!r}, but must be files or database")
ACC_CACHE_MB = env_int("ACC_CACHE_MB", 20_480, minimum=1, maximum=1 << 30)
STORAGES: dict[str, Any] = {
    "default": {
        "files": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "database": {"BACKEND": "trainer.storage.DatabaseStorage"},
    }[ACC_STORAGE],
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# --- Live messages --------------------------------------------------------------------------
_redis = redis_urls(REDIS_URL)
REDIS_URL = _redis.ours
# Publish/subscribe ignores database numbers, so the number is part of the prefix.
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": f"acc-{_redis.number}"},
    }
}

# --- Celery: a message is a wake-up, the row in the database is the job ----------------------
CELERY_BROKER_URL = _redis.celery
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "train"
CELERY_TASK_ROUTES = {
    "trainer.tasks.run_job": {"queue": "train"},
    "trainer.tasks.run_call": {"queue": "eval"},
    "trainer.tasks.run_recipe": {"queue": "recipe"},
}
# Early acknowledgement without prefetch: no job is started twice, none waits behind a busy worker.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 0
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 30 * 86400}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A click never waits long for a broker that is away: the reconciler enqueues again.
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}

# --- Sign-in and what a browser may do -------------------------------------------------------
ACC_ALLOWED_HOSTS = env_words("ACC_ALLOWED_HOSTS")
if any("*" in host for host in ACC_ALLOWED_HOSTS):
    # Else any page of the world may point a name of its own here, and read what it finds.
    raise BadEnvironment("ACC_ALLOWED_HOSTS", "must name the site's hosts, and * names all")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *ACC_ALLOWED_HOSTS]
if ACC_HOST not in {"0.0.0.0", "::", *ALLOWED_HOSTS}:  # noqa: S104  # compared, not bound
    ALLOWED_HOSTS.append(f"[{ACC_HOST}]" if ":" in ACC_HOST else ACC_HOST)
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
# Whoever guesses waits; the pair, so that a stranger elsewhere does not shut the operator out.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["ip_address", "username"]]
AXES_LOCKOUT_CALLABLE = "dashboard.views.sign_in.sign_in_locked"
AXES_RESET_ON_SUCCESS = True
# Else a stranger keeps a name locked for ever, and its row grows with each request.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# What it keeps of a failed attempt holds no password, nor what was to become one.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "old_password"]
AXES_SENSITIVE_PARAMETERS += ["new_password1", "new_password2"]
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# Cookies know no ports: two systems on one machine would sign each other out.
SESSION_COOKIE_NAME = f"acc_session_{ACC_INSTANCE}"
CSRF_COOKIE_NAME = f"acc_csrf_{ACC_INSTANCE}"
SESSION_COOKIE_AGE = 3600 * env_int("ACC_SESSION_HOURS", 168, minimum=1, maximum=8760)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = env_words("ACC_TRUSTED_ORIGINS")
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
ACC_HTTPS = env_bool("ACC_HTTPS", False)  # behind a proxy that ends TLS
if ACC_HTTPS:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # the proxy must set it itself
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = ["^health$"]  # asked by `up` and by probes, on the inside
    SECURE_HSTS_SECONDS = 30 * 86400
# W005, W021: ACC cannot promise https for other hosts of its domain, nor for good.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
_validation = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_validation}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_validation}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_validation}.CommonPasswordValidator"},
    {"NAME": f"{_validation}.NumericPasswordValidator"},
]
# A form has few fields, and its text stays in memory; files go to the disk.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 2
# Where files are posted; everywhere else a body has at most ACC_BODY_BYTES.
ACC_UPLOAD_PATHS = ("/datasets/import_npz", "/partials/data/add/npz/")
ACC_BODY_BYTES = 3 * 1024**2

# --- Static files: served from where they lie, nothing to collect ----------------------------
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

# --- Admin ----------------------------------------------------------------------------------
UNFOLD: dict[str, Any] = {"SITE_TITLE": "ACC", "SITE_HEADER": "ACC", "SITE_URL": "/"}
UNFOLD |= {"SHOW_HISTORY": True, "SHOW_BACK_BUTTON": True}

# --- Logging: the terminal hears progress and trouble, the log file hears all ----------------
# The supervisor sends a child's stderr to its log file and hands it the terminal separately.
ACC_PROCESS = env_str("ACC_PROCESS")
LOGGING = logging_config(
    process_name=ACC_PROCESS,
    terminal_fd=env_int("ACC_TERMINAL_FD", 0, minimum=0, maximum=1 << 20),
)
