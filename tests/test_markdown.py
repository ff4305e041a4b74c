import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagements.markdown import FORMATTED_UP_TO, to_html

DEFUSED = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[press](javascript:alert(1))",
    "[press](JaVaScRiPt&#58;alert(1))",
    "[press](data:text/html;base64,PHNjcmlwdD4=)",
    "[press](vbscript:x)",
    "<a href='javascript:alert(1)'>x</a>",
    "<svg/onload=alert(1)>",
    "<div hx-get=/account/logout/ hx-trigger=load>",
    "<p style='position:fixed' class=masthead id=main data-needs=x>",
    "![picture](https://example.org/track.png)",
    "[a](https://example.org 'x\" onmouseover=\"alert(1)')",
    "<iframe src=//example.org>",
    "`<b onclick=x>`",
    '<https://example.org/"onclick="x>',
    "```hx-get=/x\ntext\n```",
]


def tags(html):
    return set(re.findall(r"<([a-z0-9]+)", html))


def attributes(html):
    return {
        name
        for tag in re.findall(r"<[a-z][^>]*>", html)
        for name in re.findall(r"\s([\w:-]+)=", re.sub(r'"[^"]*"', '""', tag))
    }


class TestFormatting:
    def test_knows_what_people_use(self):
        html = to_html(
            "Some *words*, **more**, `code`, ~~gone~~\n\n- one\n- two\n\n> quoted\n\n|a|b|\n|-|-|\n|1|2|"
        )

        for tag in ("em", "strong", "code", "s", "ul", "li", "blockquote", "table", "th", "td"):
            assert f"<{tag}>" in html

    def test_a_line_break_stays_a_line_break(self):
        assert to_html("one\ntwo") == "<p>one<br>\ntwo</p>\n"

    @pytest.mark.parametrize("level", range(1, 7))
    def test_headings_stand_one_below_their_question(self, level):
        assert to_html(f"{'#' * level} Risks") == "<h4>Risks</h4>\n"

    def test_headings_fit_where_there_is_no_question(self):
        assert to_html("# Risks", 3) == "<h3>Risks</h3>\n"

    def test_links_lead_out_without_a_recommendation(self):
        assert to_html("[plan](https://example.org/a?b=1&c=2)") == (
            '<p><a href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener">plan</a></p>\n'
        )

    def test_addresses_in_plain_text_stay_text(self):
        assert "<a" not in to_html("see https://example.org")

    def test_what_looks_like_a_definition_is_not_swallowed(self):
        assert "[1]: see annex" in to_html("[1]: see annex")


class TestSafety:
    @pytest.mark.parametrize("text", DEFUSED)
    def test_nothing_but_text_and_its_form_survives(self, text):
        html = to_html(text)

        assert tags(html) <= {"p", "a", "code", "pre", "br"}
        assert attributes(html) <= {"href", "rel", "title"}
        assert not re.search(r'href="(?!https?:|mailto:)', html)

    @given(st.text(alphabet=st.sampled_from("<>&\"'`*_[]()!#|-=~ \n\\aonclick:javscript/hx"), max_size=200))
    def test_whatever_is_typed(self, text):
        html = to_html(text)

        assert not tags(html) & {
            "script",
            "img",
            "svg",
            "iframe",
            "form",
            "input",
            "style",
            "div",
            "span",
            "h1",
            "h2",
            "h3",
        }
        assert attributes(html) <= {"href", "rel", "title", "start"}

    def test_every_word_is_shown_however_deep_it_is_nested(self):
        text = "\n".join("  " * depth + f"- word{depth}" for depth in range(60))
        html = to_html(text)

        assert all(f"word{depth}" in html for depth in range(60))

    def test_every_word_of_a_very_long_text_is_shown(self):
        text = " ".join(f"word{n}" for n in range(FORMATTED_UP_TO // 4)) + " <b>"
        html = to_html(text)

        assert html.startswith("<p>word0 word1 ")
        assert html.endswith(" &lt;b&gt;</p>")
        assert html.count("word") == FORMATTED_UP_TO // 4


class TestBounds:
    @pytest.mark.parametrize("size", [FORMATTED_UP_TO, 1_000_000])
    @pytest.mark.parametrize(
        "piece",
        [
            "[",
            "*a ",
            "*a**b ",
            ">",
            "`",
            "[a](b",
            "[[[[a](b)",
            "|a",
            "|a|b|\n|-|-|\n",
            "~~a",
            "1. ",
            "- ",
            "<a ",
            "&",
            "\n",
            "a\n=\n",
            "\0",
            "_a__b",
        ],
    )
    def test_time_stays_bounded(self, piece, size):
        text = (piece * (size // len(piece) + 1))[:size]
        began = time.process_time()

        to_html(text)

        assert time.process_time() - began < 3
