"""What to tell somebody whose entry cannot stand."""


def gettext_noop(message: str) -> str:
    """Mark a message for translation without translating it here."""
    return message


class BadValue(ValueError):
    """Refuse what was entered, with a sentence for the person who entered it."""

    def __init__(self, template: str, **params: object) -> None:
        self.template = template
        self.params = params
        self.message = template % params if params else template
        super().__init__(self.message)


def shown(raw: object) -> str:
    """Give what was entered, short enough for a sentence."""
    if isinstance(raw, (str, float)):
        text = str(raw)
    else:
        # Writing out a nested or a huge value could take long; what it is says enough.
        text = str(raw) if isinstance(raw, int) and abs(raw) < 2**63 else type(raw).__name__
    return text if len(text) <= 60 else f"{text[:59]}…"
