"""Verbs of the stories about advice, decisions, requests and conflicts."""

from decimal import Decimal
from typing import Any

from questionnaires.actions import attempts, clashes, decisions, recommendations, requests
from questionnaires.models import Clash, ClashSide, Decision, Recommendation, Request
from reports.demo.story import Stage, verb


@verb("recommend")
def recommend(stage: Stage, act: dict[str, Any]) -> None:
    """Prepare our advice on an item."""
    entry = stage.entry(act["recommend"])
    known = Recommendation.objects.filter(entry=entry).first()
    recommendations.prepare(
        desk=stage.by,
        entry=entry,
        options=act["options"],
        pick=act["pick"],
        why=stage.text(act["why"]),
        seen=known.version if known else 0,
        at=stage.at,
    )


@verb("offer")
def offer(stage: Stage, act: dict[str, Any]) -> None:
    """Show it to the client."""
    recommendations.offer(desk=stage.by, entry=stage.entry(act["offer"]), at=stage.at)


@verb("react")
def react(stage: Stage, act: dict[str, Any]) -> None:
    """Say what the client side thinks of it."""
    recommendations.react(
        desk=stage.by,
        entry=stage.entry(act["react"]),
        kind=act["kind"],
        option=act.get("option"),
        words=stage.text(act.get("words", "")),
        at=stage.at,
    )


@verb("decide")
def decide(stage: Stage, act: dict[str, Any]) -> None:
    """Record the decision under both names; it answers the item."""
    entry = stage.entry(act["decide"])
    decisions.decide(
        desk=stage.by,
        entry=entry,
        option=act["option"],
        client=stage.members[act["client"]],
        firm=stage.members[act["firm"]],
        reasons=stage.text(act["reasons"]),
        seen=Recommendation.objects.get(entry=entry).offered_version or 0,
        rests_on=act["rests_on"],
        at=stage.at,
    )


@verb("reopen_decision")
def reopen_decision(stage: Stage, act: dict[str, Any]) -> None:
    """Open a decision again, with the reasons."""
    decision = (
        Decision.objects.standing()
        .select_related("entry__round", "version", "row")
        .get(entry=stage.entry(act["reopen_decision"]))
    )
    decision.entry.engagement = stage.engagement
    decisions.reopen(desk=stage.by, decision=decision, why=stage.text(act["reasons"]), at=stage.at)


@verb("request")
def request(stage: Stage, act: dict[str, Any]) -> None:
    """Write down what somebody on the client side wants."""
    told = act["request"]
    made = requests.record(
        desk=stage.by,
        author=stage.members[told["author"]],
        title=told["title"],
        need=stage.text(told["need"]),
        value=told["value"],
        effort=told["effort"],
        moscow=told["moscow"],
        item_keys=told.get("items", ()),
        at=stage.at,
    )
    stage.names["request", told["id"]] = made.pk


@verb("conflict")
def conflict(stage: Stage, act: dict[str, Any]) -> None:
    """Put requests side by side that cannot both stand, with what we would do."""
    told = act["conflict"]
    wanted = [Request.objects.get(pk=stage.names["request", key]) for key in told["between"]]
    made = clashes.raise_clash(
        desk=stage.by,
        title=told["title"],
        says=stage.text(told["says"]),
        parts=[
            clashes.Part(request=one, consequence=words)
            for one, words in zip(wanted, told["comes_to"], strict=True)
        ],
        advice=clashes.Advice(
            options=told["options"],
            we_recommend=told["we_recommend"],
            pros=told["pros"],
            cons=told["cons"],
            offered=True,
        ),
        at=stage.at,
    )
    stage.names["clash", told["id"]] = made.pk


@verb("rank")
def rank(stage: Stage, act: dict[str, Any]) -> None:
    """Rank the sides of a conflict."""
    clash = clash_of(stage, act["rank"])
    positions = dict(clash.sides.values_list("request_id", "position"))
    order = [positions[stage.names["request", key]] for key in act["order"]]
    clashes.rank(desk=stage.by, clash=clash, order=order, at=stage.at)


def clash_of(stage: Stage, key: str) -> Clash:
    """Return a conflict of the story by its id."""
    return Clash.objects.select_related("raised_by", "row").get(pk=stage.names["clash", key])


def settle_clash(stage: Stage, act: dict[str, Any]) -> None:
    """Write down how a conflict between requests was settled."""
    clashes.settle(
        desk=stage.by,
        clash=clash_of(stage, act["resolve_conflict"]),
        outcome=stage.text(act["outcome"]),
        reason=stage.text(act["reason"]),
        decided_by=stage.members[act["decided_by"]],
        informed=[stage.members[key] for key in act["informed"]],
        came=came_of(stage, act.get("came", {})),
        at=stage.at,
    )


def came_of(stage: Stage, told: dict[str, str]) -> dict[int, str]:
    """Return by position what came of the requests that a story calls by id."""
    wanted = {stage.names["request", key]: state for key, state in told.items()}
    sides = ClashSide.objects.filter(request__in=wanted).values_list("position", "request")
    return {position: wanted[pk] for position, pk in sides}


@verb("close_request")
def close_request(stage: Stage, act: dict[str, Any]) -> None:
    """Say what came of a request."""
    requests.close(
        desk=stage.by,
        request=Request.objects.get(pk=stage.names["request", act["close_request"]]),
        state=act["state"],
        words=stage.text(act["words"]),
        at=stage.at,
    )


@verb("attempt")
def attempt(stage: Stage, act: dict[str, Any]) -> None:
    """Write down what was tried."""
    told = act["attempt"]
    tried = attempts.Tried(
        name=told["name"],
        hypothesis=told["hypothesis"],
        approach=told["approach"],
        data_version=str(told["data_version"]),
        code_version=str(told["code_version"]),
        settings=told["settings"],
        measure=told["measure"],
        result=Decimal(str(told["result"])),
        criterion=told["criterion"],
        outcome=told["outcome"],
        lesson=told["lesson"],
        on=stage.engagement.today(stage.at),
        by=stage.members[told["by"]],
        rests_on=told.get("rests_on", ()),
    )
    attempts.record(desk=stage.by, tried=tried, at=stage.at)
