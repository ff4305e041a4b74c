"""Fill a base with engagements, through the product's own actions."""

import random
import uuid
from datetime import date

from django.db import transaction

from accounts.models import Client, User
from bench.documents import document
from engagements.actions import engagements, people
from engagements.models import Engagement
from engagements.policy import Permission, Role
from questionnaires.access import get_desk
from questionnaires.actions import answers, opening, publishing
from questionnaires.models import Answer, Entry, FrameworkVersion
from questionnaires.places import Base, Place

WORDS = (
    "Every night a job reads the ward system and writes one line for each stay; the archive is only read when "
    "somebody asks. Two people know how it works, and they check the counts on Mondays. **Missing** values stay "
    "missing: nobody fills them in."
)


def person(name: str, client: Client | None = None, **more: object) -> User:
    """Create somebody; they sign in by a session that the bench makes for them."""
    email = f"{name.replace(' ', '.').lower()}@bench.example"
    return User.objects.create_user(email=email, display_name=name, client=client, **more)


@transaction.atomic
def cast() -> tuple[User, Client]:
    """Return the project manager and the client of every engagement here, making them the first time."""
    client, is_new = Client.objects.get_or_create(name="Northbridge Hospitals", short_name="Northbridge")
    return (person("Petra Brandt") if is_new else User.objects.get(display_name="Petra Brandt")), client


def sized(cast: tuple[User, Client], size: int, *, per_step: int | None = None) -> Engagement:
    """Return an engagement of *size* questions, 80 % of them answered, making it the first time."""
    code = f"BENCH-{size}-{per_step or size}"
    known = Engagement.objects.filter(code=code).first()
    return known or engagement(*cast, document(size, per_step=per_step), code)


def engagement(
    manager: User, client: Client, text: str, code: str, *, answered: float = 0.8, most: int = 1000
) -> Engagement:
    """Open an engagement of a framework and answer a part of its first *most* questions."""
    version, _new = publishing.publish(text)
    opened = opened_with(manager, client, version, code)
    with transaction.atomic():
        _answer(manager, opened, answered, most)
    return opened


@transaction.atomic
def opened_with(manager: User, client: Client, version: FrameworkVersion, code: str) -> Engagement:
    """Open an engagement at full depth."""
    shell = {
        "name": f"Bench {code}",
        "aim": "To be measured.",
        "code": code,
        "depth": "full",
        "status": "active",
        "start_date": date(2026, 9, 1),
        "end_date": date(2027, 3, 31),
        "budget": 90000,
    }
    opened = engagements.create(by=manager, manager=manager, client=client, **shell)
    opening.open_questionnaire(engagement=opened, version=version, by=manager)
    return opened


def _answer(manager: User, opened: Engagement, part: float, most: int) -> None:
    chance = random.Random(7)
    for entry in list(Entry.objects.filter(engagement=opened).exclude(round=None).order_by("pk")[:most]):
        desk = get_desk(manager, opened.pk, can=Permission.ANSWER)
        item = desk.framework.item(entry.item_key)
        if chance.random() > part or item.type in ("table", "sign_off", "file", "person"):
            continue
        answers.save(
            desk=desk,
            place=Place(item.key),
            raw=value_of(item, chance),
            base=Base(0),
            key=uuid.uuid4(),
            settle=True,
        )


def value_of(item, chance: random.Random):
    """Return something to answer *item* with."""
    match item.type:
        case "long_text":
            return f"{WORDS} ({item.key})"
        case "single_choice":
            return chance.choice(item.options).value
        case "multi_choice":
            return [item.options[0].value]
        case "yes_no":
            return chance.choice(("yes", "no", "unsure"))
        case "number":
            return str(chance.randint(1, 400))
        case "money":
            return "1200/month"
        case "date":
            return "2026-12-01"
    raise ValueError(item.type)


def joined(opened: Engagement, manager: User, name: str, client: Client | None = None) -> User:
    """Return somebody who is a member of *opened*: of the firm, or a contributor of *client*."""
    email = f"{name.replace(' ', '.').lower()}@bench.example"
    user = User.objects.filter(email=email).first() or person(name, client)
    if not opened.memberships.filter(user=user).exists():
        role = Role.CLIENT_CONTRIBUTOR if client else Role.CONSULTANT
        people.join(engagement=opened, user=user, role=role, by=manager)
    return user


def save(opened: Engagement, key: str, value: str) -> None:
    """Save a text as the project manager, whatever was there."""
    manager = User.objects.get(display_name="Petra Brandt")
    desk = get_desk(manager, opened.pk, can=Permission.ANSWER)
    stored = Answer.objects.filter(
        entry__engagement=opened, entry__item_key=key, row=None, part="value"
    ).first()
    base = Base(stored.version if stored else 0)
    answers.save(desk=desk, place=Place(key), raw=value, base=base, key=uuid.uuid4(), settle=True)
