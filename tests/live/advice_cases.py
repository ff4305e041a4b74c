"""What recommendations, decisions, requests and conflicts change on open pages; `test_fragments` plays each."""

from questionnaires.actions import attempts, clashes, decisions, recommendations, requests
from questionnaires.places import Place
from questionnaires.runs import Run

KEY, GROUND = "priority-rule", "opening-request"
OPTIONS = [
    {
        "title": "The sponsor decides",
        "value": "sponsor",
        "pros": ["Fast"],
        "cons": ["Others may feel unheard"],
    },
    {"title": "Scored on criteria", "value": "weighted", "pros": ["Open"], "cons": ["Needs half a day"]},
]
CASES = {}
# What it changes stands only on pages that always fetch themselves.
ELSEWHERE = {"clashes.rank", "clashes.weigh", "attempts.still_holds"}


def case(name):
    def register(function):
        CASES[name] = function
        return function

    return register


def _prepare(scene, seen=0, rests_on=()):
    recommendations.prepare(
        desk=scene.at("consultant"),
        entry=scene.entry(KEY),
        options=OPTIONS,
        pick=2,
        why="Easier to accept.",
        seen=seen,
        rests_on=rests_on,
    )


def _offer(scene, **more):
    _prepare(scene, **more)
    recommendations.offer(desk=scene.at("consultant"), entry=scene.entry(KEY))


def _decide(scene, option=2, rests_on=()):
    return decisions.decide(
        desk=scene.at("sponsor"),
        entry=scene.entry(KEY),
        option=option,
        client=scene.member("sponsor"),
        firm=scene.member("consultant"),
        reasons="Open to everyone.",
        seen=1,
        rests_on=rests_on,
    )


def _decided(scene, **more):
    _offer(scene)
    return _again(_decide(scene, **more))


def _again(found):
    return type(found).objects.get(pk=found.pk)


def _ground(scene, text, base="0"):
    scene.save("contributor", Place(GROUND), text, base, settle=True)


@case("recommendations.prepare")
def _(scene):
    yield f"item:{KEY}"
    _prepare(scene)


@case("recommendations.prepare: a later version of what is offered")
def _(scene):
    _offer(scene)
    yield f"item:{KEY}"
    _prepare(scene, seen=1)


@case("recommendations.offer")
def _(scene):
    _prepare(scene)
    yield f"item:{KEY}"
    recommendations.offer(desk=scene.at("consultant"), entry=scene.entry(KEY))


@case("recommendations.withdraw")
def _(scene):
    _offer(scene)
    yield f"item:{KEY}"
    recommendations.withdraw(desk=scene.at("consultant"), entry=scene.entry(KEY))


@case("recommendations.react")
def _(scene):
    _offer(scene)
    yield f"item:{KEY}"
    recommendations.react(
        desk=scene.at("contributor"), entry=scene.entry(KEY), kind="choose", option=1, words="Faster"
    )


@case("recommendations.still_holds")
def _(scene):
    _ground(scene, "A model")
    _offer(scene, rests_on=[GROUND])
    _ground(scene, "Two models", "1")
    yield f"item:{KEY}"
    recommendations.still_holds(desk=scene.at("consultant"), entry=scene.entry(KEY))


@case("answers.save: what advice rests on")
def _(scene):
    _ground(scene, "A model")
    _offer(scene, rests_on=[GROUND])
    yield f"item:{KEY}"
    _ground(scene, "Two models", "1")


@case("decisions.decide")
def _(scene):
    _offer(scene)
    yield "register:decisions"
    _decide(scene)


@case("decisions.decide: anew")
def _(scene):
    _decided(scene)
    yield "register:decisions"
    _decide(scene, option=1)


@case("decisions.reopen")
def _(scene):
    found = _decided(scene)
    yield "register:decisions"
    decisions.reopen(desk=scene.at("sponsor"), decision=found, why="The figures moved")


@case("decisions.still_holds")
def _(scene):
    _ground(scene, "A model")
    found = _decided(scene, rests_on=[GROUND])
    _ground(scene, "Two models", "1")
    yield f"item:{KEY}"
    decisions.still_holds(desk=scene.at("sponsor"), decision=_again(found))


@case("answers.save: what a decision rests on")
def _(scene):
    _ground(scene, "A model")
    _decided(scene, rests_on=[GROUND])
    yield f"item:{KEY}"
    _ground(scene, "Two models", "1")


