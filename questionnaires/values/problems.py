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
    text = (
        raw
        if isinstance(raw, str)
        else type(raw).__name__
        if isinstance(raw, (dict, list))
        else repr(raw)[:60]
    )
    return text if len(text) <= 60 else f"{text[:59]}…"
