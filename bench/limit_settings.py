"""Settings of the limit: what a plain Django site needs to know who saves."""

from bench.settings import *  # noqa: F403
from bench.settings import INSTALLED_APPS

INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.startswith("allauth")]

MIDDLEWARE = [
    "bench.counting.statements",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "bench.limit"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
