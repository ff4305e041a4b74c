"""Ring the doorbell after a commit. Nothing depends on anybody hearing it (DESIGN rule 7)."""


def announce(engagement_id: int, number: int) -> None:
    """Tell every web process that event *number* of an engagement is there."""
