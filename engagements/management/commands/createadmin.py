"""Let the first administrator in."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from accounts.actions import people
from accounts.models import User
from engagements import mail
from engagements.actions.welcome import password_path


class Command(BaseCommand):
    """`createadmin EMAIL --name NAME`."""

    help = "Make an administrator and print the link by which they choose their password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address and the name."""
        parser.add_argument("email", help="the address they sign in with")
        parser.add_argument("--name", default="", help="the name others see")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the account, or make an existing one an administrator's, and print the link."""
        email = options["email"].strip().lower()
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is not an address: {error.messages[0]}") from error
        person = User.objects.filter(email=email).first()
        if person is None:
            name = options["name"].strip() or email.split("@")[0]
            person = people.create_person(by=None, email=email, display_name=name, is_administrator=True)
        elif not person.is_firm:
            raise CommandError(f"{email} belongs to a client, and administrators are people of the firm.")
        else:
            people.change_person(person=person, by=None, is_administrator=True, is_active=True)
            person.refresh_from_db()
        self.stdout.write(
            f"{person.display_name} is an administrator. To choose a password, within three days:"
        )
        self.stdout.write(mail.link(password_path(person)))
