"""The web process: pages and streams from one ASGI application."""

import os

from django.core.asgi import get_asgi_application

from live.asgi import Streams

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = Streams(get_asgi_application())
