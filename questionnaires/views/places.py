"""Where on our pages a part of an engagement is."""

from django.urls import reverse

from questionnaires.access import Desk
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.reading import dom_id

# Threads and notices about reports are kept under their number.
REPORT_PREFIX = "report:"


def url_of(desk: Desk, key: str, anchor: str = "") -> str:
    """Return the address of the item, register or conflict *key*, at *anchor* or else at the item itself.

    The firm lands in the step, the client on the question alone. What is not there any more, or has no page of its
    own, leads to the overview.
    """
    framework, pk = desk.framework, desk.engagement.pk
    if (number := key.removeprefix(REPORT_PREFIX)) != key and number.isdigit():
        page = reverse("reports:report", args=[pk, int(number)])
        return f"{page}#{anchor}" if anchor else page
    kind, _colon, number = key.partition(":")
    if kind == "clash" and number.isdigit():
        return reverse("questionnaires:clash", args=[pk, number])
    if key.startswith(REGISTER_PREFIX) and framework.has_register(key.removeprefix(REGISTER_PREFIX)):
        page = reverse("questionnaires:register", args=[pk, key.removeprefix(REGISTER_PREFIX)])
    elif framework.has_item(key) and desk.may_see(item := framework.item(key)):
        if desk.membership.is_firm:
            page = reverse("questionnaires:step", args=[pk, framework.step(item.step_key).number])
        else:
            page = reverse("questionnaires:item", args=[pk, key])
    else:
        return reverse("questionnaires:overview", args=[pk])
    return f"{page}#{anchor or f'item-{dom_id(key)}'}"
