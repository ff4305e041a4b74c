"""How documents are dressed: the firm's name, logo, colours, footer, paper and language, and what a client has of its own."""

from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Client
from reports.models import Brand


@dataclass(frozen=True, slots=True)
class House:
    """The dress of one document. Logos are data addresses of pictures that we drew; colours are as in #1b4899; "" for none."""

    name: str
    logo: str = ""
    client_logo: str = ""
    colour: str = ""
    accent: str = ""
    footer: str = ""
    paper: str = "A4"
    language: str = "en"

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def house_of(client: Client | None) -> House:
    """Return how documents for *client* are dressed: the client's own settings before the firm's; None for the firm's."""
    found = {brand.client_id: brand for brand in Brand.objects.for_client(client)}
    own, firm = found.get(client.pk) if client else None, found.get(None)

    def chosen(name: str, otherwise: str) -> str:
        return next((str(value) for one in (own, firm) if one and (value := getattr(one, name))), otherwise)

    return House(
        name=(firm.name if firm else "") or _("Our firm"),
        logo=firm.logo_address if firm else "",
        client_logo=own.logo_address if own else "",
        colour=chosen("colour", ""),
        accent=chosen("accent", ""),
        footer=chosen("footer", ""),
        paper=chosen("paper", "A4"),
        language=chosen("language", "en"),
    )
