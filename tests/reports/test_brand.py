"""How documents look: who may set it, which logos and colours are taken, and that documents wear it."""

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from PIL import Image

from questionnaires.access import Viewpoint
from reports.actions import branding, logo
from reports.content import deliverables
from reports.content.house import house_of
from reports.content.record import record_of
from reports.models import Brand
from reports.render import cover
from reports.render.work import page_style

LOOK = {"name": "Alder & Voss", "paper": "A4", "language": "en"}


def picture(kind="PNG", size=(400, 100), colour=(27, 72, 153, 255)):
    """Return a small picture as a file of some kind."""
    out = io.BytesIO()
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    image.paste(colour, (size[0] // 4, size[1] // 4, size[0] - 2, size[1] - 2))
    (image if kind != "JPEG" else image.convert("RGB")).save(out, kind)
    return out.getvalue()


def bomb(width, height):
    """Return a PNG of some hundred bytes that says it is *width* by *height*."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


class TestLogo:
    @pytest.mark.parametrize(("kind", "name"), [("PNG", "a.png"), ("JPEG", "a.jpg"), ("WEBP", "a.webp")])
    def test_is_drawn_anew_as_a_small_png_whatever_was_sent(self, kind, name):
        made = Image.open(io.BytesIO(logo.drawn(picture(kind, (3000, 900)), name)))

        assert made.format == "PNG"
        assert made.width <= 720
        assert made.height <= 240

    def test_leaves_behind_what_else_the_file_held(self):
        out = io.BytesIO()
        from PIL.PngImagePlugin import PngInfo

        told = PngInfo()
        told.add_text("Comment", "kestrel")
        Image.open(io.BytesIO(picture())).save(out, "PNG", pnginfo=told)

        assert b"kestrel" in out.getvalue()
        assert b"kestrel" not in logo.drawn(out.getvalue(), "a.png")

    def test_is_cropped_to_what_is_seen(self):
        made = Image.open(io.BytesIO(logo.drawn(picture(size=(200, 200)), "a.png")))

        assert made.size == (148, 148)

    @pytest.mark.parametrize(
        ("data", "name", "words"),
        [
            (bomb(30_000, 30_000), "a.png", "12 million"),
            (bomb(5_900, 5_900), "a.png", "12 million"),
            (bomb(7_000, 30), "a.png", "12 million"),
            (bomb(300, 100), "a.png", "damaged"),
            (picture("PNG"), "a.jpg", "true name"),
            (picture("JPEG"), "a.svg", "true name"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "SVG"),
            (b"<?xml version='1.0'?><svg/>", "a.png", "SVG"),
            (b"GIF89a" + bytes(200), "a.gif", "no picture"),
            (b"%PDF-1.7", "a.png", "no picture"),
            (b"", "a.png", "no picture"),
            (picture(size=(10, 400)), "a.png", "only 10"),
            (bytes(2 * 1024**2 + 1), "a.png", "2 MB"),
            (picture(colour=(0, 0, 0, 0)), "a.png", "empty"),
        ],
    )
    def test_refuses_what_is_no_logo_and_says_why(self, data, name, words):
        with pytest.raises(logo.BadLogo, match=words):
            logo.drawn(data, name)


class TestColours:
    def test_contrast_is_that_of_the_guidelines(self):
        assert branding.contrast("#000000", "#ffffff") == pytest.approx(21)
        assert branding.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)

    def test_a_pale_one_is_refused_with_the_nearest_that_can_be_read(self):
        with pytest.raises(branding.TooPale, match="#f5c400") as refused:
            branding.check_colour("colour", "#f5c400")

        offered = str(refused.value).split(". ")[-1].split(" ")[0]
        branding.check_colour("colour", offered)

    def test_a_dark_one_is_taken(self):
        branding.check_colour("accent", "#1b4899")


@pytest.fixture
def boss(administrator, client_for):
    return client_for(administrator)


class TestPages:
    def test_the_administrator_sets_the_firms_look(self, boss):
        sent = {**LOOK, "colour": "14F", "logo": SimpleUploadedFile("a.png", picture())}

        response = boss.post(reverse("reports:admin-brand"), sent)

        assert response.status_code == 302
        brand = Brand.objects.get()
        assert (brand.client, brand.name, brand.colour) == (None, "Alder & Voss", "#1144ff")
        assert bytes(brand.logo).startswith(b"\x89PNG")

    def test_a_refused_colour_keeps_everything_and_says_what_would_do(self, boss):
        response = boss.post(reverse("reports:admin-brand"), {**LOOK, "colour": "#ffee00"})

        assert response.status_code == 422
        assert "is the nearest that has it" in response.text
        assert 'value="Alder &amp; Voss"' in response.text
        assert not Brand.objects.exists()

    def test_a_refused_logo_leaves_the_old_one(self, boss):
        boss.post(reverse("reports:admin-brand"), {**LOOK, "logo": SimpleUploadedFile("a.png", picture())})
        before = bytes(Brand.objects.get().logo)

        response = boss.post(
            reverse("reports:admin-brand"),
            {**LOOK, "logo": SimpleUploadedFile("a.png", bomb(30_000, 30_000))},
        )

        assert response.status_code == 422
        assert bytes(Brand.objects.get().logo) == before

    def test_the_logo_can_be_taken_away(self, boss):
        boss.post(reverse("reports:admin-brand"), {**LOOK, "logo": SimpleUploadedFile("a.png", picture())})

        boss.post(reverse("reports:admin-brand"), {**LOOK, "drop_logo": "on"})

        assert Brand.objects.get().logo is None

    def test_the_project_manager_sets_a_clients_own(self, project_manager, client_for, engagement):
        browser = client_for(project_manager)

        browser.post(reverse("reports:brand", args=[engagement.pk]), {"paper": "Letter", "language": "de"})

        own = house_of(engagement.client)
        assert (own.paper, own.language) == ("Letter", "de")
        assert house_of(None).paper == "A4"

    def test_the_preview_shows_what_is_typed_and_nothing_that_is_not_a_colour(self, boss):
        url = reverse("reports:admin-brand-preview")

        shown = boss.get(url, {"colour": "#123456", "name": "A<b>"}).text
        refused = boss.get(url, {"colour": '"/><script>', "paper": "A0"}).text

        assert 'fill="#123456"' in shown
        assert "A&lt;b&gt;" in shown
        assert "script" not in refused


class TestDocuments:
    @pytest.fixture
    def dressed(self, engagement, administrator):
        dress = branding.Dress(
            name="Voss", colour="#772211", footer="For friends.", paper="A4", language="en"
        )
        branding.set_brand(client=None, dress=dress, by=administrator, logo=logo.drawn(picture(), "a.png"))
        return engagement

    def snapshot(self, questionnaire, side="client"):
        return deliverables.snapshot(
            record_of(Viewpoint(questionnaire, side)), "kickoff-plan", number=1, since=0
        )

    def test_wear_the_firms_name_colours_and_footer(self, dressed):
        data = self.snapshot(dressed.questionnaire)

        assert (data["firm"], data["footer"]) == ("Voss", "For friends.")
        assert data["house"]["logo"].startswith("data:image/png;base64,")
        assert "--brand: #772211" in page_style(data)

    def test_wear_the_clients_own_where_it_has_some(self, dressed, project_manager):
        dress = branding.Dress(colour="#114422", paper="Letter")
        branding.set_brand(client=dressed.client, dress=dress, by=project_manager)

        data = self.snapshot(dressed.questionnaire)

        assert (data["firm"], data["paper"], data["footer"]) == ("Voss", "Letter", "For friends.")
        assert "#114422" in page_style(data)
        assert "letter" in page_style(data)

    def test_without_any_setting_they_are_complete(self, engagement):
        data = self.snapshot(engagement.questionnaire)

        assert data["firm"]
        assert "--brand" not in page_style(data)

    def test_a_preview_holds_no_style_that_was_typed(self):
        house = cover.tried(house_of_nobody(), {"colour": "red;}", "accent": "url(x)", "paper": "A0"})

        assert (house.colour, house.accent, house.paper) == ("", "", "A4")


def house_of_nobody():
    """Return the look before anything was set."""
    from reports.content.house import House

    return House(name="Nobody")


@pytest.mark.django_db
class TestTheTable:
    def test_holds_one_row_for_the_firm(self):
        Brand.objects.create(client=None)

        with pytest.raises(IntegrityError, match="reports_brand_once"), transaction.atomic():
            Brand.objects.create(client=None)

    def test_holds_no_colour_that_is_none(self):
        with pytest.raises(IntegrityError, match="reports_brand_colours"), transaction.atomic():
            Brand.objects.create(client=None, colour="red")
