"""Settings of the servers that are measured: the product's own, with every statement counted."""

from config.settings import *  # noqa: F403
from config.settings import AUTHENTICATION_BACKENDS, INSTALLED_APPS, MIDDLEWARE, STATIC_ROOT, STORAGES

INSTALLED_APPS += ["bench"]
MIDDLEWARE.insert(0, "bench.counting.statements")
# Whoever is measured signs in by a session made for them, which the limit's server must know as well.
AUTHENTICATION_BACKENDS.append("django.contrib.auth.backends.ModelBackend")
# Nothing was collected, so there is no manifest.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
