"""The addresses of the attempt log."""

from django.urls import URLPattern, URLResolver, path

from questionnaires.views import attempts

of_engagement: list[URLPattern | URLResolver] = [
    path("attempts/", attempts.attempts, name="attempts"),
    path("attempts/new/", attempts.new_attempt, name="attempt-new"),
    path("attempts/read/", attempts.upload, name="attempt-upload"),
    path("attempts/read/<int:import_id>/", attempts.take_over, name="attempt-import"),
    path("attempts/<int:number>/", attempts.attempt, name="attempt"),
    path("attempts/<int:number>/edit/", attempts.edit_attempt, name="attempt-edit"),
    path("attempts/<int:number>/holds/", attempts.attempt_holds, name="attempt-holds"),
]
