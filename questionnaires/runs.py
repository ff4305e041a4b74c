"""Read runs from a file: a zipped MLflow tracking folder, a tracking server's export, or a table as CSV.

Nothing is unpacked to disk and nothing in a file is trusted: every number below is a limit that a file written to do
harm meets before it costs memory or time. All readers give the same: runs with their metrics, parameters and tags.
"""

import csv
import io
import json
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import yaml
from django.utils.translation import gettext as _

MAX_UPLOAD: Final = 20 * 1024 * 1024
MAX_RUNS: Final = 500
MAX_NAMES: Final = 300  # metrics, parameters or tags of one run
MAX_ENTRIES: Final = 60_000  # files in a zip
MAX_SMALL: Final = 64 * 1024  # bytes of a parameter, a tag or a meta file
MAX_METRIC: Final = 8 * 1024 * 1024  # bytes of a metric's history, of which the last line counts
MAX_READ: Final = 64 * 1024 * 1024  # bytes read from one zip in all
MAX_TEXT: Final = 1_000


class BadRuns(Exception):
    """The file cannot be read as runs; the message says why and what would help."""


@dataclass
class Run:
    """One run as it was tracked."""

    id: str
    name: str = ""
    at: str = ""  # ISO, UTC; "" when it is not known
    state: str = ""
    metrics: dict[str, str] = field(default_factory=dict)  # plain decimals
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return asdict(self)


