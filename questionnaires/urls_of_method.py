"""The addresses of how things stand: what is not sure, who holds what, health, evidence, meetings."""

from django.urls import URLPattern, URLResolver, path

from questionnaires.views import certainty, evidence, health, meetings, waiting

of_item: list[URLPattern | URLResolver] = [
    path("check-by/", certainty.check_by, name="check-by"),
    path("assume/", certainty.assume, name="assume"),
    path("hand-over/", waiting.hand_over, name="hand-over"),
]

of_engagement: list[URLPattern | URLResolver] = [
    path("unknowns/", certainty.unknowns, name="unknowns"),
    path("waiting/", waiting.waiting, name="waiting"),
    path("waiting/nudge/", waiting.nudge, name="nudge"),
    path("health/", health.health, name="health"),
    path("health/override/", health.override, name="health-override"),
    path("health/take-back/", health.take_back, name="health-take-back"),
    path("evidence/", evidence.frameworks, name="evidence"),
    path("evidence/<str:key>/", evidence.framework, name="evidence-framework"),
    path("evidence/<str:key>/csv/", evidence.export, name="evidence-export"),
    path("evidence/<str:key>/<str:code>/mark/", evidence.mark, name="evidence-mark"),
    path("meetings/", meetings.meetings, name="meetings"),
    path("meetings/new/", meetings.plan, name="meeting-new"),
    path("meetings/<int:meeting_id>/", meetings.meeting, name="meeting"),
    path("meetings/<int:meeting_id>/edit/", meetings.edit, name="meeting-edit"),
    path("meetings/<int:meeting_id>/add/", meetings.add, name="agenda-add"),
    path("meetings/<int:meeting_id>/<slug:what>/", meetings.turn, name="meeting-turn"),
    path("agenda/<int:point_id>/tick/", meetings.tick, name="agenda-tick"),
    path("agenda/<int:point_id>/note/", meetings.note, name="agenda-note"),
    path("agenda/<int:point_id>/<slug:what>/", meetings.point, name="agenda-point"),
    path("holidays/", waiting.holidays, name="holidays"),
]
