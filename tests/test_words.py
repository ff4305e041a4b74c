"""The fixed words: every one of a document has its German, and what is compiled says what is written."""

import ast
import gettext
import io
import json
import re

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation.template import templatize

from accounts.models import Side
from config import words
from questionnaires.access import Viewpoint
from reports.content import deliverables
from reports.content.record import record_of

GERMAN = settings.ROOT / "locale" / "de" / "LC_MESSAGES" / "django.po"
# What documents are written from. Pages are read by people who may choose English; documents are handed over.
PARTS = (
    "reports/content/*.py",
    "reports/render/*.py",
    "templates/reports/document.html",
    "templates/reports/_section.html",
    "templates/reports/blocks/*.html",
    "questionnaires/pictures/*.py",
    "questionnaires/health/*.py",
    "questionnaires/values/wording.py",
    "questionnaires/models/*.py",
    "questionnaires/charts.py",
    "questionnaires/coverage.py",
    "questionnaires/signed.py",
    "questionnaires/throughline.py",
    "questionnaires/trials.py",
    "engagements/policy.py",
)
CALLS = {
    "_": (0,), "gettext": (0,), "gettext_lazy": (0,), "gettext_noop": (0,),
    "ngettext": (0, 1), "ngettext_lazy": (0, 1), "pgettext": (1,), "pgettext_lazy": (1,), "npgettext": (1, 2),
}  # fmt: skip
QUOTED = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]")


def marked(path):
    """Yield the texts of a file that are marked for translation, as gettext looks them up."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        source = templatize(source)
        for found in re.finditer(rf"(n?p?gettext|_)\(\s*{QUOTED}(?:\s*,\s*{QUOTED})?", source):
            name, texts = found[1], [ast.literal_eval(text) for text in found.groups()[1:] if text]
            yield key(name, texts)
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
            if texts and all(isinstance(text, str) for text in texts[:1]):
                yield key(node.func.id, [text for text in texts if isinstance(text, str)])


def key(name, texts):
    """Return what gettext looks up for a call."""
    if "p" in name.split("gettext")[0]:
        return f"{texts[0]}\x04" + "\0".join(texts[1:])
    return "\0".join(texts[:2] if name.startswith("n") else texts[:1])


class TestDocuments:
    def test_every_fixed_word_has_its_german(self):
        known = words.messages(GERMAN)

        missing = {
            text: str(path.relative_to(settings.ROOT))
            for part in PARTS
            for path in settings.ROOT.glob(part)
            for text in marked(path)
            if text not in known
        }

        assert not missing, f"no German for {json.dumps(missing, ensure_ascii=False, indent=1)}"

    def test_the_parts_hold_what_they_should(self):
        for part in PARTS:
            assert list(settings.ROOT.glob(part)), part
        found = set(marked(settings.ROOT / "templates/reports/document.html"))
        assert {"Contents", "Is this the current copy?"} <= found
        assert any("\0" in text for text in marked(settings.ROOT / "reports/content/paper.py"))

    @pytest.mark.parametrize("kind", ["kickoff-plan", "deployment-plan", "risk-register", "status-report"])
    def test_are_written_in_german_where_that_is_chosen(self, engagement, kind):
        record = record_of(Viewpoint(engagement.questionnaire, Side.CLIENT))

        data = deliverables.snapshot(record, kind, number=1, since=0, language="de")

        assert data["language"] == "de"
        told = json.dumps(data, ensure_ascii=False)
        for english in ("Still to come", "not signed yet", "What is missing", "Prepared for"):
            assert english not in told
        assert "Erstellt für" in told

    def test_dates_and_figures_are_written_as_germans_write_them(self):
        from datetime import date

        from reports.content.record import day, localised

        with translation.override("de"):
            assert day(date(2026, 11, 23), date(2026, 1, 1)) == "23. November"
            assert localised("4,182.5 rows") == "4.182,5 rows"
        with translation.override("en"):
            assert localised("4,182.5 rows") == "4,182.5 rows"


class TestTheCatalogue:
    def test_keeps_every_placeholder(self):
        for text, german in words.messages(GERMAN).items():
            english = text.split("\x04")[-1]
            if english:
                assert set(PLACEHOLDER.findall(english)) == set(PLACEHOLDER.findall(german)), english

    def test_says_the_same_compiled(self):
        found = words.messages(GERMAN)
        read = gettext.GNUTranslations(io.BytesIO(words.compiled(found)))

        assert read.gettext("Contents") == "Inhalt"
        assert read.ngettext("%(count)d day", "%(count)d days", 1) == "%(count)d Tag"
        assert read.ngettext("%(count)d day", "%(count)d days", 3) == "%(count)d Tage"
        assert read.pgettext("until when", "By") == "Bis"
        assert read.gettext("nobody translated this") == "nobody translated this"

    def test_leaves_out_what_is_fuzzy_or_empty(self, tmp_path):
        path = tmp_path / "a.po"
        path.write_text(
            'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
            '#, fuzzy\nmsgid "One"\nmsgstr "Eins"\n\nmsgid "Two"\nmsgstr ""\n\n'
            'msgid ""\n"Th"\n"ree"\nmsgstr "Drei \\"3\\""\n',
            encoding="utf-8",
        )

        assert {key: text for key, text in words.messages(path).items() if key} == {"Three": 'Drei "3"'}

    def test_names_the_line_that_cannot_be_read(self, tmp_path):
        path = tmp_path / "a.po"
        path.write_text('msgid "One"\nmsgstr Eins\n', encoding="utf-8")

        with pytest.raises(ValueError, match="line 2"):
            words.messages(path)
