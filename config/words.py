"""Compile the translations that are kept as text: `python -m config.words`. Standard library only, as it runs in the set-up.

A catalogue is read as gettext writes it: entries parted by empty lines, with context, plural forms and flags. What is
marked fuzzy or has no translation is left out, so that it shows in English.
"""

import ast
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAGIC = 0x950412DE
LINE = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)? ?(".*")')


def entries(path: Path) -> Iterator[dict[str, str]]:
    """Yield the entries of a catalogue: msgid, msgstr or msgstr[0] and on, msgctxt and msgid_plural where there are any.

    Raises ValueError with the line number for a line that is none of a catalogue.
    """
    found: dict[str, str] = {}
    field = ""
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), ""], start=1):
        text = line.strip()
        if not text:
            if "msgid" in found:
                yield found
            found, field = {}, ""
        elif text.startswith("#,"):
            found["flags"] = found.get("flags", "") + text[2:]
        elif not text.startswith("#"):
            matched = LINE.fullmatch(text)
            if not matched or not (matched[1] or field):
                raise ValueError(f"{path}, line {number}: {text[:60]}")
            field = matched[1] or field
            found[field] = found.get(field, "") + ast.literal_eval(matched[2])


def messages(path: Path) -> dict[str, str]:
    """Return a catalogue as gettext looks it up: context before the text, forms parted by a zero character."""
    found = {}
    for entry in entries(path):
        forms = [entry[name] for name in sorted(entry) if name.startswith("msgstr")]
        if not all(forms) or "fuzzy" in entry.get("flags", ""):
            continue
        key = "\0".join(entry[name] for name in ("msgid", "msgid_plural") if name in entry)
        if "msgctxt" in entry:
            key = f"{entry['msgctxt']}\x04{key}"
        found[key] = "\0".join(forms)
    return found


def compiled(found: dict[str, str]) -> bytes:
    """Return messages in the binary form that gettext loads, sorted, without a hash table."""
    pairs = sorted((key.encode(), text.encode()) for key, text in found.items())
    start = 28 + 16 * len(pairs)
    tables = [b"", b""]
    body = b""
    for part in (0, 1):
        for pair in pairs:
            tables[part] += struct.pack("<II", len(pair[part]), start + len(body))
            body += pair[part] + b"\0"
    head = struct.pack("<7I", MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    return head + tables[0] + tables[1] + body


def compile_all(root: Path = ROOT) -> list[Path]:
    """Compile every catalogue whose binary form is missing or older; returns what was written."""
    written = []
    for path in sorted(root.glob("locale/*/LC_MESSAGES/*.po")):
        target = path.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < path.stat().st_mtime:
            part = target.with_suffix(".part")
            part.write_bytes(compiled(messages(path)))
            part.replace(target)
            written.append(target)
    return written


if __name__ == "__main__":
    for path in compile_all():
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
