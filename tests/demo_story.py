"""Play the story of an example engagement in memory, noting every act that could not happen."""

import copy
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from accounts.models import Side
from engagements.policy import GRANTS, Permission, Role, side_of_role
from questionnaires.conditions import visible_items, visible_values
from questionnaires.document import Column, Framework, Item, parse
from questionnaires.values import BadValue, clean, for_condition, is_empty

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "reports" / "demo"
TODAY = date(2026, 11, 23)
GROUNDS = {"words", "certainty", "source", "settle", "owner", "due", "unseen"}
ANSWER = {"value", "rows", "files", "none"} | GROUNDS
RECOMMENDED = {"title", "value", "pros", "cons", "effort", "risk", "cost"}
ATTEMPT = {
    "name",
    "hypothesis",
    "approach",
    "data_version",
    "code_version",
    "settings",
    "measure",
    "result",
} | {
    "criterion",
    "outcome",
    "lesson",
    "by",
}
P = Permission
# Verb: what it takes, which fields must stand beside it, which may.
VERBS: dict[str, tuple[Permission, set[str], set[str]]] = {
    "answer": (P.ANSWER, set(), ANSWER),
    "change": (P.ANSWER, set(), ANSWER - {"unseen"} | {"edits"}),
    "confirm": (P.CONFIRM, set(), set()),
    "still_holds": (P.CONFIRM, set(), {"except", "words"}),
    "unknown": (P.ANSWER, {"who", "until", "words"}, set()),
    "not_applicable": (P.ANSWER, {"reason", "words"}, set()),
    "assign": (P.ASSIGN, {"to", "note"}, {"due"}),
    "ask": (P.ASSIGN, {"of", "due", "words"}, set()),
    "note": (P.NOTE, {"text"}, set()),
    "comment": (P.COMMENT, {"text", "side"}, {"id", "reply_to"}),
    "settle_thread": (P.COMMENT, set(), set()),
    "register": (P.ANSWER, {"row"}, {"id", "edit"}),
    "recommend": (P.RECOMMEND, {"options", "pick", "why"}, set()),
    "offer": (P.OFFER, set(), set()),
    "react": (P.CHOOSE, {"kind", "words"}, {"option"}),
    "decide": (P.DECIDE, {"option", "client", "firm", "reasons", "rests_on"}, set()),
    "reopen_decision": (P.DECIDE, {"reasons"}, set()),
    "request": (P.ANSWER, set(), set()),
    "conflict": (P.ANSWER, set(), set()),
    "close_request": (P.DECIDE, {"state", "words"}, set()),
    "rank": (P.CHOOSE, {"order"}, set()),
    "resolve_conflict": (P.DECIDE, {"outcome", "informed"}, {"reason", "decided_by", "keep", "came"}),
    "attempt": (P.ANSWER, set(), set()),
    "sign": (P.SIGN, {"as", "statement"}, set()),
    "waive": (P.WAIVE, {"point", "reason", "approver", "until"}, set()),
    "milestone": (P.MANAGE, {"date"}, {"reached"}),
    "gone": (P.MANAGE, {"to", "words"}, set()),
    "meeting": (P.DECIDE, {"title", "on", "begins", "minutes", "people"}, set()),
    "begin": (P.DECIDE, set(), set()),
    "point": (P.DECIDE, {"words", "minutes"}, set()),
    "minute": (P.ANSWER, {"about", "text"}, {"done"}),
    "end": (P.DECIDE, set(), set()),
}
ITEM_VERBS = (
    set(VERBS)
    - {"still_holds", "register", "request", "close_request", "conflict", "rank", "attempt", "sign", "waive"}
    - {
        "resolve_conflict",
        "milestone",
        "gone",
    }
    - {"meeting", "begin", "point", "minute", "end"}
)
PEOPLE = ("owner", "who", "to", "of", "client", "firm", "decided_by", "approver", "author")
REASONS = {
    "out-of-scope",
    "does-not-exist-here",
    "covered-elsewhere",
    "not-proportionate",
    "may-not-be-shared",
}


