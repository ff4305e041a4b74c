"""The certificate of a gate: who signed what, when and with which words, and everything that the signatures cover."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from engagements.templatetags.interface import clock
from questionnaires.gates import Standing
from reports.content import blocks
from reports.content.blocks import Block, Cell
from reports.content.record import Record, day

# What a table of values says beside its first one; the rest is named by a count.
MOST_VALUES = 60


def title(standing: Standing) -> str:
    """Return what the document is called."""
    return _("Certificate: %(gate)s") % {"gate": standing.gate.title}


def about(record: Record, standing: Standing) -> list[tuple[str, str]]:
    """Return what the foot of the cover says: the engagement, the step, the day."""
    step = record.view.framework.step(standing.item.step_key)
    return [
        (_("Engagement"), f"{record.engagement.name}, {record.engagement.code}"),
        (_("Step"), f"{step.number} {step.title}"),
        (_("As of"), f"{day(record.today, record.today)} {record.today.year}"),
        (_("Signed by"), ", ".join(line.sign_off.membership.user.display_name for line in standing.lines if line.sign_off)),
    ]  # fmt: skip


def sections(record: Record, standing: Standing, told: dict[str, Any]) -> list[Block]:
    """Return the certificate; *told* is what `signed.certificate` says of the gate."""
    found = [
        blocks.verdict(*verdict(standing)),
        signatures(record, standing),
        statements(record, standing),
    ]
    if standing.waived:
        found.append(waived(record, standing))
    if standing.unmet:
        found.append(unmet(standing))
    found.append(
        blocks.facts(
            [(_("What stands now"), told["fingerprint"])]
            + [
                (_("Signed as %(function)s") % {"function": one["function"]}, one["fingerprint"])
                for one in told["signatures"]
            ],
            title=_("Fingerprints (SHA-256 over the settled values, as each side sees them)"),
        )
    )
    return [
        blocks.section("signed", standing.gate.title, found),
        blocks.section(
            "covered",
            _("What the signatures cover"),
            [covered(one) for one in told["covered"]],
            lede=_("Every answer this gate covers, as it is settled now."),
        ),
    ]


def verdict(standing: Standing) -> tuple[str, str, str, str]:
    """Return how the gate stands as shape, word, sentence and reasons."""
    settled = _("%(settled)d of %(asked)d answers are settled") % {
        "settled": standing.settled,
        "asked": len(standing.covered),
    }
    if standing.state == "stale":
        return (
            "watch",
            _("To be signed again"),
            _("Something the signatures cover has changed since."),
            settled,
        )
    if standing.state == "open":
        missing = ", ".join(line.function.title for line in standing.unsigned)
        return "watch", _("Not signed by all yet"), _("Still to sign: %(who)s.") % {"who": missing}, settled
    words = _("Everybody who has to sign has signed, and nothing has changed since.")
    if standing.waived:
        return "watch", _("Signed, with points let pass"), words, settled
    return "on_track", _("Signed"), words, settled


def signatures(record: Record, standing: Standing) -> Block:
    """Return one line for each function that has to sign."""
    rows: list[list[Cell]] = []
    for line in standing.lines:
        one = line.sign_off
        if one is None:
            rows.append([line.function.title, "", "", {"text": _("not signed yet"), "tone": "warn"}])
            continue
        signer = one.membership.user
        part = signer.job_title or one.membership.get_role_display()
        state = (
            {"text": _("something it covers has changed since"), "tone": "warn"}
            if one.is_stale
            else {"text": _("stands"), "tone": "ok"}
        )
        rows.append(
            [
                line.function.title,
                {"text": signer.display_name, "sub": part},
                moment(record, one.signed_at),
                state,
            ]
        )
    return blocks.table([_("As"), _("Name"), _("Signed on"), _("Standing")], rows, title=_("Signatures"))


def moment(record: Record, at: Any) -> str:
    """Return a day with its year and the time, by the engagement's clock."""
    on = record.engagement.today(at)
    return f"{day(on, on)} {on.year}, {clock(at)}"


def statements(record: Record, standing: Standing) -> Block:
    """Return what each signer said with the signature."""
    lines = [
        {
            "title": line.sign_off.membership.user.display_name,
            "words": line.sign_off.statement,
            "meta": line.sign_off.comment,
        }
        for line in standing.lines
        if line.sign_off is not None
    ]
    return blocks.told(lines, title=_("What was signed"))


def waived(record: Record, standing: Standing) -> Block:
    """Return what is let pass, until when, by whom and why."""
    return blocks.table(
        [_("Let pass"), _("Why"), _("By"), (_("Until"), "r day")],
        [
            [
                {"text": point.item.title, "sub": point.item.number},
                point.waiver.reason,
                point.waiver.approved_by.user.display_name,
                day(point.waiver.until, record.today),
            ]
            for point in standing.waived
            if point.waiver
        ],
        title=_("What is let pass for a while"),
    )


def unmet(standing: Standing) -> Block:
    """Return what is not settled, with how each stands."""
    return blocks.table(
        [_("No."), _("Not settled"), _("State")],
        [
            [point.item.number, point.item.title, str(point.entry.get_state_display())]
            for point in standing.unmet
        ],
        title=_("What is not settled"),
    )


def covered(told: dict[str, Any]) -> Block:
    """Return one covered answer, value by value."""
    own = [text for label, text in told["values"] if not label and text]
    named = [(label, text) for label, text in told["values"] if label and text]
    value: list[Block] = [blocks.text(text) for text in own]
    if named:
        value.append(blocks.table([_("Place"), _("What it says")], named[:MOST_VALUES]))
    if len(named) > MOST_VALUES:
        left = len(named) - MOST_VALUES
        value.append(
            blocks.quiet(ngettext("and %(count)d more value", "and %(count)d more values", left) % {"count": left})
        )  # fmt: skip
    if not value:
        value.append(blocks.quiet(_("Nothing is settled here.")))
    return blocks.answer(
        number=told["number"], question=told["prompt"] or told["title"], value=value, side=[told["state"]]
    )
