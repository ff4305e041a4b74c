"""What a script can prove of the design language: contrast, one source of colour, strict pages."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from engagements.icons import ICONS
from engagements.policy import Permission
from questionnaires.throughline_paint import PAINT

STATIC = settings.ROOT / "static"
TEMPLATES = settings.ROOT / "templates"
SHEETS = sorted((STATIC / "css").glob("*.css"))
PAGES = sorted(path for path in TEMPLATES.rglob("*") if path.suffix in (".html", ".txt"))
# Mail programs read nothing but style attributes.
MAILS = {path for path in PAGES if path.parent.name in ("mail", "email")}

TOKENS = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
COLOUR = r"(?:#[0-9a-f]{6}|rgb\([^)]*\))"
PLAIN = dict(re.findall(rf"--([\w-]+):\s*({COLOUR});", TOKENS.split("@supports (")[0]))
PAIRED = {
    name: (light, dark)
    for name, light, dark in re.findall(rf"--([\w-]+):\s*light-dark\(({COLOUR}), ({COLOUR})\);", TOKENS)
}

GROUNDS = ("paper", "sheet", "sunken")
WORDS = ("ink", "ink-2", "ink-3", "accent", "initiate", "gather", "develop", "warn", "danger", "ok")
TEXT = [
    *((word, ground) for word in WORDS for ground in GROUNDS),
    *((word, wash) for wash in ("accent-wash", "warn-wash", "danger-wash") for word in ("ink", "ink-2", "accent")),
    *((name, f"{name}-wash") for name in ("warn", "danger", "ok", "initiate", "gather", "develop")),
    ("ink-3", "accent-wash"), ("ink", "add"), ("ink", "del"), ("accent-on", "accent"), ("paper", "ink"), ("paper", "ink-2"),
]  # fmt: skip
EDGES = [("rule-strong", ground) for ground in GROUNDS]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/", "", css, flags=re.S)


def names(paths):
    return [str(path.relative_to(settings.ROOT)) for path in paths]


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


class TestTokens:
    def test_print_and_screen_agree_on_light(self):
        assert {name: light for name, (light, _dark) in PAIRED.items()} == PLAIN

    @pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
    @pytest.mark.parametrize(("needed", "pairs"), [(4.5, TEXT), (3.0, EDGES)], ids=["text", "edges"])
    def test_every_pair_can_be_read(self, mode, needed, pairs):
        too_faint = {
            f"{front} on {ground}": round(found, 2)
            for front, ground in pairs
            if (found := contrast(PAIRED[front][mode], PAIRED[ground][mode])) < needed
        }

        assert too_faint == {}

    def test_the_measure_knows_black_on_white(self):
        assert contrast("#000000", "#ffffff") == pytest.approx(21)
        assert contrast("#777777", "#ffffff") < 4.5

    def test_what_is_printed_has_the_light_colours(self):
        assert {f"--{name}": PLAIN[name] for name in (key.removeprefix("--") for key in PAINT)} == PAINT

    @pytest.mark.parametrize("path", [*sorted(MAILS), STATIC / "favicon.svg"], ids=lambda path: path.name)
    def test_mails_and_the_mark_use_no_other_colours(self, path):
        known = {colour for pair in PAIRED.values() for colour in pair}

        assert set(re.findall(r"#[0-9a-f]{6}\b", text_of(path))) <= known


class TestSheets:
    @pytest.mark.parametrize(
        "path", [p for p in SHEETS if p.name != "tokens.css"], ids=lambda path: path.name
    )
    def test_colours_come_from_tokens(self, path):
        literal = re.findall(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(", without_comments(text_of(path)))

        assert literal == []

    @pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
    def test_every_token_that_is_used_exists(self, path):
        used = set(re.findall(r"var\(--([\w-]+)\s*\)", without_comments(text_of(path))))
        defined = set(re.findall(r"--([\w-]+):", "".join(text_of(sheet) for sheet in SHEETS)))

        assert used - defined == set()

    def test_every_class_on_a_page_has_a_rule(self):
        styled = set(
            re.findall(r"\.([a-zA-Z][\w-]*)", "".join(without_comments(text_of(sheet)) for sheet in SHEETS))
        )
        used: dict[str, set[str]] = {}
        for path in set(PAGES) - MAILS:
            for value in re.findall(r'class="((?:[^"{]|\{[%{].*?[%}]\})*)"', text_of(path)):
                plain = re.sub(r"[\w-]*\{[%{].*?[%}]\}[\w-]*", " ", value)
                for word in plain.split():
                    used.setdefault(word, set()).add(path.name)
        # Marks for scripts and tests, which look like nothing.
        hooks = {"face-client"}

        assert {word: where for word, where in used.items() if word not in styled | hooks} == {}

    def test_every_right_shows_its_controls(self):
        css = text_of(STATIC / "css" / "app.css")
        shown = re.findall(r'\[data-may~="(\w+)"\] \[data-needs~="(\w+)"\]', css)

        assert all(one == other for one, other in shown)
        assert {one for one, _other in shown} == {str(right) for right in Permission} - {"see"}


class TestTemplates:
    @pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
    def test_it_can_be_read(self, path):
        get_template(str(path.relative_to(TEMPLATES)))

    @pytest.mark.parametrize(
        "path", [path for path in PAGES if path.suffix == ".html"], ids=lambda path: path.name
    )
    def test_it_keeps_to_the_content_policy(self, path):
        page = text_of(path)

        if path not in MAILS:
            assert not re.search(r"\sstyle\s*=", page)
            assert "<style" not in page
        assert not re.search(r"\son[a-z]+\s*=\s*[\"']", page)
        assert not re.search(r"hx-on[:\-]|javascript:", page)
        assert not re.search(r"<script(?![^>]*\ssrc=)", page)
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)

    def test_every_icon_exists(self):
        used = {
            name: path.name for path in PAGES for name in re.findall(r"{% icon \"([\w-]+)\"", text_of(path))
        }

        assert {name: where for name, where in used.items() if name not in ICONS} == {}

    def test_controls_need_rights_that_exist(self):
        rights = {str(right) for right in Permission}
        needed = {
            word: path.name
            for path in PAGES
            for value in re.findall(r'data-needs="([^"{]*)"', text_of(path))
            for word in value.split()
        }

        assert {word: where for word, where in needed.items() if word not in rights} == {}

    def test_htmx_is_told_what_to_swap_and_to_evaluate_nothing(self):
        config = json.loads(
            re.search(r"name=\"htmx-config\" content='([^']*)'", text_of(TEMPLATES / "base.html"))[1]
        )

        def swaps(status: str) -> bool:
            return next(
                rule["swap"] for rule in config["responseHandling"] if re.search(rule["code"], status)
            )

        assert [swaps(code) for code in ("200", "204", "302", "409", "422")] == [
            True,
            False,
            True,
            True,
            True,
        ]
        assert not any(swaps(code) for code in ("400", "403", "404", "413", "429", "500", "503"))
        assert config["allowEval"] is config["allowScriptTags"] is config["includeIndicatorStyles"] is False
        assert config["selfRequestsOnly"] is True
        assert config["historyCacheSize"] == 0
