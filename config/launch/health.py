"""Asks the web process of this machine whether it can work: `python -m config.launch.health`, for a container's health check."""

import os
import sys
import urllib.request
from urllib.parse import urlsplit


def main() -> int:
    """Return 0 when the web process on PORT says that it is ready, else 1."""
    # The name it is known by: it refuses any other.
    host = (
        os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip()
        or urlsplit(os.environ.get("BASE_URL", "")).hostname
    )
    address = f"http://127.0.0.1:{os.environ.get('PORT') or '8000'}/healthz/ready"
    request = urllib.request.Request(address, headers={"Host": host or "localhost"})
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5).close()
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
