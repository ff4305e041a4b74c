"""What stands around an item besides its answer: our recommendation, the decision, open conflicts and requests.

It comes with the query of the entries, as JSON, so that a page of a hundred items asks once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, ExpressionWrapper, F, Func, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from accounts.models import Side, first_name_of
from questionnaires import footing
from questionnaires.access import Viewpoint
from questionnaires.document import Item
from questionnaires.models import Clash, Decision, Entry, Reaction, RecommendationVersion, Request
from questionnaires.models.recommendation import LETTERS

# Older reactions are on the decision's page.
MOST_REACTIONS = 12


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody's name and face."""

    display_name: str
    initials: str
    is_firm: bool

    @property
    def first_name(self) -> str:
        """The name in a sentence."""
        return first_name_of(self.display_name)

    @classmethod
    def of(cls, found: dict[str, Any] | None) -> "Person | None":
        """Read what `_person` gave."""
        if not found or found["name"] is None:
            return None
        return cls(found["name"], found["initials"], found["client"] is None)


@dataclass(slots=True)
class OptionView:
    """One option of a recommendation."""

    number: int
    title: str
    value: Any
    pros: list[str]
    cons: list[str]
    effort: str
    risk: str
    cost: str
    is_pick: bool
    is_chosen: bool

    @property
    def letter(self) -> str:
        """The option as it is called on screen."""
        return LETTERS[self.number - 1]


@dataclass(slots=True)
class ReactionView:
    """What somebody of the client side said to a recommendation."""

    kind: str
    by: Person | None
    option: int | None
    words: str
    at: datetime

    @property
    def letter(self) -> str:
        """The option they would choose, as it is called on screen."""
        return LETTERS[self.option - 1] if self.option else ""


@dataclass(slots=True)
class DecisionView:
    """The latest decision on an item, standing or reopened."""

    id: int
    number: int
    option: int
    title: str
    value: Any
    reasons: str
    client: Person | None
    firm: Person | None
    made_at: datetime
    stands: bool
    reopened_by: Person | None
    reopened_at: datetime | None
    reopened_why: str
    changed: list[tuple[Item | None, Any]]
    # The item's answer is no longer what was decided.
    departs: bool = False

    @property
    def letter(self) -> str:
        """The chosen option as it is called on screen."""
        return LETTERS[self.option - 1]


@dataclass(slots=True)
class AdviceView:
    """A recommendation as one side sees it: the firm its newest version, the client the one that was offered."""

    version: int
    options: list[OptionView]
    why: str
    by: Person | None
    at: datetime
    # As the record stands: prepared, offered or withdrawn; and the version that the client side sees, if any.
    state: str
    offered_version: int | None
    offered_at: datetime | None
    reactions: list[ReactionView]
    changed: list[tuple[Item | None, Any]]

    @property
    def is_offered(self) -> bool:
        """Say whether the client side sees this very version."""
        return self.offered_version == self.version


@dataclass(slots=True)
class Around:
    """Everything that stands around one item."""

    advice: AdviceView | None = None
    decision: DecisionView | None = None
    clashes: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)


def annotations(side: Side) -> dict[str, ArraySubquery]:
    """Return what `entries_for` adds to its query for one side."""
    versions = RecommendationVersion.objects.filter(recommendation__entry=OuterRef("pk"))
    shown = "recommendation__version" if side == Side.FIRM else "recommendation__offered_version"
    return {
        "advice_json": ArraySubquery(_advice(versions.filter(number=F(shown)))),
        "decisions_json": ArraySubquery(
            decisions_json(Decision.objects.filter(entry=OuterRef("pk"), replaced_by=None))
        ),
        "clashes_json": ArraySubquery(_clashes(side)),
        "requests_json": ArraySubquery(_requests()),
    }


def _person(path: str) -> JSONObject:
    return JSONObject(
        name=F(f"{path}__display_name"), initials=F(f"{path}__initials"), client=F(f"{path}__client_id")
    )


def _advice(versions: QuerySet[RecommendationVersion]) -> Any:
    reactions = (
        Reaction.objects.filter(recommendation=OuterRef("recommendation"))
        .order_by("-id")
        .values(
            json=JSONObject(
                kind=F("kind"),
                option=F("option"),
                words=F("words"),
                at=F("at"),
                person=F("by_id"),
                by=_person("by__user"),
            )
        )[:MOST_REACTIONS]
    )
    return versions.values(
        json=JSONObject(
            version=F("number"),
            options=F("options"),
            pick=F("pick"),
            why=F("why"),
            by=_person("by"),
            at=F("at"),
            state=F("recommendation__state"),
            offered_version=F("recommendation__offered_version"),
            offered_at=F("recommendation__offered_at"),
            changed=F("recommendation__footing__changed"),
            reactions=ArraySubquery(reactions),
        )
    )


