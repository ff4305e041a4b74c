"""Who may do what at every address of the product: the one table that `test_access_table` holds the product against.

A new route is one more line. `get` and `post` say who may: a Permission, or one of the kinds below; None where the
method does not exist. `body` is the smallest sensible form. `shows` and `does` are the statuses that GET and POST
give to those who may, as one number or as (plain, HTMX). Further names say what a part of the address stands for
where its own name does not say it: `number="step"`. Their values, for two engagements, come from `furnish`.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from engagements.actions import invitations
from engagements.models import Engagement, Mail, Membership
from engagements.policy import Permission, Role
from questionnaires.actions import answers, evidence, rows, waiving
from questionnaires.models import Answer, Conflict, Entry, SignOff
from questionnaires.places import Base, Place
from tests import access_of_reports, access_of_talk, access_of_weighing
from tests.people import World, desk

P = Permission
PUBLIC = "everybody"
SIGNED_IN = "everybody who is signed in"
FIRM = "everybody of the firm"
ADMINISTRATOR = "administrators"
# Where the answer depends on who comes, and other tests know how.
ANY = "some answer"
OWN = "some answer, only to its owner"

Door = Permission | str
Status = int | str | tuple[int, int]


@dataclass(frozen=True)
class Row:
    """One route, or one case of it."""

    route: str
    get: Door | None = None
    post: Door | None = None
    body: dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]] = field(default_factory=dict)
    shows: Status = 200
    does: Status = 302
    door: int = 302  # what strangers get who are not signed in
    get_writes: bool = False  # only where looking is the deed, such as marking as read
    query: str = ""  # what stands behind the address, such as ?at=1
    names: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([self.route + self.query, *self.names.values()])


def row(route: str, get: Door | None = None, post: Door | None = None, **more: Any) -> Row:
    """Write one line of the table."""
    known = {
        name: more.pop(name)
        for name in ("body", "shows", "does", "door", "get_writes", "query")
        if name in more
    }
    return Row(route, get, post, **known, names=more)


FRAME = {"name": "A", "aim": "B", "code": "A-1", "currency": "EUR", "time_zone": "UTC"}
SELF = {"display_name": "A", "initials": "A", "time_zone": "UTC", "language": "en"}
LOOK = {"name": "A", "paper": "A4", "language": "en"}

TABLE = [
    # Without an engagement
    row("health-live", PUBLIC),
    row("health-ready", PUBLIC, shows=503),  # no worker in a test run
    row("engagements:invitation", PUBLIC, PUBLIC, does=ANY),
    row("questionnaires:work", SIGNED_IN),
    row("questionnaires:own-stream", SIGNED_IN, shows=204, door=401),
    row("questionnaires:portfolio", SIGNED_IN),
    row("questionnaires:search", SIGNED_IN, query="?q=model"),
    row("questionnaires:frameworks", FIRM),
    row("questionnaires:framework", FIRM),
    # Reading an engagement
    row("questionnaires:overview", P.SEE),
    row("questionnaires:steps", P.SEE, shows=302),
    row("questionnaires:step", P.SEE, number="step"),
    row("questionnaires:step-map", P.SEE, number="step"),
    row("questionnaires:item", P.SEE),
    row("questionnaires:item-history", P.SEE),
    # Reading its past
    row("questionnaires:step", P.SEE, number="step", query="?at=9"),
    row("questionnaires:item", P.SEE, query="?at=9"),
    row("questionnaires:register", P.SEE, key="register", query="?at=9"),
    row("questionnaires:registers", P.SEE, query="?at=9"),
    row("questionnaires:as-of", P.SEE, shows=302, query="?at=9"),
    row("questionnaires:history", P.SEE),
    row("questionnaires:compare", P.SEE),
    row("reports:redact", P.REDACT, P.REDACT, body={}, does=422),
    row("questionnaires:seen", None, P.SEE),
    row("questionnaires:milestone", None, P.MANAGE, body={"name": "Kick-off signed"}),
    row("questionnaires:registers", P.SEE),
    row("questionnaires:register", P.SEE, key="register"),
    row("questionnaires:register-picture", P.SEE, key="register"),
    row("questionnaires:files", P.SEE),
    row("questionnaires:file", P.SEE),
    row("questionnaires:file-version", P.SEE, number="file_version"),
    row("questionnaires:stream", P.SEE, shows=204, door=401),
    row("questionnaires:presence", None, P.SEE, body={"tab": "abcdefgh"}, does=204),
    # Answering
    row("questionnaires:answer", None, P.ANSWER, body={"value": "Words"}),
    row("questionnaires:settle", None, P.ANSWER),
    row("questionnaires:cell", None, P.ANSWER, body={"value": "Words"}, key="table"),
    row("questionnaires:row-add", None, P.ANSWER, does=(302, 200), key="table"),
    row("questionnaires:row-paste", None, P.ANSWER, body={"text": "Words"}, does=(302, 200), key="table"),
    row("questionnaires:row-delete", None, P.ANSWER, does=(302, 200), key="table"),
    row("questionnaires:row-bring-back", None, P.ANSWER, does=(302, 200), key="table"),
    row("questionnaires:row-keep", None, P.ANSWER, does=(302, 200), key="table"),
    row("questionnaires:row-move", None, P.ANSWER, body={"to": "up"}, does=(302, 200), key="table"),
    row("questionnaires:answer-restore", None, P.ANSWER, body={"version": "1"}, does=(302, 200)),
    row(
        "questionnaires:conflict-decide",
        None,
        P.ANSWER,
        body={"outcome": "mine", "version": "2", "saves": "1"},
        does=(302, 200),
    ),
    row("questionnaires:file-add", P.ANSWER, P.ANSWER, body={"no": "file"}, does=422),
    row("questionnaires:file-replace", P.ANSWER, P.ANSWER, body={"no": "file"}, does=422),
    row(
        "questionnaires:deed",
        P.ASSIGN,
        P.ASSIGN,
        body=lambda at: {"to": at["membership_id"]},
        does=(302, 200),
        deed="assign",
    ),
    row("questionnaires:deed", P.ANSWER, P.ANSWER, body={}, does=422, deed="unknown"),
    row(
        "questionnaires:deed",
        P.ANSWER,
        P.ANSWER,
        body={"reason": "out-of-scope"},
        does=(302, 200),
        deed="not-applicable",
    ),
    row("questionnaires:deed", P.ANSWER, P.ANSWER, does=422, deed="bring-back"),
    row("questionnaires:deed", P.CONFIRM, P.CONFIRM, does=422, deed="confirm"),
    row(
        "questionnaires:deed", P.ANSWER, P.ANSWER, body={"certainty": "fact"}, does=(302, 200), deed="grounds"
    ),
    row("questionnaires:sign", P.SIGN, P.SIGN, does=422, key="gate"),
    row("questionnaires:deed", P.CONFIRM, P.CONFIRM, does=422, deed="holds"),
    row("questionnaires:deed", P.ASSIGN, P.ASSIGN, does=422, deed="again"),
    row("questionnaires:consequences", P.ANSWER, shows=204),
    row("questionnaires:gates", P.SEE),
    row("questionnaires:gate", P.SEE, key="gate_key"),
    row("questionnaires:gate-ask", None, P.ASSIGN, body={"function": "sponsor"}, key="gate_key"),
    row("questionnaires:waive", P.WAIVE, P.WAIVE, body={}, does=422, key="gate_key", item_key="covered"),
    row("questionnaires:waiver-end", None, P.WAIVE),
    # Only one's own.
    row("questionnaires:sign-off-withdraw", P.SIGN, P.SIGN, body={}, shows=ANY, does=ANY),
    row("questionnaires:item-rounds", P.SEE),
    row("questionnaires:round-compare", P.SEE, number="step"),
    row("questionnaires:round-start", P.MANAGE, P.MANAGE, number="step"),
    # People of an engagement
    row("engagements:people", P.SEE),
    row("engagements:invite", P.INVITE, P.INVITE, body={"email": "x@y.example", "role": "observer"}),
    row("engagements:invitation-resend", None, P.INVITE),
    row("engagements:invitation-revoke", None, P.INVITE),
    row("engagements:member", P.MANAGE, P.MANAGE, body={"role": "consultant"}),
    row("engagements:member-leave", P.MANAGE, P.MANAGE),
    row("engagements:frame", P.MANAGE, P.MANAGE, body=FRAME),
    row("engagements:status", None, P.MANAGE, body={"status": "paused"}),
    # One's own
    row("accounts:preferences", SIGNED_IN, SIGNED_IN, body=SELF),
    row("engagements:inbox", SIGNED_IN),
    row("engagements:inbox-read", None, SIGNED_IN, does=(302, 200)),
    row("engagements:inbox-unread", SIGNED_IN),
    row("engagements:inbox-open", SIGNED_IN, shows=404),  # this one is nobody's
    row("engagements:mail-choices", SIGNED_IN, SIGNED_IN, does=ANY),
    row("engagements:mail-stop", PUBLIC, PUBLIC, shows=404, does=404),  # the link is the proof
    # Administration
    row("accounts:administration", ADMINISTRATOR),
    row(
        "accounts:admin-person-new",
        ADMINISTRATOR,
        ADMINISTRATOR,
        body={"email": "a@b.example", "display_name": "A", "time_zone": "UTC", "language": "en"},
    ),
    row("accounts:admin-person", ADMINISTRATOR, ADMINISTRATOR, body=SELF | {"is_active": "on"}),
    row("accounts:admin-person-write", None, ADMINISTRATOR),
    row("accounts:admin-clients", ADMINISTRATOR),
    row("accounts:admin-client-new", ADMINISTRATOR, ADMINISTRATOR, body={"name": "A", "short_name": "A"}),
    row("accounts:admin-client", ADMINISTRATOR, ADMINISTRATOR, body={"name": "A", "short_name": "A"}),
    row("engagements:admin-engagements", ADMINISTRATOR),
    row("engagements:admin-engagement-new", ADMINISTRATOR, ADMINISTRATOR, body={"name": ""}, does=422),
    row("engagements:admin-engagement", ADMINISTRATOR, ADMINISTRATOR, body=FRAME),
    row("engagements:admin-engagement-status", None, ADMINISTRATOR, body={"status": "paused"}),
    row("engagements:admin-engagement-join", None, ADMINISTRATOR, body={"role": "observer"}),
    row("engagements:admin-mails", ADMINISTRATOR),
    row("reports:admin-brand", ADMINISTRATOR, ADMINISTRATOR, body=LOOK),
    row("reports:admin-brand-preview", ADMINISTRATOR),
    row("reports:brand", P.MANAGE, P.MANAGE, body=LOOK),
    row("reports:brand-preview", P.MANAGE),
    row("engagements:admin-mail", ADMINISTRATOR),
    row("engagements:admin-mail-again", None, ADMINISTRATOR),
]

TABLE += [
    row(f"questionnaires:{route}", get, post, **more)
    for route, get, post, more in access_of_weighing.LINES + access_of_talk.LINES
]
TABLE += [row(f"reports:{route}", get, post, **more) for route, get, post, more in access_of_reports.LINES]

# The way in and one's own account: pages of the library, in our words. Other tests know what they do.
LIBRARY = [
    row("account_login", PUBLIC, PUBLIC),
    row("account_logout", PUBLIC, PUBLIC),
    row("account_inactive", PUBLIC),
    row("account_signup", PUBLIC, PUBLIC),
    row("account_reset_password", PUBLIC, PUBLIC),
    row("account_reset_password_done", PUBLIC),
    row("account_reset_password_from_key", PUBLIC, PUBLIC, key="key_of_reset"),
    row("account_reset_password_from_key_done", PUBLIC),
    row("account_confirm_email", PUBLIC, PUBLIC),
    row("account_confirm_login_code", PUBLIC, PUBLIC),
    row("account_email_verification_sent", PUBLIC),
    row("account_reauthenticate", SIGNED_IN, SIGNED_IN),
    row("account_email", SIGNED_IN, SIGNED_IN),
    row("account_change_password", SIGNED_IN, SIGNED_IN),
    row("account_set_password", SIGNED_IN, SIGNED_IN),
    row("mfa_index", SIGNED_IN),
    row("mfa_authenticate", PUBLIC, PUBLIC),
    row("mfa_reauthenticate", SIGNED_IN, SIGNED_IN),
    row("mfa_activate_totp", SIGNED_IN, SIGNED_IN),
    row("mfa_deactivate_totp", SIGNED_IN, SIGNED_IN),
    row("mfa_view_recovery_codes", SIGNED_IN),
    row("mfa_generate_recovery_codes", SIGNED_IN, SIGNED_IN),
    row("mfa_download_recovery_codes", SIGNED_IN),
]


def furnish(world: World, engagement: Engagement, manager: User, client_person: User) -> dict[str, Any]:
    """Put one of everything into an engagement, and return what the parts of addresses stand for in it."""
    of_manager, of_client = desk(manager, engagement), desk(client_person, engagement)
    framework = of_manager.framework
    entries = {
        entry.item_key: entry
        for entry in Entry.objects.filter(engagement=engagement, shown=True).select_related("round")
    }

    def first(type_: str) -> str:
        return next(
            item.key
            for item in framework.items
            if item.type == type_ and not item.internal and item.key in entries
        )

    text, table = first("long_text"), first("table")
    column = next(column.key for column in framework.item(table).columns if column.type == "text")
    for words, by, base in (
        ("One two", of_manager, 0),
        ("One two three", of_manager, 1),
        ("Another", of_client, 1),
    ):
        answers.save(desk=by, place=Place(text), raw=words, base=Base(base), key=uuid.uuid4(), settle=False)
    made = rows.add_rows(desk=of_manager, entry=entries[table], rows=[{column: "A"}, {column: "B"}])
    entry = Entry.objects.select_related("round").get(pk=entries[text].pk)
    file = evidence.attach(desk=of_manager, entry=entry, upload=SimpleUploadedFile("notes.txt", b"Words."))
    email = f"invited@{engagement.code.lower()}.example"
    invitation = invitations.invite(engagement=engagement, email=email, role=Role.OBSERVER, by=manager)
    leaver = Membership.objects.exclude(user__in=[manager, client_person]).filter(
        engagement=engagement, role__in=[Role.OBSERVER, Role.CLIENT_SPONSOR]
    )
    answer = Answer.objects.get(entry=entry, part=Answer.Part.VALUE, row=None)
    gate = next(gate for gate in framework.gates if gate.item_key in entries)
    covered = next(key for key in gate.covers if key in entries)
    of_gate = Entry.objects.select_related("round").get(pk=entries[gate.item_key].pk)
    of_manager = desk(manager, engagement)
    waiver = waiving.give(
        desk=of_manager,
        gate=gate,
        entry=of_gate,
        item_key=covered,
        reason="It comes later.",
        until=engagement.today(timezone.now()),
    )
    signature = SignOff.objects.create(
        entry=of_gate,
        function=gate.functions[0],
        membership=of_manager.membership,
        statement="Agreed.",
        event=waiver.event,
        fingerprint="0" * 64,
        covered={},
        is_stale=True,
    )
    of_client = desk(client_person, engagement)
    talked = access_of_talk.furnish(of_manager, of_client, text)
    return (
        access_of_weighing.furnish(of_manager, of_client)
        | talked
        | access_of_reports.furnish(desk(manager, engagement))
        | {
            "engagement_id": engagement.pk,
            "key": text,
            "table": table,
            "gate": gate.item_key,
            "gate_key": gate.key,
            "covered": covered,
            "waiver_id": waiver.pk,
            "sign_off_id": signature.pk,
            "register": "risks",
            "internal": next(
                (item.key for item in framework.items if item.internal and item.key in entries), ""
            ),
            "column": column,
            "step": "3",
            "row_id": made[1].pk,
            "file_id": file.pk,
            "file_version": 1,
            "answer_id": answer.pk,
            "conflict_id": Conflict.objects.get(answer=answer, outcome="").pk,
            "membership_id": (
                leaver.first() or Membership.objects.get(engagement=engagement, user=client_person)
            ).pk,
            "invitation_id": invitation.pk,
            "token": Mail.objects.get(to=email).text.split("/invitations/")[1].split("/")[0],
            "version_id": world.version.pk,
            "person_id": client_person.pk,
            "client_id": engagement.client_id,
            "mail_id": Mail.objects.get(to=email).pk,
            "uidb36": "1",
            "key_of_reset": "set-1-wrong",
        }
    )
