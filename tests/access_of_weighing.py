"""Who may do what with recommendations, decisions, requests, conflicts and attempts: lines of the access table."""

from typing import Any

from engagements.policy import Permission as P
from questionnaires.access import Desk
from questionnaires.actions import attempts, clashes, decisions, recommendations, requests
from questionnaires.models import Entry
from questionnaires.runs import Run

KEY = "priority-rule"
OPTIONS = [{"title": "The sponsor", "value": "sponsor"}, {"title": "By score", "value": "weighted"}]

# Route, GET, POST, further words of `access_table.row`.
LINES: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("recommend", P.RECOMMEND, P.RECOMMEND, {"does": 422, "key": "advised"}),
    ("offer", None, P.OFFER, {"does": 409, "key": "advised"}),
    ("withdraw", None, P.OFFER, {"does": 409, "key": "advised"}),
    ("recommendation-holds", None, P.RECOMMEND, {"does": 409, "key": "advised"}),
    ("react", P.CHOOSE, P.CHOOSE, {"does": (302, 200), "key": "advised", "kind": "agree"}),
    ("decide", P.DECIDE, P.DECIDE, {"does": 422, "key": "advised"}),
    ("decisions", P.SEE, None, {}),
    ("decision", P.SEE, None, {"number": "first"}),
    ("decision-reopen", P.DECIDE, P.DECIDE, {"does": 422, "number": "first"}),
    ("decision-holds", P.DECIDE, P.DECIDE, {"does": 422, "number": "first"}),
    ("row-home", P.SEE, None, {"shows": 302, "row_id": "kept_row"}),
    ("requests", P.SEE, None, {}),
    ("request", P.SEE, None, {"number": "first"}),
    ("request-new", P.ANSWER, P.ANSWER, {"does": 422}),
    ("request-edit", P.ANSWER, P.ANSWER, {"does": 422, "number": "first"}),
    ("request-close", P.ANSWER, P.ANSWER, {"does": 422, "number": "first"}),
    ("conflicts", P.SEE, None, {}),
    ("clash", P.SEE, None, {"number": "first"}),
    ("clash-new", P.ANSWER, P.ANSWER, {"does": 422}),
    ("clash-advise", P.RECOMMEND, P.RECOMMEND, {"does": 422, "number": "first"}),
    ("clash-weigh", P.ANSWER, P.ANSWER, {"does": 302, "number": "first"}),
    ("clash-rank", None, P.CHOOSE, {"does": 422, "number": "first"}),
    ("clash-settle", P.DECIDE, P.DECIDE, {"does": 422, "number": "first"}),
    ("clash-reopen", P.DECIDE, P.DECIDE, {"does": 422, "number": "first"}),
    ("clash-from-answers", None, P.ANSWER, {}),
    ("attempts", P.SEE, None, {}),
    ("attempt", P.SEE, None, {"number": "first"}),
    ("attempt-new", P.ANSWER, P.ANSWER, {"does": 422}),
    ("attempt-edit", P.ANSWER, P.ANSWER, {"does": 422, "number": "first"}),
    ("attempt-holds", None, P.ANSWER, {"does": 409, "number": "first"}),
    ("attempt-upload", P.ANSWER, P.ANSWER, {"does": 422}),
    ("attempt-import", P.ANSWER, P.ANSWER, {"does": 422}),
]


def furnish(of_manager: Desk, of_client: Desk) -> dict[str, Any]:
    """Put one of each into an engagement, and return what the parts of addresses stand for in it."""

    def entry() -> Entry:
        found = Entry.objects.of_latest_rounds().select_related("round")
        return found.get(engagement=of_manager.engagement, item_key=KEY)

    recommendations.prepare(desk=of_manager, entry=entry(), options=OPTIONS, pick=2, why="Easier to accept")
    recommendations.offer(desk=of_manager, entry=entry())
    decision = decisions.decide(
        desk=of_manager,
        entry=entry(),
        option=2,
        client=of_client.membership,
        firm=of_manager.membership,
        reasons="Open to everyone",
        seen=1,
    )
    wanted = [
        requests.record(
            desk=of_client, author=of_client.membership, title=title, need="A round is what we have"
        )
        for title in ("Hourly", "At once")
    ]
    clashes.raise_clash(
        desk=of_manager,
        title="Alarm timing",
        says="Both cannot be",
        parts=[clashes.Part(request=one) for one in wanted],
    )
    attempts.record(desk=of_manager, tried=attempts.Tried(name="Bedside score"))
    kept = attempts.keep_runs(
        engagement=of_manager.engagement,
        by=of_manager.membership.user,
        name="runs.csv",
        runs=[Run(id="r1", metrics={"found": "1"})],
    )
    return {
        "advised": KEY,
        "agree": "agree",
        "first": 1,
        "kept_row": decision.row.pk if decision.row else 0,
        "import_id": kept.pk,
    }
