"""The web process: pages and streams from one ASGI application."""

import gc
import os

from django.core.asgi import get_asgi_application

from live.asgi import Streams

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = Streams(get_asgi_application())

# What a start makes stays for good: walking it again and again took a fifth of a large page's time.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 10, 20)