@case("decisions.set_look_again")
def _(scene):
    found = _decided(scene)
    yield "register:decisions"
    decisions.set_look_again(desk=scene.at("consultant"), decision=found, words="After four weeks")


def _request(scene, title="Score hourly"):
    return requests.record(
        desk=scene.at("contributor"),
        author=scene.member("contributor"),
        title=title,
        need="A round is what we have",
        item_keys=[KEY],
    )


@case("requests.record")
def _(scene):
    yield f"item:{KEY}"
    _request(scene)


@case("requests.change")
def _(scene):
    found = _request(scene)
    yield f"item:{KEY}"
    requests.change(
        desk=scene.at("contributor"), request=found, seen=found.changed_at, title="Score at once",
        need=found.need, value="high", effort="low", moscow="must", item_keys=[KEY],
    )  # fmt: skip


@case("requests.close")
def _(scene):
    found = _request(scene)
    yield f"item:{KEY}"
    requests.close(desk=scene.at("sponsor"), request=found, state="declined", words="Not this year")


def _raise(scene, **more):
    return clashes.raise_clash(
        desk=scene.at("consultant"),
        title="Alarm timing",
        says="An alarm cannot be both immediate and held.",
        parts=[clashes.Part(request=_request(scene, title)) for title in ("Hourly", "At once")],
        **more,
    )


@case("clashes.raise_clash")
def _(scene):
    yield "register:conflicts"
    _raise(scene)


@case("clashes.advise")
def _(scene):
    found = _raise(scene)
    yield "register:conflicts"
    advice = clashes.Advice(we_recommend="At once for the top band", offered=True)
    clashes.advise(desk=scene.at("consultant"), clash=_again(found), advice=advice)


@case("clashes.weigh")
def _(scene):
    found = _raise(scene)
    yield "register:conflicts"
    clashes.weigh(desk=scene.at("contributor"), clash=_again(found), consequences={1: "Twelve a shift"})


@case("clashes.rank")
def _(scene):
    found = _raise(scene)
    yield "register:conflicts"
    clashes.rank(desk=scene.at("contributor"), clash=_again(found), order=[2, 1])


def _settle(scene, found):
    clashes.settle(
        desk=scene.at("sponsor"), clash=_again(found), outcome="At once for the top band", reason="Four in ten",
        decided_by=scene.member("sponsor"), informed=[scene.member("contributor")], came={1: "open", 2: "taken"},
    )  # fmt: skip


@case("clashes.settle")
def _(scene):
    found = _raise(scene)
    yield "register:conflicts"
    _settle(scene, found)


@case("clashes.reopen")
def _(scene):
    found = _raise(scene)
    _settle(scene, found)
    yield "register:conflicts"
    clashes.reopen(desk=scene.at("sponsor"), clash=_again(found), why="Nights are different")


def _attempt(scene, **more):
    return attempts.record(desk=scene.at("consultant"), tried=attempts.Tried(name="Bedside score", **more))


@case("attempts.record")
def _(scene):
    yield "register:experiments"
    _attempt(scene)


@case("attempts.record: superseding")
def _(scene):
    found = _attempt(scene)
    yield "register:experiments"
    attempts.record(
        desk=scene.at("consultant"), tried=attempts.Tried(name="Filled in whole"), replaces=_again(found)
    )


@case("attempts.change")
def _(scene):
    found = _again(_attempt(scene))
    yield "register:experiments"
    tried = attempts.Tried(name="Bedside score, as filled in", on=found.on)
    attempts.change(desk=scene.at("consultant"), attempt=found, tried=tried, seen=found.changed_at)


@case("attempts.still_holds")
def _(scene):
    _ground(scene, "A model")
    found = _attempt(scene, rests_on=[GROUND])
    _ground(scene, "Two models", "1")
    yield "register:experiments"
    attempts.still_holds(desk=scene.at("consultant"), attempt=_again(found))


@case("attempts.take_over")
def _(scene):
    at = scene.at("consultant")
    run = Run(id="r1", name="Boosted trees", metrics={"found": "74"})
    kept = attempts.keep_runs(engagement=scene.engagement, by=at.membership.user, name="runs.csv", runs=[run])
    yield "register:experiments"
    attempts.take_over(desk=at, found=kept, chosen=["r1"], columns=attempts.Columns(measure="metrics.found"))
