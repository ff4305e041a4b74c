"""Settings of servers that tests start as processes of their own."""

from config.settings import *  # noqa: F403
from config.settings import STORAGES

# Nothing was collected, so there is no manifest.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
