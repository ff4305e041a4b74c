"""Promises that hold for every answer of the product: headers, cookies, caches, logs; and docs/security.md's own."""

import ast
import logging
import re
from pathlib import Path

import pytest
from django.urls import reverse

from tests.questionnaires.saves import save

ROOT = Path(__file__).parents[1]
CANARY = "Kanarienvogel-7261"


@pytest.fixture
def carla(consultant, client_for):
    return client_for(consultant)


class TestHeaders:
    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/", 200),
            ("/engagements/", 200),
            ("/engagements/999999/", 404),
            ("/nowhere/", 404),
            ("/account/logout/", 200),
            ("/preferences/", 200),
            ("/healthz/live", 200),
        ],
    )
    def test_every_answer_carries_the_policy(self, carla, path, status):
        response = carla.get(path)

        assert response.status_code == status
        policy = response["Content-Security-Policy"]
        assert "unsafe" not in policy
        for part in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert part in policy
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response["X-Frame-Options"] == "DENY"

    @pytest.mark.parametrize("path", ["/", "/engagements/", "/preferences/", "/account/logout/"])
    def test_what_is_personal_stays_in_no_cache(self, carla, path):
        assert "no-store" in carla.get(path)["Cache-Control"]

    def test_a_door_that_is_not_ours_is_not_opened(self, client_for):
        response = client_for(None).get("/", headers={"host": "evil.example"})

        assert response.status_code == 400
        assert "evil.example" not in response.text

    def test_a_fragment_never_replaces_what_somebody_types_with_a_page(self, carla, engagement):
        response = carla.post(
            reverse("questionnaires:answer", args=[engagement.pk, "no-such-item"]),
            {"value": "x", "base": "0"},
            headers={"HX-Request": "true"},
        )

        assert response.status_code in (404, 422)
        assert "<html" not in response.text


class TestTokens:
    def test_every_unsafe_request_needs_one(self, consultant, client_for, engagement):
        strict = client_for(consultant, csrf=True)

        response = save(strict, engagement, "opening-request", "x")

        assert response.status_code == 403

    def test_a_form_from_elsewhere_is_refused_even_with_one(self, consultant, client_for, engagement):
        strict = client_for(consultant, csrf=True)
        strict.get("/preferences/")
        token = strict.cookies["csrf"].value

        response = strict.post(
            "/preferences/",
            {"csrfmiddlewaretoken": token, "display_name": "Mallory"},
            headers={"origin": "https://evil.example"},
        )

        assert response.status_code == 403


class TestLogs:
    def test_no_answer_and_no_address_comes_into_a_log(self, carla, consultant, engagement, caplog):
        with caplog.at_level(logging.DEBUG):
            save(carla, engagement, "opening-request", CANARY)
            save(carla, engagement, "start-date", CANARY)
            carla.get("/engagements/999999/")
            carla.get(f"/nowhere/?q={CANARY}")

        kept = [record for record in caplog.records if record.name.split(".")[0] in ("throughline", "django")]
        written = [record for record in kept if record.name != "django.db.backends"]
        assert written
        text = " ".join(f"{record.getMessage()} {getattr(record, 'fields', '')}" for record in written)
        assert CANARY not in text
        assert consultant.email not in text


class TestDocument:
    """docs/security.md names a test for every promise; a promise whose test is gone is none."""

    @staticmethod
    def promises() -> list[str]:
        text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
        return re.findall(r"`(tests/[\w/]+\.py::[\w:]+)`", text)

    @staticmethod
    def defined(path: Path) -> set[str]:
        names = set()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names.add(getattr(node, "name", ""))
            if isinstance(node, ast.ClassDef):
                names |= {
                    f"{node.name}::{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)
                }
        return names

    def test_every_promise_has_its_test(self):
        missing = []
        for promise in self.promises():
            path, _, name = promise.partition("::")
            if not (ROOT / path).is_file() or name not in self.defined(ROOT / path):
                missing.append(promise)

        assert missing == []
        assert len(self.promises()) > 40
