"""Is it really this person: a sign-in or a password typed within the last minutes."""

import time
from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import ratelimit

from accounts.http import SignedInRequest

RECENT = timedelta(minutes=10)


class TooManyTries(Exception):
    """The password was typed wrong too often; it can be tried again in a minute."""


def is_fresh(request: SignedInRequest, within: timedelta = RECENT) -> bool:
    """Say whether this browser's person signed in, or typed the password again, not longer ago than *within*."""
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - max(record["at"] for record in records) < within.total_seconds()


def prove(request: SignedInRequest, password: str) -> bool:
    """Check the password again and remember that it was right. Raises TooManyTries, by the limits of signing in."""
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        raise TooManyTries
    if not password or not get_adapter(request).reauthenticate(request.user, password):
        return False
    reauthenticate_by_password(request)
    return True
