"""Flag answers that the framework says cannot both stand, and clear them when they no longer contradict each other."""

from collections.abc import Collection

from questionnaires.actions import clashes, conditions, flags
from questionnaires.actions.act import Act
from questionnaires.conditions import visible_values
from questionnaires.document import Contradiction
from questionnaires.models import Cause, Flag


def judge(act: Act, keys: Collection[str]) -> list[str]:
    """Look at every rule that reads one of *keys*, whose settled values have just changed.

    A rule that fires flags the shown items it names as a conflict, with itself as the cause, and opens a clash; one
    that no longer fires clears its flags. A conflict that people let stand (`Flag.How.DECIDED`) comes up again only when one of
    the answers changes. Returns the keys of items that were flagged.
    """
    rules: dict[str, Contradiction] = {
        rule.key: rule
        for key in sorted(keys)
        for rule in act.framework.contradictions_on(key)
        if key in rule.when.keys
    }
    if not rules:
        return []
    act.store()
    known = act.known
    if known is None:
        known = conditions.settled_values(act.framework, act.engagement.pk)
    values = visible_values(act.framework, known)
    fires = {key: rule.when.holds(values) for key, rule in rules.items()}
    open_flags = Flag.objects.open().filter(
        entry__engagement=act.engagement, source__in=[flags.source_of(Cause.Kind.RULE, key) for key in rules]
    )
    standing: dict[str, list[int]] = {}
    for pk, source in open_flags.values_list("pk", "source"):
        standing.setdefault(source.partition(":")[2], []).append(pk)
    flags.clear(
        act,
        [pk for key, ids in standing.items() if not fires[key] for pk in ids],
        Flag.How.RESOLVED,
    )
    flagged: list[str] = []
    came: list[Contradiction] = []
    for key, rule in rules.items():
        if not fires[key] or key in standing:
            continue
        marks = flags.asked(act, rule.between)
        if marks:
            cause = flags.cause(act, Cause.Kind.RULE, key)
            flags.raise_flags(act, Flag.Kind.CONFLICT, cause, [(mark, (mark.item_key,)) for mark in marks])
            flagged += [mark.item_key for mark in marks]
            came.append(rule)
    clashes.follow(act, came, [key for key in standing if not fires[key]])
    return flagged
