"""Set a document as PDF, in a process of its own: `python -m reports.render.child ROOT`.

It knows no Django and no database. Jobs come as one JSON object a line on standard input, answers go out as one
JSON object a line. Whatever a document contains, this process can reach our own style sheets and fonts and
nothing else: no other file, no network. Memory is limited for the life of the process, CPU seconds anew for each
job (the limit of the system counts from the start of the process, so it is raised job by job).
"""

from __future__ import annotations

import ctypes
import gc
import json
import logging
import os
import re
import resource
import signal
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

MEMORY = 3 * 1024**3
SHEETS_KEPT = 20
# Linux: the signal to get when the parent ends.
DIE_WITH_PARENT = 1
FETCHED_AT_MOST = 8 * 1024**2
# Never asked on any network: the fetcher answers it from the folder of our assets, and refuses everything else.
# An address of a known scheme, so that relative ones inside style sheets resolve.
ASSETS = "https://assets.invalid/"


ACCESSIBLE = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>Which part of the standard the file follows</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""


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
    """Set one document and write it whole or not at all; return its size in pages and bytes.

    With ``anchors`` it also says on which page, from 0, each anchor is. ``variant`` None means neither tagged nor archival.
    """
    if "join" in job:
        from reports.render import joining

        limit_cpu(int(job["cpu"]))
        return joining.join(job)
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    limit_cpu(int(job["cpu"]))
    # WeasyPrint takes the time of making from here; it belongs to the snapshot, not to the clock.
    os.environ["SOURCE_DATE_EPOCH"] = str(job["epoch"])
    fonts = sheets.setdefault("fonts", FontConfiguration())
    styles = []
    # The rules that depend on the document are few and few different ones: they are kept like the sheets.
    for name in (*job["sheets"], *([job["style"]] if job.get("style") else [])):
        if name not in sheets:
            if len(sheets) > SHEETS_KEPT:
                sheets.clear()
                return set_document(job, fetcher, sheets)
            source = {"string": name} if name == job.get("style") else {"url": name}
            sheets[name] = weasyprint.CSS(**source, url_fetcher=fetcher, font_config=fonts)
        styles.append(sheets[name])
    document = weasyprint.HTML(string=job["html"], base_url=ASSETS, url_fetcher=fetcher).render(
        stylesheets=styles, font_config=fonts
    )
    told: dict[str, Any] = {"pages": len(document.pages)}
    if job.get("check"):
        return told
    if job.get("anchors"):
        # What is parted between pages is on each of them; it begins on the first.
        begins: dict[str, int] = {}
        for place, page in enumerate(document.pages):
            for name in page.anchors:
                begins.setdefault(name, place)
        told["anchors"] = begins
    attachments = [attachment(one) for one in job.get("attachments", [])]
    say({"step": 8})

    def write(stream: BinaryIO) -> None:
        document.write_pdf(
            stream,
            finisher=finish if job["variant"] else None,
            pdf_variant=job["variant"],
            attachments=attachments or None,
            dpi=150,
            jpeg_quality=80,
        )

    return told | {"size": whole_or_not(Path(job["target"]), write)}


def whole_or_not(target: Path, write: Callable[[BinaryIO], None]) -> int:
    """Write a file that is there whole or not at all; returns its size in bytes."""
    handle, partial = tempfile.mkstemp(dir=target.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        Path(partial).replace(target)
    finally:
        Path(partial).unlink(missing_ok=True)
    return target.stat().st_size


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


def finish(_document: Any, pdf: Any) -> None:
    """Say in the metadata that the file is accessible (PDF/UA) as well as archival, and name each attachment once.

    An archival file has to explain a schema that its standard does not know, so the explanation goes with it.
    """
    for thing in pdf.objects:
        if getattr(thing, "extra", {}).get("Type") == "/Metadata":
            thing.stream = [part.replace(b"</rdf:RDF>", ACCESSIBLE + b"</rdf:RDF>") for part in thing.stream]
    if "AF" in pdf.catalog:
        once = list(dict.fromkeys(pdf.catalog["AF"]))
        pdf.catalog["AF"].clear()
        pdf.catalog["AF"].extend(once)


def main() -> None:
    """Answer jobs until the parent closes the line."""
    global _out
    _out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # A worker that is killed takes its child with it: nobody would read what it goes on to make.
    ctypes.CDLL(None, use_errno=True).prctl(DIE_WITH_PARENT, signal.SIGKILL)
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
    # A document's boxes are a large graph that lives until its end: looking through it for garbage again and again
    # costs a sixth of the whole time. What is left is collected after the answer, when nobody waits.
    gc.disable()
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
        gc.collect()


if __name__ == "__main__":
    main()
