"""Django's settings. What a person sets stands in the node's `config.toml` and the environment (`config`).

Without a node in `ENTENTE_HOME` the settings still load, so that commands that make one can run; the secret is then
a passing one.
"""

from __future__ import annotations

import os
import secrets

from entente.node.boot import default_home
from entente.node.config import FILE, read_config
from entente.node.store.database import settings_of

HOME = default_home()
CONFIG = read_config(HOME, os.environ) if (HOME / FILE).is_file() else None
_SECRET = HOME / "keys" / "django-secret"

SECRET_KEY = _SECRET.read_text(encoding="ascii").strip() if _SECRET.is_file() else secrets.token_urlsafe(48)
DEBUG = False
ALLOWED_HOSTS = list(CONFIG.hosts) if CONFIG else []
INSTALLED_APPS = ["entente.node.store.apps.StoreConfig"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "entente.node.wire.urls"
DATABASES = {"default": settings_of(CONFIG.database if CONFIG else os.environ.get("DATABASE_URL", ""), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LOGGING_CONFIG = None
