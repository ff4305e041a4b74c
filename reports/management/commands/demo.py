"""Load the demo: three engagements with people, answers and history."""

from argparse import ArgumentParser
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from questionnaires.actions import publishing
from reports.actions import branding
from reports.actions.branding import Dress
from reports.demo import acts, story
from reports.models import Brand


class Command(BaseCommand):
    """`demo [--accounts] [--today DATE]`."""

    help = "Load three believable engagements, or list who can sign in to them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do and the day on which the stories end."""
        parser.add_argument("--accounts", action="store_true", help="only list the sign-ins")
        parser.add_argument("--today", type=date.fromisoformat, help="the day the stories lead up to")

    def handle(self, *args: Any, **options: Any) -> None:
        """Play every story that is not there yet. The sign-ins are public, so only a machine of one's own takes them."""
        host = urlsplit(settings.BASE_URL).hostname
        if host not in ("localhost", "127.0.0.1", "::1"):
            raise CommandError(
                f"The demo's password is public, so it is not loaded at {host}. It is for a machine of your own."
            )
        if options["accounts"]:
            self.accounts()
            return
        if not acts.VERBS:
            raise CommandError("There are no acts.")
        publishing.publish(publishing.builtin())
        users = story.make_people()
        self.dress()
        today = options["today"] or timezone.localdate()
        for path in story.files():
            # Whole or not at all: a story that was broken off begins anew the next time.
            with transaction.atomic():
                for line in story.play(path, users, today=today):
                    self.stdout.write(line)
                    self.stdout.flush()

    def dress(self) -> None:
        """Give the firm its name on documents, unless somebody gave it one already."""
        by = User.objects.filter(is_administrator=True).order_by("pk").first()
        if by is not None and not Brand.objects.filter(client=None).exists():
            dress = Dress(name=story.cast()["firm"], paper=Brand.Paper.A4, language=settings.LANGUAGE_CODE)
            branding.set_brand(client=None, dress=dress, by=by)

    def accounts(self) -> None:
        """List one person per part, with the password they share."""
        self.stdout.write(f"Demo sign-ins, all with the password {story.PASSWORD}:")
        told = story.cast()
        names = {client["key"]: client["name"] for client in told["clients"]}
        for person in told["people"]:
            if person.get("show", True):
                where = names.get(person["side"], told.get("firm", "the firm"))
                part = "administrator" if person.get("administrator") else person.get("job_title", "")
                self.stdout.write(f"  {person['email']:<38} {person['name']}, {part}, {where}")
