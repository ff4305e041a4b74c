"""The organisations that the firm works for."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Client


class NameTaken(Exception):
    """Another client has this name."""


def create_client(*, name: str, short_name: str) -> Client:
    """Add a client. Raises NameTaken."""
    return _store(Client(), name, short_name)


def rename_client(*, client: Client, name: str, short_name: str) -> Client:
    """Give a client another name, everywhere at once. Raises NameTaken."""
    return _store(client, name, short_name)


def _store(client: Client, name: str, short_name: str) -> Client:
    client.name, client.short_name = name.strip(), short_name.strip()
    try:
        with transaction.atomic():
            client.save()
    except IntegrityError as error:
        raise NameTaken(_("Another client has this name.")) from error
    return client
