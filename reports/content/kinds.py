"""What each deliverable is for, and the gate that it belongs to."""

from typing import Any

from django.utils.translation import gettext_lazy

from questionnaires.document import Framework, Gate

STATUS = "status-report"
PACK = "handover-pack"

# In the order in which an engagement comes to need them.
PURPOSES: dict[str, Any] = {
    "kickoff-plan": gettext_lazy("What we set out to do, with whom, by when, and how we work together."),
    "discovery-report": gettext_lazy(
        "What is needed, what it is worth, where its limits are, and whether it can be done."
    ),
    "data-assessment": gettext_lazy(
        "What data there is, how far it can be trusted, and on what terms it may be used."
    ),
    "architecture-brief": gettext_lazy(
        "The systems the model has to live in, what they ask of it, and the choices that follow."
    ),
    "experiment-log": gettext_lazy("What we tried, what came of it, and why we kept it or not."),
    "model-card": gettext_lazy(
        "What the model is for, how well it does, for whom it does less well, and where to leave it alone."
    ),
    "deployment-plan": gettext_lazy("How the model goes live, how it comes back, and whether we are ready."),
    "monitoring-governance-plan": gettext_lazy(
        "Who looks after the model, what they watch, what they do when something moves, and who answers for it."
    ),
    "decision-log": gettext_lazy("What was decided, out of what, by whom and why."),
    "risk-register": gettext_lazy("What may go wrong, how grave it is, and what is done about it."),
    STATUS: gettext_lazy("Where we stand, what changed, who has what, and what comes next."),
    PACK: gettext_lazy("Every document of the engagement in one file, with its data beside it."),
}

# The framework's own titles, so that they are found by whoever translates.
TITLES = (
    gettext_lazy("Kick-off plan"),
    gettext_lazy("Discovery report"),
    gettext_lazy("Data assessment"),
    gettext_lazy("Architecture brief"),
    gettext_lazy("Experiment log"),
    gettext_lazy("Deployment plan and readiness"),
    gettext_lazy("Model card"),
    gettext_lazy("Monitoring and governance plan"),
    gettext_lazy("Status report"),
    gettext_lazy("Decision log"),
    gettext_lazy("Risk register"),
    gettext_lazy("Hand-over pack"),
)


def gate_of(framework: Framework, kind: str) -> Gate | None:
    """Return the gate at which a deliverable is due: the last whose sign-off feeds it, None for one that is always kept up."""
    if kind in (STATUS, "decision-log"):
        return None
    if kind == PACK:
        return framework.gates[-1] if framework.gates else None
    found = [gate for gate in framework.gates if kind in framework.item(gate.item_key).feeds]
    return found[-1] if found else None
