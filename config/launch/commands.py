"""Everything the launcher runs of the project, and the environment it runs in."""

import os
import signal
import sys
import urllib.error
import urllib.request

from config.launch.children import Child
from config.launch.folder import ROOT, Folder

# (what it does, command); in this order at every start, so each must be harmless when there is nothing to do.
PREPARE = (
    ("Preparing the tables", "migrate --no-input --verbosity 0"),
    ("Loading the framework", "framework load"),
    # Without the htmx that comes along for a later version: compressing it took longer than all else here.
    (
        "Collecting styles and scripts",
        "collectstatic --no-input --verbosity 0 --ignore *-4.js --ignore *-4.min.js",
    ),
)
DEMO = (
    ("Loading the demo engagements", "demo"),
    ("Listing the demo sign-ins", "demo --accounts"),
)

APPS = ("accounts", "live", "engagements", "questionnaires", "reports")


def environment(folder: Folder, *, host: str, port: int, database: str, broker: str) -> dict[str, str]:
    """Return what the project's processes find in their environment; what is set already wins.

    *database* and *broker* are the addresses of our own servers, empty where the environment names others.
    """
    given = dict(os.environ)
    ours = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
        "DATA": os.fspath(folder.path),
    }
    if database:
        ours["DATABASE_URL"] = database
    if broker:
        ours["REDIS_URL"] = broker
    usual = {
        "DEBUG": "0",
        "BASE_URL": f"http://localhost:{port}",
        "ALLOWED_HOSTS": ",".join(dict.fromkeys(["localhost", "127.0.0.1", "[::1]", *_named(host)])),
    }
    if not has(given, "SECRET_KEY"):
        ours["SECRET_KEY"] = folder.secret("secret-key")
    return {name: value for name, value in usual.items() if not has(given, name)} | given | ours


def has(environment: dict[str, str], name: str) -> bool:
    """Return whether a setting is given, itself or as NAME_FILE."""
    return bool(environment.get(name) or environment.get(f"{name}_FILE"))


def web(folder: Folder, settings: dict[str, str], *, host: str, port: int) -> Child:
    """Return the web process: pages and streams."""
    proxy = "--proxy-headers" if settings.get("BEHIND_PROXY") == "1" else "--no-proxy-headers"
    return Child(
        name="The web process",
        command=[
            *(sys.executable, "-m", "uvicorn", "config.asgi:application"),
            *("--host", host, "--port", str(port)),
            # An open stream would keep it for ever.
            *("--timeout-graceful-shutdown", "2"),
            *("--no-access-log", "--no-server-header", proxy),
        ],
        environment=settings,
        folder=ROOT,
        log=folder.logs / "web.log",
        ready=lambda: _answers(host, port),
        stop_with=((signal.SIGTERM, 5.0),),
        patience=60.0,
    )


def worker(folder: Folder, settings: dict[str, str]) -> Child:
    """Return the worker with its clock; ready at once, since jobs wait for it as rows."""
    return Child(
        name="The worker",
        command=[
            *(sys.executable, "-m", "celery", "--app", "config.celery:app", "worker"),
            *("--beat", "--schedule", os.fspath(folder.path / "beat" / "schedule")),
            *("--concurrency", "2", "--loglevel", "INFO", "--hostname", "worker@%h"),
            *("--without-gossip", "--without-mingle"),
        ],
        environment=settings,
        folder=ROOT,
        log=folder.logs / "worker.log",
        ready=lambda: True,
        # The first asks to finish what is being rendered, the second to drop it: the row's lease brings it back.
        stop_with=((signal.SIGTERM, 4.0), (signal.SIGQUIT, 3.0)),
    )


def _named(host: str) -> list[str]:
    return [] if host in ("0.0.0.0", "::", "") else [f"[{host}]" if ":" in host else host]  # noqa: S104


def _answers(host: str, port: int) -> bool:
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    address = f"http://[{near}]:{port}/healthz/live" if ":" in near else f"http://{near}:{port}/healthz/live"
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
