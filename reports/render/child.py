"""Set a document as PDF, in a process of its own: `python -m reports.render.child ROOT`.

It knows no Django and no database. Jobs come as one JSON object a line on standard input, answers go out as one
JSON object a line. Whatever a document contains, this process can reach our own style sheets and fonts and
nothing else: no other file, no network. Memory is limited for the life of the process, CPU seconds anew for each
job (the limit of the system counts from the start of the process, so it is raised job by job).
"""

from __future__ import annotations

import json
import logging
import os
import re
import resource
import socket
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

MEMORY = 3 * 1024**3
FETCHED_AT_MOST = 8 * 1024**2
# Never asked on any network: the fetcher answers it from the folder of our assets, and refuses everything else.
# An address of a known scheme, so that relative ones inside style sheets resolve.
ASSETS = "https://assets.invalid/"


class Refused(Exception):
    """The document asked for something outside our own assets."""


def no_network(*_args: object, **_more: object) -> None:
    """Refuse every socket."""
    raise Refused("There is no network here.")


def make_fetcher(root: Path) -> Any:
    """Return WeasyPrint's fetcher for *root*: ASSETS names our style sheets and fonts, ``data:`` pictures we made."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    folders = {"css": (root / "css").resolve(), "fonts": (root / "fonts").resolve()}
    types = {".css": "text/css", ".woff2": "font/woff2"}

    class Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
        """Serve our own assets only."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if (
                url.startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
                and len(url) < FETCHED_AT_MOST
            ):
                return super().fetch(url, headers)
            found = re.fullmatch(re.escape(ASSETS) + r"(css|fonts)/([A-Za-z0-9._-]+)", url)
            if not found:
                raise Refused(f"Not one of our own files: {url[:80]}")
            path = (folders[found[1]] / found[2]).resolve()
            if path.parent != folders[found[1]] or path.suffix not in types or not path.is_file():
                raise Refused(f"Not one of our own files: {url[:80]}")
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": types[path.suffix]})

    return Fetcher(allowed_protocols={"https", "data"}, fail_on_errors=False)


class Reporter(logging.Handler):
    """Pass on how far WeasyPrint is."""

    def emit(self, record: logging.LogRecord) -> None:
        """Send the page that is being laid out, or the step."""
        text = record.getMessage()
        if found := re.search(r"Page (\d+)", text):
            say({"page": int(found[1])})
        elif found := re.match(r"Step (\d)", text):
            say({"step": int(found[1])})


_out = sys.stdout


def say(message: dict[str, Any]) -> None:
    """Send one message to the parent."""
    _out.write(json.dumps(message) + "\n")
    _out.flush()


def limit_cpu(seconds: int) -> None:
    """Allow *seconds* more of CPU than have been used so far; beyond that the system ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    ceiling = int(used.ru_utime + used.ru_stime) + seconds + 1
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (ceiling, hard))


def set_document(job: dict[str, Any], fetcher: Any, sheets: dict[str, Any]) -> dict[str, Any]:
    """Set one document and write it whole or not at all; return its size in pages and bytes."""
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    limit_cpu(int(job["cpu"]))
    # WeasyPrint takes the time of making from here; it belongs to the snapshot, not to the clock.
    os.environ["SOURCE_DATE_EPOCH"] = str(job["epoch"])
    fonts = sheets.setdefault("fonts", FontConfiguration())
    styles = []
    for name in job["sheets"]:
        if name not in sheets:
            sheets[name] = weasyprint.CSS(url=name, url_fetcher=fetcher, font_config=fonts)
        styles.append(sheets[name])
    if job.get("style"):
        styles.append(weasyprint.CSS(string=job["style"], url_fetcher=fetcher, font_config=fonts))
    document = weasyprint.HTML(string=job["html"], base_url=ASSETS, url_fetcher=fetcher).render(
        stylesheets=styles, font_config=fonts
    )
    pages = len(document.pages)
    target = Path(job["target"])
    if job.get("check"):
        return {"pages": pages}
    attachments = [attachment(told) for told in job.get("attachments", [])]
    say({"step": 8})
    handle, partial = tempfile.mkstemp(dir=target.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            document.write_pdf(
                stream, pdf_variant=job["variant"], attachments=attachments, dpi=150, jpeg_quality=80
            )
        finish(partial, job)
        with open(partial, "rb") as stream:
            os.fsync(stream.fileno())
        Path(partial).replace(target)
    finally:
        Path(partial).unlink(missing_ok=True)
    return {"pages": pages, "size": target.stat().st_size}


def attachment(told: dict[str, Any]) -> Any:
    """Return a file that travels inside the PDF, dated from the snapshot."""
    from datetime import UTC, datetime

    import weasyprint

    moment = datetime.fromtimestamp(told["epoch"], UTC)
    return weasyprint.Attachment(
        string=told["text"],
        name=told["name"],
        description=told["description"],
        relationship="Source",
        created=moment,
        modified=moment,
    )


def finish(path: str, job: dict[str, Any]) -> None:
    """Say in the metadata that the file is accessible (PDF/UA) as well as archival, and keep its bytes repeatable."""
    import pikepdf

    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as meta:
            meta["{http://www.aiim.org/pdfua/ns/id/}part"] = "1"
        pdf.save(path, deterministic_id=True, linearize=False)


def main() -> None:
    """Answer jobs until the parent closes the line."""
    global _out
    _out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Nothing else may write into the parent's line.
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    root = Path(sys.argv[1])
    import weasyprint

    fetcher = make_fetcher(root)
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    progress = logging.getLogger("weasyprint.progress")
    progress.setLevel(logging.DEBUG)
    progress.propagate = False
    progress.addHandler(Reporter())
    sheets: dict[str, Any] = {}
    # Opened once before the network goes: fontconfig and the first document's caches.
    weasyprint.HTML(string="<p>.", base_url=ASSETS, url_fetcher=fetcher).render()
    socket.socket = no_network  # type: ignore[assignment,misc]
    socket.create_connection = no_network  # type: ignore[assignment]
    say({"ready": True})
    for line in sys.stdin:
        try:
            say({"done": set_document(json.loads(line), fetcher, sheets)})
        except MemoryError:
            say({"failed": "memory"})
        except RecursionError:
            say({"failed": "nesting"})
        except OSError as error:
            say({"failed": "disk", "detail": error.strerror or ""})
        except Exception as error:
            say({"failed": "layout", "detail": type(error).__name__})


if __name__ == "__main__":
    main()
