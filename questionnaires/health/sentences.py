"""The reasons in words."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from engagements.templatetags.interface import day as in_words


def _says_late(values: Mapping[str, Any]) -> str:
    if "end" in values:
        return ngettext(
            "The planned end was %(day)s, %(days)d day ago",
            "The planned end was %(day)s, %(days)d days ago",
            values["days"],
        ) % {"day": in_words(date.fromisoformat(values["end"])), "days": values["days"]}
    said = ngettext(
        "%(title)s was planned %(days)d day ago", "%(title)s was planned %(days)d days ago", values["days"]
    ) % {"title": _place(values), "days": values["days"]}
    return _and_more(said, values["count"])


def _place(values: Mapping[str, Any]) -> str:
    return f"{values['number']} {values['title']}".strip()


def _and_more(said: str, count: int) -> str:
    if count < 2:
        return said
    return ngettext("%(said)s, and %(more)d more", "%(said)s, and %(more)d more", count - 1) % {
        "said": said,
        "more": count - 1,
    }


def _says_conflict(values: Mapping[str, Any]) -> str:
    if values["count"] == 1:
        return _("Two answers stand side by side: %(title)s") % {"title": _place(values)}
    return ngettext(
        "%(count)d conflicts are open, the oldest for %(days)d day",
        "%(count)d conflicts are open, the oldest for %(days)d days",
        values["days"],
    ) % {"count": values["count"], "days": values["days"]}


def _says_stale(values: Mapping[str, Any]) -> str:
    said = _("The sign-off “%(title)s” is out of date") % {"title": values["title"]}
    return _and_more(said, values["count"])


def _says_waiting(values: Mapping[str, Any]) -> str:
    holder = values["who"] or (values["client"] if values["side"] == "client" else _("the firm"))
    return ngettext(
        "%(title)s waits for %(days)d day, with %(who)s",
        "%(title)s waits for %(days)d days, with %(who)s",
        values["days"],
    ) % {"title": _place(values), "days": values["days"], "who": holder}


def _says_unknown(values: Mapping[str, Any]) -> str:
    if values["value"] > 0:
        said = ngettext(
            "%(title)s is still unknown, %(days)d day past its date",
            "%(title)s is still unknown, %(days)d days past its date",
            values["value"],
        ) % {"title": _place(values), "days": values["value"]}
    elif values["due"]:
        said = _("%(title)s is to be found out by %(day)s") % {
            "title": _place(values),
            "day": in_words(date.fromisoformat(values["due"])),
        }
    else:
        said = _("%(title)s is unknown without a date") % {"title": _place(values)}
    return _and_more(said, values["count"])


def _says_no_owner(values: Mapping[str, Any]) -> str:
    said = _("Nobody here can be asked %(title)s") % {"title": _place(values)}
    return _and_more(said, values["count"])


def _says_revisit(values: Mapping[str, Any]) -> str:
    if values["count"] == 1:
        return _("%(title)s rests on something that changed") % {"title": _place(values)}
    return _("%(count)d answers rest on something that changed") % {"count": values["count"]}


def _says_waiver(values: Mapping[str, Any]) -> str:
    return _("The waiver of %(title)s for “%(gate)s” ends %(day)s") % {
        "title": values["title"],
        "gate": values["gate"],
        "day": in_words(date.fromisoformat(values["until"])),
    }


def _says_quiet(values: Mapping[str, Any]) -> str:
    return ngettext(
        "Nothing has moved for %(days)d day", "Nothing has moved for %(days)d days", values["days"]
    ) % {"days": values["days"]}


def _says_forecast(values: Mapping[str, Any]) -> str:
    first = in_words(date.fromisoformat(values["first"]))
    planned = in_words(date.fromisoformat(values["planned"]))
    return _("At the present pace it ends from %(first)s on; planned was %(planned)s") % {
        "first": first,
        "planned": planned,
    }


def _says_budget(values: Mapping[str, Any]) -> str:
    return _("%(spent)d %% of the budget is spent, %(gone)d %% of the time gone") % values


def _says_resting(values: Mapping[str, Any]) -> str:
    return str(
        {
            "draft": _("Not started yet: the rules rest"),
            "paused": _("Paused: the rules rest"),
        }.get(values["status"], _("Closed: the rules rest"))
    )


SAYS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "late": _says_late,
    "conflict": _says_conflict,
    "stale": _says_stale,
    "waiting": _says_waiting,
    "unknown": _says_unknown,
    "no_owner": _says_no_owner,
    "revisit": _says_revisit,
    "waiver": _says_waiver,
    "quiet": _says_quiet,
    "forecast": _says_forecast,
    "budget": _says_budget,
    "resting": _says_resting,
}