def read(name: str, content: bytes) -> list[Run]:
    """Read the runs of a file by what it holds. Raises BadRuns; runs come oldest first."""
    if len(content) > MAX_UPLOAD:
        raise BadRuns(_("The file is larger than %(limit)d MB. Export fewer runs at a time.") % {"limit": MAX_UPLOAD // 1024**2})  # fmt: skip
    if content.startswith(b"PK\x03\x04"):
        found = list(_zipped(content))
    elif content.lstrip()[:1] in (b"{", b"["):
        found = list(_exported(content))
    elif name.lower().endswith((".csv", ".tsv", ".txt")):
        found = list(_table(content))
    else:
        raise BadRuns(_("This is none of the three that can be read: a zipped mlruns folder, a JSON export, a CSV table."))  # fmt: skip
    if not found:
        raise BadRuns(_("There is no run in this file."))
    if len(found) > MAX_RUNS:
        raise BadRuns(_("There are more than %(limit)d runs in this file. Export fewer at a time.") % {"limit": MAX_RUNS})  # fmt: skip
    by_id = {run.id: run for run in found}
    return sorted(by_id.values(), key=lambda run: (run.at or "9", run.id))


def number(raw: object) -> str:
    """Return a metric as a plain decimal, "" for what is no finite number."""
    try:
        value = float(str(raw))
    except ValueError:
        return ""
    if not math.isfinite(value) or abs(value) >= 1e11:
        return ""
    return f"{value:.8f}".rstrip("0").rstrip(".") or "0"


def _moment(milliseconds: object) -> str:
    try:
        value = float(str(milliseconds)) / 1000
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds") if value > 0 else ""
    except (ValueError, OverflowError, OSError):
        return ""


def _short(raw: object) -> str:
    return str(raw).replace("\0", "")[:MAX_TEXT]


# ---- a tracking folder


class _NoAliases(yaml.SafeLoader):
    """Refuses references, with which a few lines can stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("references are not read")
        return super().compose_node(parent, index)


class _Archive:
    """A zip of which only named, small members are read, up to a total."""

    def __init__(self, content: bytes) -> None:
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(content))
            self.members = [info for info in self.zip.infolist() if not info.is_dir()]
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise BadRuns(_("The zip file is damaged. Pack the folder again.")) from error
        if len(self.members) > MAX_ENTRIES:
            raise BadRuns(_("There are too many files in this zip. Pack one experiment at a time."))
        self.left = MAX_READ

    def text(self, info: zipfile.ZipInfo, limit: int) -> str:
        """Return a member as text, at most *limit* bytes; what the directory says of its size is not believed."""
        try:
            with self.zip.open(info) as member:
                found = member.read(limit + 1)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            OSError,
            EOFError,
            ValueError,
        ) as error:
            raise BadRuns(
                _("A file in the zip cannot be read: %(name)s.") % {"name": info.filename[:120]}
            ) from error
        self.left -= len(found)
        if len(found) > limit or self.left < 0:
            raise BadRuns(_("A file in the zip is far larger than a run’s files are: %(name)s.") % {"name": info.filename[:120]})  # fmt: skip
        return found.decode("utf-8", "replace")


PARTS: Final = re.compile(r"(?:^|/)(?P<run>[^/]+)/(?P<kind>metrics|params|tags)/(?P<name>[^/].*)$")
META: Final = re.compile(r"(?:^|/)(?P<run>[^/]+)/meta\.yaml$")


def _zipped(content: bytes) -> Iterator[Run]:
    archive = _Archive(content)
    runs: dict[str, Run] = {}
    for info in archive.members:
        if not (found := META.search(info.filename)):
            continue
        meta = _meta(archive.text(info, MAX_SMALL))
        # The folder of an experiment has such a file too, without a run's id.
        run_id = meta.get("run_id") or meta.get("run_uuid")
        if not run_id or meta.get("lifecycle_stage") == "deleted":
            continue
        if len(runs) >= MAX_RUNS:
            raise BadRuns(_("There are more than %(limit)d runs in this file. Export fewer at a time.") % {"limit": MAX_RUNS})  # fmt: skip
        runs[found["run"]] = Run(
            id=_short(run_id)[:120],
            name=_short(meta.get("run_name") or ""),
            at=_moment(meta.get("start_time")),
            state=STATES.get(str(meta.get("status")), _short(meta.get("status") or "")),
        )
    for info in archive.members:
        found = PARTS.search(info.filename)
        if not found or found["run"] not in runs:
            continue
        run = runs[found["run"]]
        target: dict[str, str] = getattr(run, found["kind"])
        if len(target) >= MAX_NAMES:
            continue
        if found["kind"] == "metrics":
            if value := _last_value(archive.text(info, MAX_METRIC)):
                target[_short(found["name"])[:200]] = value
        else:
            target[_short(found["name"])[:200]] = _short(archive.text(info, MAX_SMALL).strip())
    for run in runs.values():
        run.name = run.name or run.tags.get("mlflow.runName", "")
        yield run


STATES: Final = {"1": "RUNNING", "2": "SCHEDULED", "3": "FINISHED", "4": "FAILED", "5": "KILLED"}


def _meta(text: str) -> dict[str, Any]:
    try:
        found = yaml.load(text, Loader=_NoAliases)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadRuns(_("A meta.yaml in the zip cannot be read. Pack the mlruns folder as it is.")) from error
    return found if isinstance(found, dict) else {}


def _last_value(history: str) -> str:
    """Return the value of the last step of a metric; a line is "timestamp value step"."""
    best: tuple[int, int, str] | None = None
    for place, line in enumerate(history.splitlines()):
        words = line.split()
        if len(words) < 2:
            continue
        step = int(words[2]) if len(words) > 2 and re.fullmatch(r"-?[0-9]{1,18}", words[2]) else place
        if best is None or (step, place) >= best[:2]:
            best = (step, place, words[1])
    return number(best[2]) if best else ""


# ---- a server's export


def _exported(content: bytes) -> Iterator[Run]:
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadRuns(_("The JSON in this file is not complete. Export it again.")) from error
    runs = told.get("runs", [told]) if isinstance(told, dict) else told
    if not isinstance(runs, list):
        raise BadRuns(_("There is no list of runs in this JSON. A search of runs gives one, under “runs”."))
    for place, one in enumerate(runs[: MAX_RUNS + 1]):
        if isinstance(one, dict) and (found := exported_run(one, place)):
            yield found


def exported_run(told: Mapping[str, Any], place: int = 0) -> Run | None:
    """Read one run as a tracking server gives it; None for one that was deleted there."""
    info, data = told.get("info"), told.get("data")
    info = info if isinstance(info, dict) else told
    data = data if isinstance(data, dict) else told
    if info.get("lifecycle_stage") == "deleted":
        return None
    tags = _pairs(data.get("tags"))
    run_id = info.get("run_id") or info.get("run_uuid") or f"run-{place + 1}"
    metrics = {name: value for name, raw in _pairs(data.get("metrics")).items() if (value := number(raw))}
    return Run(
        id=_short(run_id)[:120],
        name=_short(info.get("run_name") or tags.get("mlflow.runName", "")),
        at=_moment(info.get("start_time")),
        state=_short(info.get("status") or ""),
        metrics=metrics,
        params=_pairs(data.get("params")),
        tags=tags,
    )


def _pairs(told: object) -> dict[str, str]:
    """Read [{"key", "value"}, ...] or {key: value}."""
    pairs: Iterable[tuple[object, object]] = ()
    if isinstance(told, dict):
        pairs = told.items()
    elif isinstance(told, list):
        pairs = [(one.get("key"), one.get("value")) for one in told if isinstance(one, dict)]
    found: dict[str, str] = {}
    for key, value in pairs:
        if len(found) < MAX_NAMES and isinstance(key, str) and isinstance(value, (str, int, float)):
            found[_short(key)[:200]] = _short(value)
    return found


# ---- a table


IDS: Final = ("run_id", "run id", "run_uuid", "id")
NAMES: Final = ("name", "run_name", "run name", "tags.mlflow.runname", "experiment")
TIMES: Final = ("start_time", "start time", "date", "created", "time")


def _table(content: bytes) -> Iterator[Run]:
    text = content.decode("utf-8-sig", "replace").replace("\0", "")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(MAX_SMALL)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        head = [cell.strip()[:200] for cell in next(rows, [])]
        if len([name for name in head if name]) < 2 or len(head) > 3 * MAX_NAMES:
            raise BadRuns(_("The first line of the table has to name its columns."))
        for place, row in enumerate(rows):
            if place > MAX_RUNS:
                break
            if any(cell.strip() for cell in row):
                yield _row(dict(zip(head, (cell.strip() for cell in row), strict=False)), place)
    except csv.Error as error:
        raise BadRuns(_("A cell of the table is too long to be one of a run.")) from error


def _row(cells: dict[str, str], place: int) -> Run:
    small = {name.casefold(): value for name, value in cells.items() if name}
    run = Run(
        id=_short(next((small[name] for name in IDS if small.get(name)), ""))[:120],
        name=_short(next((small[name] for name in NAMES if small.get(name)), "")),
        at=_written_time(next((small[name] for name in TIMES if small.get(name)), "")),
        state=_short(small.get("status", "")),
    )
    run.id = run.id or f"{run.name or 'row'}-{place + 1}"[:120]
    for name, value in cells.items():
        key = name.casefold()
        if not name or not value or key in (*IDS, *NAMES, *TIMES):
            continue
        kind, dot, rest = name.partition(".")
        if dot and kind in ("metrics", "params", "tags"):
            target: dict[str, str] = getattr(run, kind)
            worth = number(value) if kind == "metrics" else _short(value)
        elif worth := number(value):
            target, rest = run.metrics, name
        else:
            target, rest, worth = run.params, name, _short(value)
        if worth and len(target) < MAX_NAMES:
            target[rest] = worth
    return run


def _written_time(text: str) -> str:
    if re.fullmatch(r"[0-9]{12,14}", text):
        return _moment(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return (
        (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")
    )
