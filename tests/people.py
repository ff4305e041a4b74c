"""The named people of the tests and a small world for them, and plain functions to make more of either."""

import itertools
from dataclasses import dataclass
from datetime import date

from django.test import Client as Browser

from accounts.models import Client, User
from engagements.actions import engagements, people
from engagements.models import Engagement
from engagements.policy import Permission, Role
from questionnaires.access import Desk, get_desk
from questionnaires.actions import opening, publishing
from questionnaires.models import FrameworkVersion

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Part:
    """Who somebody of the world is: the part is that in the first engagement, if any."""

    name: str
    side: str  # "firm", "client" (of the first engagement) or "other" (of the second)
    role: Role | None = None
    functions: tuple[str, ...] = ()
    may_sign: bool = False


CAST = {
    "project_manager": Part("Petra Brandt", "firm", Role.PROJECT_MANAGER, ("pm",), may_sign=True),
    "consultant": Part("Carla Conti", "firm", Role.CONSULTANT, ("ml-engineer",)),
    "observer": Part("Oskar Lind", "firm", Role.OBSERVER),
    "administrator": Part("Ada Moreau", "firm"),
    "outsider": Part("Nils Fremd", "firm"),
    "other_manager": Part("Otto Vance", "firm"),
    "sponsor": Part("Sofie Sander", "client", Role.CLIENT_SPONSOR, ("sponsor",), may_sign=True),
    "contributor": Part(
        "Cem Kaya", "client", Role.CLIENT_CONTRIBUTOR, ("data-owner", "it-architect"), may_sign=True
    ),
    "reviewer": Part("Rosa Ruiz", "client", Role.CLIENT_REVIEWER),
    "other_client_member": Part("Olga Orlova", "other"),
}

_numbers = itertools.count(1)


@dataclass
class World:
    """Two clients, an engagement of each, and people by what they are (`world.people["sponsor"]`)."""

    people: dict[str, User]
    client: Client
    other_client: Client
    engagement: Engagement  # depth full, active
    other_engagement: Engagement  # depth core; only other_manager and other_client_member are in it
    version: FrameworkVersion


def make_client(name: str = "") -> Client:
    """Create an organisation that the firm works for."""
    name = name or f"Client {next(_numbers)}"
    return Client.objects.create(name=name, short_name=name[:40])


def make_person(name: str = "", *, client: Client | None = None, **fields: object) -> User:
    """Create somebody of the firm, or of *client*, who signs in with PASSWORD."""
    name = name or f"Person {next(_numbers)}"
    place = f"client{client.pk}" if client else "firm"
    fields.setdefault("email", f"{name.replace(' ', '.').lower()}@{place}.example")
    return User.objects.create_user(password=PASSWORD, display_name=name, client=client, **fields)


def make_engagement(
    *, client: Client, manager: User, version: FrameworkVersion, depth: str = "full", **fields: object
) -> Engagement:
    """Create an active engagement with its questionnaire opened."""
    number = next(_numbers)
    shell = {
        "name": f"Engagement {number}",
        "aim": "Find out whether a model helps, and keep it running if it does.",
        "code": f"TST-{number:02}",
        "status": Engagement.Status.ACTIVE,
        "start_date": date(2026, 9, 7),
        "end_date": date(2027, 2, 26),
    }
    engagement = engagements.create(by=manager, manager=manager, client=client, depth=depth, **shell | fields)
    opening.open_questionnaire(engagement=engagement, version=version, by=manager)
    engagement.refresh_from_db()
    return engagement


def desk(person: User, engagement: Engagement, can: Permission = Permission.SEE) -> Desk:
    """Return *person*'s desk in *engagement*, freshly read and through the door."""
    return get_desk(person, engagement.pk, can=can)


def browser_of(person: User | None, *, csrf: bool = False) -> Browser:
    """Return a test browser in which *person* is signed in; with *csrf* it is refused without a token."""
    browser = Browser(enforce_csrf_checks=csrf)
    if person is not None:
        browser.force_login(person)
    return browser


def build_world() -> None:
    """Create the world from nothing, through the product's own actions."""
    version, _new = publishing.publish(publishing.builtin())
    client, other_client = make_client("Northbridge Hospitals"), make_client("Harbour Streaming")
    clients = {"firm": None, "client": client, "other": other_client}
    found = {
        key: make_person(part.name, client=clients[part.side], is_administrator=key == "administrator")
        for key, part in CAST.items()
    }
    manager, other_manager = found["project_manager"], found["other_manager"]
    engagement = make_engagement(
        client=client, manager=manager, version=version, name="Stroke risk", code="NBH-01"
    )
    for key, part in CAST.items():
        if part.role:
            people.join(
                engagement=engagement,
                user=found[key],
                role=part.role,
                functions=list(part.functions),
                may_sign=part.may_sign,
                by=manager,
            )
    other = make_engagement(
        client=other_client,
        manager=other_manager,
        version=version,
        depth="core",
        name="Threats in video",
        code="HST-01",
    )
    people.join(
        engagement=other,
        user=found["other_client_member"],
        role=Role.CLIENT_SPONSOR,
        may_sign=True,
        by=other_manager,
    )


def read_world() -> World:
    """Return the world as objects of one test's own."""
    by_name = {user.display_name: user for user in User.objects.select_related("client")}
    found = {key: by_name[part.name] for key, part in CAST.items()}
    shells = Engagement.objects.select_related("client", "questionnaire__version__framework")
    engagement, other = (shells.get(code=code) for code in ("NBH-01", "HST-01"))
    return World(
        people=found,
        client=engagement.client,
        other_client=other.client,
        engagement=engagement,
        other_engagement=other,
        version=engagement.questionnaire.version,
    )
