"""How documents are dressed: the firm's name, logo, colours, footer, paper and language, and what a client has of its own."""

from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Client
from reports.models import Brand

COLOUR = "#1b1d1f"
ACCENT = "#27427a"


@dataclass(frozen=True, slots=True)
class House:
    """The dress of one document. Logos are data addresses of pictures that we made, "" for none."""

    name: str
    logo: str = ""
    client_logo: str = ""
    colour: str = COLOUR
    accent: str = ACCENT
    footer: str = ""
    paper: str = "A4"
    language: str = "en"

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def house_of(client: Client) -> House:
    """Return how documents for *client* are dressed: the client's own settings before the firm's."""
    found = {brand.client_id: brand for brand in Brand.objects.for_client(client)}
    own, firm = found.get(client.pk), found.get(None)

    def chosen(name: str, otherwise: str) -> str:
        return next((str(value) for one in (own, firm) if one and (value := getattr(one, name))), otherwise)

    return House(
        name=(firm.name if firm else "") or _("Our firm"),
        logo=firm.logo_address if firm else "",
        client_logo=own.logo_address if own else "",
        colour=chosen("colour", COLOUR),
        accent=chosen("accent", ACCENT),
        footer=chosen("footer", ""),
        paper=chosen("paper", "A4"),
        language=chosen("language", "en"),
    )
