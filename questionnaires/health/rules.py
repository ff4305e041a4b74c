"""The rules, and what they come to: one table decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy

from questionnaires.health.facts import Facts
from questionnaires.health.forecast import Forecast
from questionnaires.health.measures import MEASURES, NEAR
from questionnaires.health.sentences import SAYS
from questionnaires.models import HealthLevel, HealthOverride

Level = HealthLevel
RANK = {Level.AT_RISK: 0, Level.WATCH: 1, Level.ON_TRACK: 2}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what is measured, and from which value on it means watch or at risk. None means never."""

    key: str
    measured: Any
    unit: Any
    watch: int
    at_risk: int | None
    firm_only: bool = False


DAYS = gettext_lazy("working days")
COUNT = gettext_lazy("in number")
POINTS = gettext_lazy("percentage points")

# The table that decides, in the order in which reasons are named. The page "How this is worked out" shows it.
RULES: tuple[Rule, ...] = (
    Rule("late", gettext_lazy("How long the oldest planned date lies back"), DAYS, 1, 10),
    Rule("conflict", gettext_lazy("How long the oldest open conflict stands"), DAYS, 0, 10),
    Rule("stale", gettext_lazy("Sign-offs that are out of date"), COUNT, 1, 3),
    Rule("waiting", gettext_lazy("How long the oldest open thing waits"), DAYS, 9, 15),
    Rule(
        "unknown", gettext_lazy("How far an unknown is past its date (before it: negative)"), DAYS, -NEAR, 5
    ),
    Rule("no_owner", gettext_lazy("Questions of a step in work that nobody here can be asked"), COUNT, 1, 10),
    Rule("revisit", gettext_lazy("Answers to look at again"), COUNT, 1, 8),
    Rule("waiver", gettext_lazy("How far a waiver is past its end (before it: negative)"), DAYS, -NEAR, None),
    Rule("quiet", gettext_lazy("How long nothing has moved"), DAYS, 5, 10),
    Rule("forecast", gettext_lazy("How far the forecast end lies past the planned one"), DAYS, 1, 15),
    Rule("budget", gettext_lazy("How far the budget is ahead of the time"), POINTS, 10, 20, firm_only=True),
)
RULE = {rule.key: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a health is what it is: the rule, plain values for its sentence, and the page it is about."""

    rule: str
    level: str
    values: Mapping[str, Any]
    url: str = ""

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return SAYS[self.rule](self.values)


@dataclass(frozen=True, slots=True)
class Override:
    """What somebody set by hand, with name, reason and end."""

    level: str
    by: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Health:
    """A level with its reasons. `computed` is what the rules say, also where somebody set another one by hand."""

    level: str
    computed: str
    reasons: tuple[Reason, ...]
    override: Override | None = None
    forecast: Forecast | None = None

    @property
    def rank(self) -> int:
        """Where it stands when the worst comes first."""
        return RANK[Level(self.level)]


def judge(facts: Facts) -> tuple[Reason, ...]:
    """Return the reasons that the rules find, the worse ones first. Pure."""
    found = []
    for rule in RULES:
        if rule.firm_only and not facts.is_firm:
            continue
        measured = MEASURES[rule.key](facts)
        if measured is None or measured.value < rule.watch:
            continue
        is_risk = rule.at_risk is not None and measured.value >= rule.at_risk
        level = Level.AT_RISK if is_risk else Level.WATCH
        found.append(Reason(rule.key, str(level), measured.values, measured.url))
    return tuple(sorted(found, key=lambda reason: RANK[Level(reason.level)]))


def level_of(reasons: Iterable[Reason]) -> str:
    """Return the level that reasons come to: that of the worst."""
    return str(min((Level(reason.level) for reason in reasons), key=RANK.__getitem__, default=Level.ON_TRACK))


def put_together(
    facts: Facts, override: HealthOverride | None, reasons: tuple[Reason, ...] | None = None
) -> Health:
    """Return the health that facts come to, or what was set by hand instead."""
    reasons = judge(facts) if reasons is None else reasons
    computed = level_of(reasons)
    by_hand = (
        Override(override.level, override.by.user.display_name, override.reason, override.until)
        if override
        else None
    )
    return Health(by_hand.level if by_hand else computed, computed, reasons, by_hand, facts.forecast)