@cache
def framework() -> Framework:
    return parse((ROOT / "questionnaires/data/mlops-engagement.yaml").read_text("utf-8"))


@cache
def _read(name: str) -> dict[str, Any]:
    return yaml.safe_load((DEMO / f"{name}.yaml").read_text("utf-8"))


def read(name: str) -> dict[str, Any]:
    return copy.deepcopy(_read(name))


def days(value: Any) -> Iterator[int]:
    """Give every day that an act names, also inside its texts."""
    if isinstance(value, dict):
        if set(value) == {"day"}:
            yield value["day"]
        else:
            for inner in value.values():
                yield from days(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from days(inner)
    elif isinstance(value, str):
        yield from (int(day) for day in re.findall(r"\{day:(-?[0-9]+)\}", value))


class Story:
    """Play the acts of one file in memory, noting every act that could not happen."""

    def __init__(self, content: dict[str, Any], transitive: bool = False) -> None:
        self.content, self.transitive = content, transitive
        self.depth = content["engagement"]["depth"]
        self.client = content["engagement"]["client"]
        self.members = {member["person"]: member for member in content["members"]}
        self.problems: list[str] = []
        self.gone: set[str] = set()
        self.values: dict[str, Any] = {}
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.settled: set[str] = set()
        self.author: dict[str, str] = {}
        self.owner: dict[str, str] = {}
        self.unknown: dict[str, int] = {}
        self.set_aside: set[str] = set()
        self.revisit: dict[str, str] = {}
        self.caused: set[str] = set()
        self.signed: dict[str, dict[str, bool]] = {}
        self.conflicts: dict[str, bool] = {}
        self.unseen: dict[str, tuple[str, Any]] = {}
        self.requests: set[str] = set()
        self.options: dict[str, list[dict[str, Any]]] = {}
        self.offered: set[str] = set()
        self.decided: dict[str, int] = {}
        self.comments: set[str] = set()
        self.register_rows: dict[str, str] = {}
        self.fired: set[str] = set()
        self.held: dict[str, tuple[Side, int]] = {}
        self.counts: Counter[str] = Counter()
        self.meetings: dict[str, str] = {}
        moment = (-10_000, "")
        for act in content["story"]:
            verb = next((key for key in act if key in VERBS), None)
            self.where = f"{act['day']} {act['at']} {act['by']} {verb}"
            if (act["day"], act["at"]) < moment:
                self.wrong("comes before the act above it")
            moment = (act["day"], act["at"])
            if verb is None:
                self.wrong("has no verb")
                continue
            self.act, self.day, self.by = act, act["day"], act["by"]
            self.counts[verb] += 1
            self.general(verb)
            if not self.impossible:
                getattr(self, f"do_{verb}")(act[verb])
            self.fired |= self.contradictions()

    def wrong(self, what: str) -> None:
        self.problems.append(f"{self.where}: {what}")

    def general(self, verb: str) -> None:
        """Check what holds for every act: fields, time, person, right, item."""
        act, (needs, required, allowed) = self.act, VERBS[verb]
        extra = set(act) - {"day", "at", "by", verb}
        if missing := required - extra:
            self.wrong(f"lacks {sorted(missing)}")
        if surplus := extra - required - allowed:
            self.wrong(f"does not take {sorted(surplus)}")
        if not re.fullmatch(r"(0[89]|1[0-7]):[0-5][0-9]", act["at"]) or self.day > 0:
            self.wrong("is outside working time")
        if bad := [day for day in days(act) if day % 7 > 4]:
            self.wrong(f"names weekends {bad}")
        if self.day % 7 > 4 or self.day < self.content["engagement"]["start"]:
            self.wrong("is on a weekend or before the start")
        for field in ("words", "reason", "source", "note"):
            if len(str(act.get(field, ""))) > 300:
                self.wrong(f"{field} is too long to store")
        self.person(self.by, needs)
        for field in PEOPLE:
            if isinstance(key := act.get(field), str):
                self.person(key)
        for key in act.get("informed", ()):
            self.person(key)
        known = self.by in self.members
        self.impossible = not known or (verb in ITEM_VERBS and not self.item(act[verb]))

    def person(self, key: str, needs: Permission = P.SEE) -> None:
        member = self.members.get(key)
        if member is None or member["joined"] > self.day or key in self.gone:
            self.wrong(f"{key} is not in the engagement at that time")
        elif needs not in GRANTS[Role(member["role"])]:
            self.wrong(f"{key} may not do this")

    def side(self, key: str) -> Side:
        return side_of_role(self.members[key]["role"])

    def item(self, key: str) -> bool:
        """Check that the item is asked here and now, and that this side may see it."""
        if not framework().has_item(key):
            self.wrong(f"no item {key}")
            return False
        if key not in self.visible():
            self.wrong(f"{key} is not asked at this depth under these answers")
            return False
        if framework().item(key).internal and self.side(self.by) != Side.FIRM:
            self.wrong(f"{key} is for the firm only")
        return True

    def known(self) -> dict[str, Any]:
        aside = self.unknown.keys() | self.set_aside
        values = {key: value for key, value in self.values.items() if key not in aside}
        for gate in framework().gates:
            if self.signed.get(gate.key):
                values[gate.item_key] = 1
        return {key: for_condition(framework().item(key), value) for key, value in values.items()}

    def visible(self) -> frozenset[str]:
        return visible_items(framework(), self.known(), self.depth)

    def contradictions(self) -> set[str]:
        values = visible_values(framework(), self.known(), self.depth)
        return {rule.key for rule in framework().contradictions if rule.when.holds(values)}

    def answered(self) -> set[str]:
        """Give the items that are asked, have an answer called done and are neither unknown nor set aside."""
        signed = {gate.item_key for gate in framework().gates if self.complete(gate.key)}
        return (self.visible() & (self.settled | signed)) - self.unknown.keys() - self.set_aside

    def complete(self, gate: str) -> bool:
        return set(framework().gate(gate).functions) <= self.signed.get(gate, {}).keys()

    def clean(self, spec: Item | Column, raw: Any) -> Any:
        """Check one value as the product would, and give it as conditions read it."""
        if spec.type == "person":
            self.person(raw)
            return 1
        if spec.type == "file":
            if any(set(file) != {"name", "kind", "text"} for file in raw):
                self.wrong(f"{spec.key}: a file has name, kind, text")
            return [1]
        if spec.type == "date" and isinstance(raw, dict):
            return "2026-11-23"
        if spec.type == "date" and not (isinstance(raw, str) and date.fromisoformat(raw) < TODAY):
            self.wrong(f"{spec.key}: a calendar date is older than the story")
        if spec.type in ("text", "long_text") and not isinstance(raw, str):
            self.wrong(f"{spec.key}: {raw!r} is not a text")
        try:
            return clean(spec, raw)
        except BadValue as error:
            self.wrong(f"{spec.key}: {error}")
            return None

    def cells(self, columns: tuple[Column, ...], cells: dict[str, Any]) -> dict[str, Any]:
        by_key = {column.key: column for column in columns}
        for key, raw in cells.items():
            if key not in by_key:
                self.wrong(f"no column {key}")
            elif is_empty(self.clean(by_key[key], raw)):
                self.wrong(f"{key} is empty")
        return dict(cells)

    def ripple(self, key: str) -> None:
        """Mark what rests on a changed answer, and the gates it belongs to as out of date."""
        after = framework().downstream(key) if self.transitive else framework().dependents(key)
        for item in after:
            if item.key in self.answered() and item.type != "sign_off":
                self.revisit[item.key] = key
                self.caused.add(key)
        for gate in framework().gates:
            if key in gate.covers:
                self.signed[gate.key] = dict.fromkeys(self.signed.get(gate.key, {}), False)

    def store(self, key: str, value: Any, *, settle: bool = True) -> None:
        changed = key in self.settled and self.values.get(key) != value
        self.values[key] = value
        self.unknown.pop(key, None)
        self.set_aside.discard(key)
        self.revisit.pop(key, None)
        self.held.pop(key, None)
        self.author[key] = self.by
        if settle:
            self.settled.add(key)
            if changed:
                self.ripple(key)

    def do_answer(self, key: str) -> None:
        item, act = framework().item(key), self.act
        side = self.side(self.by)
        if item.answered_by == "consultant" and side != Side.FIRM:
            self.wrong(f"{key} is answered by the firm")
        self.counts[f"{item.answered_by} by {side}"] += 1
        if len({"value", "rows", "files", "none", "edits"} & act.keys()) != 1:
            self.wrong("holds one of value, rows, files, none, edits")
        if act.get("certainty", "fact") not in ("fact", "estimate", "assumption"):
            self.wrong(f"no certainty {act['certainty']}")
        self.counts[f"certainty {act.get('certainty')}"] += 1
        if "owner" in act:
            self.owner[key] = act["owner"]
        if "rows" in act:
            if item.type != "table":
                self.wrong(f"{key} is no table")
            self.rows[key] = [self.cells(item.columns, row) for row in act["rows"]]
            value: Any = len(act["rows"])
        elif "edits" in act:
            value = self.edited(item)
        elif "none" in act or "files" in act:
            if item.type != "file":
                self.wrong(f"{key} takes no file")
            value = self.clean(item, act["files"]) if "files" in act else {"none": act["none"]}
        else:
            value = self.clean(item, act.get("value"))
        if act.get("unseen"):
            if key not in self.author or self.author[key] == self.by or value == self.values[key]:
                self.wrong("an answer written unseen differs from somebody else's")
            self.conflicts[key] = True
            self.unseen[key] = (self.by, value)
            return
        if key in self.settled and "answer" in act:
            self.wrong(f"{key} has an answer already: change it")
        self.store(key, value, settle=act.get("settle", True))

    def do_change(self, key: str) -> None:
        if key not in self.author:
            self.wrong(f"{key} has no answer to change")
        self.do_answer(key)

    def edited(self, item: Item) -> Any:
        rows = self.rows.get(item.key, [])
        before = copy.deepcopy(rows)
        for edit in self.act["edits"]:
            if "add" in edit:
                rows.append(self.cells(item.columns, edit["add"]))
            elif not 0 < edit.get("row", edit.get("remove", 0)) <= len(rows):
                self.wrong("names a row that is not there")
            elif "remove" in edit:
                del rows[edit["remove"] - 1]
            else:
                rows[edit["row"] - 1].update(self.cells(item.columns, edit["cells"]))
        if rows == before:
            self.wrong("changes nothing")
        # Any change of a cell counts; the number stands for the table in conditions.
        return (self.values.get(item.key) or 0) + 1

    def do_close_request(self, key: str) -> None:
        if key not in self.requests:
            self.wrong(f"no request {key}")
        if self.act["state"] not in ("taken", "partly", "declined"):
            self.wrong(f"no state {self.act['state']}")

    def do_confirm(self, key: str) -> None:
        if key not in self.answered():
            self.wrong(f"{key} is not answered")
        elif self.owner.get(key) != self.by and self.side(self.author[key]) == self.side(self.by):
            self.wrong(f"{key} is confirmed by its owner or the other side")

    def do_still_holds(self, keys: str | list[str]) -> None:
        if keys == "rest":
            kept = self.act.get("except", [])
            self.revisit = {key: cause for key, cause in self.revisit.items() if key in kept}
            return
        for key in [keys] if isinstance(keys, str) else keys:
            if self.item(key) and key not in self.answered():
                self.wrong(f"{key} has nothing to hold")
            self.revisit.pop(key, None)

    def do_unknown(self, key: str) -> None:
        if key in self.settled:
            self.wrong(f"{key} is answered")
        self.person(self.act["who"])
        self.unknown[key] = self.act["until"]["day"]

    def do_not_applicable(self, key: str) -> None:
        if self.act["reason"] not in REASONS:
            self.wrong(f"no reason {self.act['reason']}")
        self.set_aside.add(key)

    def do_assign(self, key: str) -> None:
        to = self.act["to"]
        if framework().item(key).internal and self.side(to) != Side.FIRM:
            self.wrong("gives an internal item to the client")
        self.owner[key] = to
        self.held[key] = (self.side(to), self.day)

    def do_ask(self, key: str) -> None:
        if key not in self.author and key not in self.unknown:
            self.wrong(f"{key} has nothing to ask about")
        self.held[key] = (self.side(self.act["of"]), self.day)

    def do_note(self, key: str) -> None:
        pass

    def do_comment(self, key: str) -> None:
        if self.act["side"] not in ("both", "firm") or (
            self.act["side"] == "firm" and self.side(self.by) != Side.FIRM
        ):
            self.wrong("is on the wrong side")
        if "reply_to" in self.act and self.act["reply_to"] not in self.comments:
            self.wrong(f"replies to nothing: {self.act['reply_to']}")
        for name in re.findall(r"@([a-z]+)", self.act["text"]):
            self.person(name)
            self.counts[f"mention by {self.side(self.by)}"] += 1
        if "id" in self.act:
            if self.act["id"] in self.comments:
                self.wrong(f"comment {self.act['id']} twice")
            self.comments.add(self.act["id"])

    def do_settle_thread(self, key: str) -> None:
        if not any(act.get("comment") == key for act in self.content["story"]):
            self.wrong(f"no thread at {key}")

    def do_register(self, key: str) -> None:
        if key in ("decisions", "conflicts", "experiments"):
            self.wrong("is written by decide, conflict and attempt")
        self.cells(framework().register(key).columns, self.act["row"])
        if "edit" in self.act and self.register_rows.get(self.act["edit"]) != key:
            self.wrong(f"no row {self.act['edit']} in {key}")
        if "id" in self.act:
            self.register_rows[self.act["id"]] = key

    def do_recommend(self, key: str) -> None:
        item, options = framework().item(key), self.act["options"]
        if not 2 <= len(options) <= 4 or not 1 <= self.act["pick"] <= len(options):
            self.wrong("has two to four options and picks one")
        for option in options:
            if set(option) - RECOMMENDED or not option.get("pros") or not option.get("cons"):
                self.wrong(f"option {option.get('title')} lacks pros or cons, or has too much")
            if "value" in option:
                self.clean(item, option["value"])
        self.options[key] = options

    def do_offer(self, key: str) -> None:
        if key not in self.options:
            self.wrong("offers nothing")
        self.offered.add(key)

    def do_react(self, key: str) -> None:
        if key not in self.offered:
            self.wrong("reacts to nothing offered")
        if self.act["kind"] not in ("agree", "question", "choose") or (self.act["kind"] == "choose") != (
            "option" in self.act
        ):
            self.wrong("agrees, asks, or chooses an option")

    def do_decide(self, key: str) -> None:
        self.person(self.act["client"])
        if self.side(self.act["client"]) != Side.CLIENT or self.side(self.act["firm"]) != Side.FIRM:
            self.wrong("carries one name of each side")
        if key not in self.offered or not 1 <= self.act["option"] <= len(self.options[key]):
            self.wrong("decides on an option that was not offered")
        elif key in self.decided:
            self.wrong("is decided already")
        else:
            for other in self.act["rests_on"]:
                if other not in self.answered():
                    self.wrong(f"rests on {other}, which is not answered")
            self.decided[key] = self.act["option"]
            item = framework().item(key)
            self.store(key, self.clean(item, self.options[key][self.act["option"] - 1]["value"]))

    def do_reopen_decision(self, key: str) -> None:
        if self.decided.pop(key, None) is None:
            self.wrong("reopens what was not decided")

    def do_request(self, request: dict[str, Any]) -> None:
        self.person(request["author"], P.COMMENT)
        if self.side(request["author"]) != Side.CLIENT or set(request) != {
            *("id", "author", "title", "need", "value", "effort", "moscow", "items")
        }:
            self.wrong("is a client's wish with need, value, effort, weight and what it concerns")
        for key in request["items"]:
            if not framework().has_item(key) or framework().item(key).internal:
                self.wrong(f"concerns {key}, which the client never sees")
        if {request["value"], request["effort"]} - {"low", "medium", "high"} or request["moscow"] not in (
            *("must", "should", "could"),
        ):
            self.wrong("weighs with other words")
        self.requests.add(request["id"])

    def do_conflict(self, conflict: dict[str, Any]) -> None:
        if set(conflict["between"]) - self.requests or len(conflict["between"]) != 2:
            self.wrong("is between two requests")
        if len(conflict["comes_to"]) != 2:
            self.wrong("says what each of the two comes to")
        self.conflicts[conflict["id"]] = True

    def do_rank(self, key: str) -> None:
        if not self.conflicts.get(key) or set(self.act["order"]) - self.requests:
            self.wrong("ranks what is not open")

    def do_resolve_conflict(self, key: str) -> None:
        if not self.conflicts.get(key):
            self.wrong(f"{key} is not in conflict")
        self.conflicts[key] = False
        if key in self.unseen:
            other, value = self.unseen.pop(key)
            if self.act.get("keep") not in ("mine", "theirs") or self.by not in (other, self.author[key]):
                self.wrong("keeps mine or theirs, and mine is one of the two")
            if (self.by == other) == (self.act.get("keep") == "mine"):
                self.store(key, value)

    def do_attempt(self, attempt: dict[str, Any]) -> None:
        self.person(attempt["by"])
        if set(attempt) != ATTEMPT or not isinstance(attempt["result"], int | float):
            self.wrong("lacks a field or a figure")
        if attempt["outcome"] not in ("worked", "partly", "did not work", "inconclusive"):
            self.wrong(f"no outcome {attempt['outcome']}")

    def do_sign(self, key: str) -> None:
        member, gate = self.members[self.by], framework().gate(key)
        if not member["may_sign"] or self.act["as"] not in member["functions"]:
            self.wrong(f"{self.by} does not sign as {self.act['as']}")
        if self.act["as"] not in gate.functions:
            self.wrong(f"{key} needs no {self.act['as']}")
        self.item(gate.item_key)
        self.signed.setdefault(key, {})[self.act["as"]] = True

    def do_waive(self, key: str) -> None:
        if self.act["point"] not in framework().gate(key).covers or self.act["until"]["day"] <= self.day:
            self.wrong("waives a point of the gate for a time")

    def do_milestone(self, words: str) -> None:
        if self.act.get("reached") and self.act["date"]["day"] > self.day:
            self.wrong("is reached in the future")

    def do_gone(self, key: str) -> None:
        self.person(key)
        if self.side(key) != self.side(self.act["to"]):
            self.wrong("hands over to the other side")
        self.gone.add(key)

    def do_meeting(self, key: str) -> None:
        if key in self.meetings or self.act["on"]["day"] < self.day:
            self.wrong("is planned twice, or for the past")
        for person in self.act["people"]:
            self.person(person)
        self.meetings[key] = "planned"

    def do_begin(self, key: str) -> None:
        self.turn(key, "planned", "running")

    def do_point(self, key: str) -> None:
        self.turn(key, "planned", "planned")

    def do_minute(self, key: str) -> None:
        self.turn(key, "running", "running")

    def do_end(self, key: str) -> None:
        self.turn(key, "running", "ended")

    def turn(self, key: str, before: str, after: str) -> None:
        if self.meetings.get(key) != before:
            self.wrong(f"meeting {key} is not {before}")
        self.meetings[key] = after

    def firm_only(self) -> Iterator[tuple[dict[str, Any], bool]]:
        """Give each act and whether only the firm may see it."""
        for act in self.content["story"]:
            key = act.get("answer") or act.get("change") or act.get("assign") or ""
            internal = framework().has_item(key) and framework().item(key).internal
            hidden = "recommend" in act and act["recommend"] not in self.offered
            if "meeting" in act:
                hidden = all(self.side(person) == Side.FIRM for person in act["people"])
            yield (
                act,
                internal or hidden or ("note" in act and "assign" not in act) or act.get("side") == "firm",
            )
