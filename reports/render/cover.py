"""The cover as a small drawing, for looking at how documents will look before anything is written."""

import re
from collections.abc import Mapping
from dataclasses import replace

from django.utils.html import escape
from django.utils.translation import gettext as _

from reports.content.house import House

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
INK, QUIET, PAPER, RULE = "#181b1e", "#5d646b", "#f6f7f4", "#d5d9d3"
ACCENT = "#1b4899"
SERIF = "Newsreader, Georgia, serif"
SANS = "Libre Franklin, Arial, sans-serif"
SIZES = {"A4": (210, 297), "Letter": (216, 279)}


def tried(house: House, typed: Mapping[str, str]) -> House:
    """Return *house* with what is typed in its place; what is no colour or no paper is left aside."""
    changes: dict[str, str] = {}
    for name in ("name", "footer"):
        if text := typed.get(name, "").replace("\0", "").strip():
            changes[name] = text[:160]
    for name in ("colour", "accent"):
        if COLOUR.fullmatch(typed.get(name, "")):
            changes[name] = typed[name]
    if typed.get("paper") in SIZES:
        changes["paper"] = typed["paper"]
    return replace(house, **changes)


def drawing(house: House, client: str) -> str:
    """Return the cover and a page as SVG; every text in it is escaped, every colour was looked at."""
    width, height = SIZES[house.paper]
    colour, accent = house.colour or INK, house.accent or ACCENT
    footer = house.footer or _("%(firm)s for %(client)s. Confidential.") % {
        "firm": house.name,
        "client": client,
    }
    words = _("Preview of the cover: %(name)s for %(client)s") % {"name": house.name, "client": client}
    name = (
        f'<image href="{house.logo}" x="18" y="14" width="60" height="14" preserveAspectRatio="xMinYMid meet"/>'
        if house.logo
        else f'<text x="18" y="27" font-family="{SERIF}" font-size="6" fill="{INK}">{escape(house.name[:48])}</text>'
    )
    theirs = (
        f'<image href="{house.client_logo}" x="18" y="{height - 75}" width="60" height="16" preserveAspectRatio="xMinYMid meet"/>'
        if house.client_logo
        else ""
    )
    title, lede, chapter = (
        _("Discovery report"),
        _("What is needed, and whether it can be done."),
        _("The need"),
    )
    decision = _("Decision %(number)d") % {"number": 9}
    right = width + 8
    lines = "".join(
        f'<rect x="{right + 18}" y="{58 + 6 * row}" width="{(110, 118, 96, 70)[row % 4]}" height="1.6" fill="{RULE}"/>'
        for row in range(4)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 {2 * width + 10} {height + 2}" role="img" aria-label="{escape(words)}">'
        f'<rect width="{width}" height="{height}" fill="{PAPER}" stroke="{RULE}" stroke-width=".5"/>{name}'
        f'<path d="M18 32H{width - 18}" stroke="{INK}" stroke-width=".4"/>'
        f'<text x="{width - 18}" y="27" font-family="{SANS}" font-size="3.4" fill="{INK}" text-anchor="end">{escape(title)} · {escape(client[:40])}</text>'
        f'<text x="18" y="88" font-family="{SERIF}" font-size="17" fill="{colour}">{escape(title)}</text>'
        f'<text x="18" y="100" font-family="{SERIF}" font-size="6" fill="{QUIET}">{escape(lede)}</text>'
        f'{theirs}<path d="M18 {height - 52}H{width - 18}" stroke="{INK}" stroke-width=".3"/>'
        f'<rect x="{right}" width="{width}" height="{height}" fill="#ffffff" stroke="{RULE}" stroke-width=".5"/>'
        f'<path d="M{right + 18} 36H{right + width - 18}" stroke="{colour}" stroke-width=".5"/>'
        f'<text x="{right + 18}" y="47" font-family="{SERIF}" font-size="8" fill="{INK}">{escape(chapter)}</text>{lines}'
        f'<rect x="{right + 18}" y="90" width="{width - 60}" height="20" fill="{PAPER}"/><rect x="{right + 18}" y="90" width="1" height="20" fill="{accent}"/>'
        f'<text x="{right + 22}" y="98" font-family="{SANS}" font-size="3.6" font-weight="600" fill="{INK}">{escape(decision)}</text>'
        f'<text x="{right + 18}" y="{height - 12}" font-family="{SANS}" font-size="3" fill="{QUIET}">{escape(footer[:90])}</text>'
        f"</svg>"
    )
