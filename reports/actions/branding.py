"""Change how documents look: the firm's dress, and what a client has of its own."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Client, User
from reports.models import Brand

# What text and lines of a colour stand on: the page, and the ground of the cover.
GROUNDS = ("#ffffff", "#f6f7f4")
# WCAG 2.2 AA for text; titles are large, but what is marked with the second colour is not.
ENOUGH = 4.5


class TooPale(Exception):
    """A colour cannot be read on paper; the message names the nearest one that can."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """How documents are to look; what is empty is the firm's, and of the firm the product's own."""

    name: str = ""
    colour: str = ""
    accent: str = ""
    footer: str = ""
    paper: str = ""
    language: str = ""


@transaction.atomic
def set_brand(
    *, client: Client | None, dress: Dress, by: User, logo: bytes | None = None, drop_logo: bool = False
) -> Brand:
    """Keep how documents look, of the firm or of *client*. *logo* comes from `logo.drawn`. Raises TooPale."""
    for field in ("colour", "accent"):
        check_colour(field, getattr(dress, field))
    brand, _made = Brand.objects.select_for_update().get_or_create(client=client)
    for name in ("name", "colour", "accent", "footer", "paper", "language"):
        setattr(brand, name, getattr(dress, name).strip())
    if logo is not None or drop_logo:
        brand.logo = logo
    brand.changed_by, brand.changed_at = by, timezone.now()
    brand.save()
    return brand


def check_colour(field: str, colour: str) -> None:
    """Raise TooPale for a colour that is hard to read on paper."""
    if not colour:
        return
    found = min(contrast(colour, ground) for ground in GROUNDS)
    if found < ENOUGH:
        raise TooPale(
            field,
            _("%(colour)s on paper has a contrast of %(found).1f to 1; to be read it needs 4.5 to 1. %(better)s is the nearest that has it.")
            % {"colour": colour, "found": found, "better": darkened(colour)},
        )  # fmt: skip


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by WCAG, from 1 to 21."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour such as #1b4899."""

    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def darkened(colour: str) -> str:
    """Return the nearest darker shade of a colour that can be read."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    for step in range(100, -1, -1):
        shade = "#" + "".join(f"{round(part * step / 100):02x}" for part in parts)
        if min(contrast(shade, ground) for ground in GROUNDS) >= ENOUGH:
            return shade
    return "#000000"