def decisions_json(decisions: QuerySet[Decision]) -> Any:
    """Return decisions as JSON rows, as `around` reads them."""
    return decisions.values(
        json=JSONObject(
            id=F("pk"),
            number=F("number"),
            option=F("option"),
            value=F("value"),
            reasons=F("reasons"),
            state=F("state"),
            made_at=F("made_at"),
            client=_person("client__user"),
            firm=_person("firm__user"),
            reopened_by=_person("reopened_by"),
            reopened_at=F("reopened_at"),
            reopened_why=F("reopened_why"),
            changed=F("footing__changed"),
            options=F("version__options"),
            pick=F("version__pick"),
            why=F("version__why"),
            version=F("version__number"),
            by=_person("version__by"),
            at=F("version__at"),
        )
    )


def _concerned() -> Func:
    """Say whether the item of the entry is among a row's `item_keys`."""
    return Func(
        OuterRef("item_key"),
        F("item_keys"),
        template="(%(expressions)s))",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )


def _clashes(side: Side) -> Any:
    return (
        Clash.objects.open()
        .for_side(is_firm=side == Side.FIRM)
        .filter(_concerned(), engagement_id=OuterRef("engagement_id"))
        .order_by("number")
        .values(
            json=JSONObject(
                number=F("number"),
                title=F("title"),
                says=F("says"),
                is_rule=ExpressionWrapper(Q(kind=Clash.Kind.RULE), output_field=BooleanField()),
            )
        )
    )


def _requests() -> Any:
    return (
        Request.objects.filter(
            _concerned(), engagement_id=OuterRef("engagement_id"), state=Request.State.OPEN
        )
        .order_by("number")
        .values(json=JSONObject(number=F("number"), title=F("title"), by=F("author__user__display_name")))
    )


def around(view: Viewpoint, entry: Entry, answer: Any) -> Around:
    """Read what came with an entry that `entries_for` prepared; *answer* is the item's value now.

    Of a decision that stands the card shows the version it was made on, with all its options.
    """
    found = Around(
        clashes=entry.clashes_json,  # type: ignore[attr-defined]
        requests=entry.requests_json,  # type: ignore[attr-defined]
    )
    advice = next(iter(entry.advice_json), None)  # type: ignore[attr-defined]
    decision = next(iter(entry.decisions_json), None)  # type: ignore[attr-defined]
    if decision is not None:
        found.decision = _decision_view(view, decision, answer)
        if found.decision.stands or advice is None:
            last = advice or {}
            advice = {
                **decision,
                "state": last.get("state", "withdrawn"),
                "offered_version": last.get("offered_version"),
                "offered_at": last.get("offered_at"),
                "reactions": last.get("reactions", []),
                "changed": last.get("changed", {}),
            }
    if advice is not None:
        found.advice = _advice_view(view, advice, found.decision)
    return found


def _decision_view(view: Viewpoint, found: dict[str, Any], answer: Any) -> DecisionView:
    chosen = found["options"][found["option"] - 1]
    return DecisionView(
        id=found["id"],
        number=found["number"],
        option=found["option"],
        title=chosen["title"],
        value=found["value"],
        reasons=found["reasons"],
        client=Person.of(found["client"]),
        firm=Person.of(found["firm"]),
        made_at=datetime.fromisoformat(found["made_at"]),
        stands=found["state"] == Decision.State.STANDING,
        reopened_by=Person.of(found["reopened_by"]),
        reopened_at=_time(found["reopened_at"]),
        reopened_why=found["reopened_why"],
        changed=footing.visible(view, found["changed"]),
        departs=found["value"] is not None and answer != found["value"],
    )


def _advice_view(view: Viewpoint, found: dict[str, Any], decision: DecisionView | None) -> AdviceView:
    stands = decision is not None and decision.stands
    chosen = decision.option if decision is not None and decision.stands else None
    return AdviceView(
        version=found["version"],
        options=options_of(found["options"], found["pick"], chosen),
        why=found["why"],
        by=Person.of(found["by"]),
        at=datetime.fromisoformat(found["at"]),
        state=found["state"],
        offered_version=found["offered_version"],
        offered_at=_time(found["offered_at"]),
        reactions=_latest(found["reactions"]),
        # Of a decision that stands its own footing counts.
        changed=[] if stands else footing.visible(view, found["changed"]),
    )


def options_of(options: Iterable[dict[str, Any]], pick: int, chosen: int | None) -> list[OptionView]:
    """Return stored options as they are shown."""
    return [
        OptionView(
            number=number,
            title=option["title"],
            value=option["value"],
            pros=option["pros"],
            cons=option["cons"],
            effort=option["effort"],
            risk=option["risk"],
            cost=option["cost"],
            is_pick=number == pick,
            is_chosen=number == chosen,
        )
        for number, option in enumerate(options, start=1)
    ]


def _latest(newest_first: list[dict[str, Any]]) -> list[ReactionView]:
    """Return each person's last word, oldest first."""
    seen: set[int] = set()
    found = []
    for one in newest_first:
        if one["person"] not in seen:
            seen.add(one["person"])
            found.append(
                ReactionView(
                    one["kind"],
                    Person.of(one["by"]),
                    one["option"],
                    one["words"],
                    datetime.fromisoformat(one["at"]),
                )
            )
    return found[::-1]


def _time(found: str | None) -> datetime | None:
    return datetime.fromisoformat(found) if found else None
