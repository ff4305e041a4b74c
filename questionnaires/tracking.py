"""Read runs from an MLflow tracking server. Needs the optional package, which is imported only here, when asked for."""

from django.conf import settings
from django.utils.translation import gettext as _

from questionnaires.runs import MAX_RUNS, BadRuns, Run, exported_run


def is_set_up() -> bool:
    """Say whether this installation names a tracking server."""
    return bool(getattr(settings, "MLFLOW_TRACKING_URI", ""))


def experiments_runs(experiment: str) -> list[Run]:
    """Return the runs of one experiment, by its name, oldest first. Raises BadRuns with what to do.

    The server is the installation's, never one that somebody types: this process must not be sent to any address.
    """
    if not is_set_up():
        raise BadRuns(_("No tracking server is set up here. Upload a file instead, or ask for the server to be named in the settings."))  # fmt: skip
    try:
        from mlflow.entities import ViewType
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise BadRuns(_("Reading from a tracking server needs the package mlflow-skinny, which is not installed here. Upload a file instead.")) from error  # fmt: skip
    client = MlflowClient(tracking_uri=str(getattr(settings, "MLFLOW_TRACKING_URI", "")))
    try:
        found = client.get_experiment_by_name(experiment)
        if found is None:
            raise BadRuns(_("The tracking server has no experiment called “%(name)s”.") % {"name": experiment[:200]})  # fmt: skip
        runs = client.search_runs(
            [found.experiment_id], run_view_type=ViewType.ACTIVE_ONLY, max_results=MAX_RUNS
        )
    except (MlflowException, OSError) as error:
        raise BadRuns(_("The tracking server did not answer. Nothing was read; try again, or upload a file.")) from error  # fmt: skip
    read = [exported_run(run.to_dictionary(), place) for place, run in enumerate(runs)]
    return sorted((run for run in read if run), key=lambda run: (run.at or "9", run.id))
