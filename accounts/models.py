"""Who people are: clients, and the people of the firm and of its clients."""

import zoneinfo
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Side(models.TextChoices):
    """Which of the two parties somebody belongs to; it decides what they may see."""

    FIRM = "firm", _("Firm")
    CLIENT = "client", _("Client")


class Client(models.Model):
    """An organisation that the firm works for."""

    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(_("short name"), max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), name="accounts_client_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="accounts_client_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Make people from an address."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create one person; without a password they can only come in by invitation or reset."""
        user = self.model(email=email.strip().lower(), **fields)
        if not user.initials:
            user.initials = initials_of(user.display_name or email)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a person by address, whatever its case."""
        return self.get(email__iexact=username)


def check_time_zone(name: str) -> None:
    """Raise ValidationError unless *name* is a zone this machine knows."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("%(name)s is not a time zone we know, such as Europe/Berlin."), params={"name": name}
        )


def initials_of(name: str) -> str:
    """Return one or two capital letters for a name or an address."""
    words = [
        word for word in name.split("@")[0].replace(".", " ").replace("-", " ").split() if word[0].isalpha()
    ]
    words = [word for word in words if word.lower() not in ("dr", "prof", "mr", "mrs", "ms")] or words
    return (words[0][0] + words[-1][0] if len(words) > 1 else (words or ["?"])[0][:2]).upper()


def first_name_of(name: str) -> str:
    """Return the short way to name somebody in a sentence: "Ruth", "Dr Okafor"."""
    words = name.split()
    if len(words) > 1 and words[0].rstrip(".").lower() in ("dr", "prof"):
        return f"{words[0]} {words[-1]}"
    return words[0] if words else ""


class User(AbstractBaseUser):
    """A person: of the firm, or of exactly one client."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    display_name = models.CharField(_("name"), max_length=120)
    initials = models.CharField(_("initials"), max_length=3)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    client = models.ForeignKey(Client, models.PROTECT, null=True, blank=True, related_name="people")
    is_administrator = models.BooleanField(_("administrator"), default=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    language = models.CharField(_("language"), max_length=8, default="en")
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Berlin", validators=[check_time_zone]
    )
    theme = models.CharField(
        _("appearance"),
        max_length=8,
        blank=True,
        choices=[("", _("As this device")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    single_keys = models.BooleanField(_("single-letter keys"), default=True)
    # Bumped on sign-out and when somebody is disabled, so that open streams end (DESIGN rule 5).
    access_version = models.PositiveIntegerField(default=0)
    # How many inbox items are unread; kept with them, so that no page has to count.
    unread = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_once"),
            models.CheckConstraint(
                condition=models.Q(is_administrator=False) | models.Q(client=None),
                name="accounts_user_administrator_is_of_the_firm",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.email

    @property
    def side(self) -> Side:
        """The party this person belongs to."""
        return Side.CLIENT if self.client_id else Side.FIRM

    @property
    def is_firm(self) -> bool:
        """Say whether this person is of the firm."""
        return self.client_id is None

    @property
    def first_name(self) -> str:
        """The short way to name this person in a sentence."""
        return first_name_of(self.display_name) or self.email
