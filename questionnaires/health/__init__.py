"""How an engagement and its steps do: worked out from a table of rules, kept for lists, set by hand for a while."""

from questionnaires.health.forecast import Forecast
from questionnaires.health.gathering import gather, health
from questionnaires.health.rules import RULES, Health, Override, Reason, Rule

__all__ = ["RULES", "Forecast", "Health", "Override", "Reason", "Rule", "gather", "health"]
