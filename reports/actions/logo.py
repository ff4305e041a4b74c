"""Make a logo of a picture that somebody sent: looked at first, then drawn anew, so that nothing else of it is kept."""

import io
import warnings

from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

LARGEST_FILE = 2 * 1024**2
# Looked at before anything is decoded: a small file can unfold into gigabytes.
LARGEST_SIDE = 6000
MOST_PIXELS = 12_000_000
SMALLEST_SIDE = 24
# As large as any cover prints it, at 300 dots an inch.
WIDTH, HEIGHT = 720, 240
TYPES = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg"), "WEBP": (".webp",)}


class BadLogo(Exception):
    """The file is no picture that can be a logo; the message says why and what to send."""


def drawn(data: bytes, name: str) -> bytes:
    """Return the picture in *data*, sent as *name*, as a PNG of at most 720 by 240. Raises BadLogo."""
    if len(data) > LARGEST_FILE:
        raise BadLogo(_("The file is larger than 2 MB. Send a smaller one."))
    if data.lstrip()[:5].lower() in (b"<?xml", b"<svg ") or b"<svg" in data[:1000].lower():
        raise BadLogo(
            _("Drawings (SVG) are not taken. Save it as a PNG with a clear background and send that.")
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=tuple(TYPES))
            _look(picture, name)
            picture.load()
            found = picture.convert("RGBA")
    except BadLogo:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadLogo(_too_large()) from error
    except UnidentifiedImageError as error:
        raise BadLogo(_("This is no picture that we can read. Send a PNG, a JPEG or a WebP.")) from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise BadLogo(_("The picture is damaged. Save it again and send that.")) from error
    edges = found.getchannel("A").point(lambda value: 255 if value > 8 else 0).getbbox()
    if edges is None:
        raise BadLogo(_("The picture is empty: every point of it is transparent."))
    found = found.crop(edges)
    found.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    found.save(out, "PNG", optimize=True)
    return out.getvalue()


def _look(picture: Image.Image, name: str) -> None:
    width, height = picture.size
    if max(width, height) > LARGEST_SIDE or width * height > MOST_PIXELS:
        raise BadLogo(_too_large())
    if min(width, height) < SMALLEST_SIDE:
        raise BadLogo(
            _("The picture is only %(width)d by %(height)d points. Send one of at least 24 by 24.")
            % {"width": width, "height": height}
        )
    if getattr(picture, "n_frames", 1) > 1:
        raise BadLogo(_("The picture moves. Send a still one."))
    kind = picture.format or ""
    if not name.lower().endswith(TYPES[kind]):
        raise BadLogo(
            _("The file is called %(name)s, but it is a %(kind)s. Send it under its true name.")
            % {"name": name[:80], "kind": kind}
        )


def _too_large() -> str:
    return _("The picture has more than 12 million points or a side of more than 6000. Send a smaller one.")
