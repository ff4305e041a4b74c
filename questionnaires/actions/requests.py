"""Record what people of the client side want, and what came of it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Side
from engagements.models import Event, Membership
from questionnaires.access import Desk
from questionnaires.actions.act import Act
from questionnaires.actions.recommendations import NotPossible
from questionnaires.models import Request
from questionnaires.models.request import Level, Weight

FIELDS = ("title", "need", "value", "effort", "moscow", "item_keys")


@transaction.atomic
def record(
    *,
    desk: Desk,
    author: Membership,
    title: str,
    need: str,
    value: str = Level.MEDIUM,
    effort: str = Level.MEDIUM,
    moscow: str = Weight.SHOULD,
    item_keys: Collection[str] = (),
    at: datetime | None = None,
) -> Request:
    """Write down a wish of somebody on the client side. Raises recommendations.NotPossible."""
    if author.side != Side.CLIENT or author.engagement_id != desk.engagement.pk:
        raise NotPossible(_("A request is somebody’s of the client side. Choose whose it is."))
    fields = _cleaned(desk, title, need, value, effort, moscow, item_keys)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    request = Request.objects.create(
        engagement=desk.engagement,
        number=_next_number(desk),
        author=author,
        made_by=desk.membership.user,
        made_at=act.at,
        changed_at=act.at,
        **fields,
    )
    _finish(act, "request.recorded", request)
    return request


@transaction.atomic
def change(
    *,
    desk: Desk,
    request: Request,
    seen: datetime,
    title: str,
    need: str,
    value: str,
    effort: str,
    moscow: str,
    item_keys: Collection[str] = (),
    at: datetime | None = None,
) -> Event | None:
    """Change a request's words or weights, keeping old and new. Raises NotPossible when it changed since *seen*."""
    fields = _cleaned(desk, title, need, value, effort, moscow, item_keys)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    request.refresh_from_db()
    if request.changed_at != seen:
        raise NotPossible(
            _(
                "Somebody changed this request while you had it open. Yours is below; compare, then save again."
            )
        )
    pairs = {
        name: [getattr(request, name), new] for name, new in fields.items() if getattr(request, name) != new
    }
    if not pairs:
        transaction.set_rollback(True)
        return None
    for name, (_old, new) in pairs.items():
        setattr(request, name, new)
    request.changed_at = act.at
    request.save(update_fields=[*pairs, "changed_at"])
    return _finish(act, "request.changed", request, pairs)


@transaction.atomic
def close(*, desk: Desk, request: Request, state: str, words: str = "", at: datetime | None = None) -> Event:
    """Say what came of a request: taken up, not taken up, withdrawn, or open again."""
    words = words.strip()[:500]
    if state not in Request.State.values:
        raise NotPossible(_("Choose what came of it."))
    if state == Request.State.DECLINED and not words:
        raise NotPossible(_("Say why it is not taken up; its author reads it."))
    if state == Request.State.WITHDRAWN and desk.membership.is_firm:
        raise NotPossible(_("Only the client side withdraws a wish of theirs."))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    request.refresh_from_db()
    pairs = {"state": [request.state, state], "answer": [request.answer, words]}
    request.state, request.answer, request.changed_at = state, words, act.at
    request.save(update_fields=["state", "answer", "changed_at"])
    return _finish(act, "request.closed", request, pairs)


def _finish(act: Act, kind: str, request: Request, pairs: dict[str, Any] | None = None) -> Event:
    data = {
        "request": request.pk,
        "number": request.number,
        "fields": pairs or {},
        "items": request.item_keys,
    }
    return act.finish(kind, data=data)


def _cleaned(
    desk: Desk, title: str, need: str, value: str, effort: str, moscow: str, item_keys: Collection[str]
) -> dict[str, Any]:
    title, need = title.strip()[:200], need.strip()
    if not title or not need:
        raise NotPossible(_("Say in a few words what is wanted, and what it is needed for."))
    if value not in Level.values or effort not in Level.values or moscow not in Weight.values:
        raise NotPossible(_("Choose value, effort and weight from the lists."))
    keys = list(dict.fromkeys(item_keys))
    for key in keys:
        # The client side reads requests, so none names what it never sees.
        if not desk.framework.has_item(key) or desk.framework.item(key).internal:
            raise NotPossible(_("One of the questions it concerns is not shared with the client."))
    return {
        "title": title,
        "need": need,
        "value": value,
        "effort": effort,
        "moscow": moscow,
        "item_keys": keys,
    }


def _next_number(desk: Desk) -> int:
    highest = Request.objects.filter(engagement=desk.engagement).aggregate(Max("number"))["number__max"]
    return int(highest or 0) + 1
