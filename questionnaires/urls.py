"""The addresses of what is asked, answered and worked on."""

from django.urls import URLPattern, URLResolver, include, path

from questionnaires import urls_of_method, urls_of_talk
from questionnaires.views import (
    answers,
    consequences,
    entries,
    files,
    frameworks,
    gates,
    overview,
    rows,
    signing,
    steps,
    stream,
    work,
)

app_name = "questionnaires"

of_item: list[URLPattern | URLResolver] = [
    *urls_of_method.of_item,
    *urls_of_talk.of_item,
    path("", steps.item, name="item"),
    path("answer/", answers.answer, name="answer"),
    path("settle/", answers.settle, name="settle"),
    path("history/", entries.item_history, name="item-history"),
    path("rows/", rows.add, name="row-add"),
    path("paste/", rows.paste, name="row-paste"),
    path("rows/<int:row_id>/cells/<str:column>/", answers.answer, name="cell"),
    path("rows/<int:row_id>/delete/", rows.delete, name="row-delete"),
    path("rows/<int:row_id>/bring-back/", rows.bring_back, name="row-bring-back"),
    path("rows/<int:row_id>/keep/", rows.keep, name="row-keep"),
    path("rows/<int:row_id>/move/", rows.move, name="row-move"),
    path("deeds/<slug:deed>/", entries.deed, name="deed"),
    path("files/", files.add, name="file-add"),
    path("sign/", signing.sign, name="sign"),
    path("consequences/", consequences.of_changing, name="consequences"),
]

of_engagement: list[URLPattern | URLResolver] = [
    *urls_of_method.of_engagement,
    *urls_of_talk.of_engagement,
    path("", overview.overview, name="overview"),
    path("steps/", steps.steps, name="steps"),
    path("steps/<str:number>/", steps.step, name="step"),
    path("items/<str:key>/", include(of_item)),
    path("answers/<int:answer_id>/restore/", answers.restore, name="answer-restore"),
    path("conflicts/<int:conflict_id>/decide/", answers.decide, name="conflict-decide"),
    path("files/", files.files, name="files"),
    path("files/<int:file_id>/", files.file, name="file"),
    path("files/<int:file_id>/versions/<int:number>/", files.file, name="file-version"),
    path("files/<int:file_id>/replace/", files.replace, name="file-replace"),
    path("stream/", stream.stream, name="stream"),
    path("presence/", stream.present, name="presence"),
    path("gates/", gates.listing, name="gates"),
    path("gates/<slug:key>/", gates.gate, name="gate"),
    path("gates/<slug:key>/ask/", gates.ask, name="gate-ask"),
    path("gates/<slug:key>/points/<slug:item_key>/waive/", gates.waive, name="waive"),
    path("waivers/<int:waiver_id>/end/", gates.end_waiver, name="waiver-end"),
    path("sign-offs/<int:sign_off_id>/withdraw/", gates.withdraw, name="sign-off-withdraw"),
    path("registers/", overview.registers, name="registers"),
    path("registers/<slug:key>/", overview.register, name="register"),
]

urlpatterns = [
    path("", work.work, name="work"),
    path("stream/", stream.own_stream, name="own-stream"),
    path("engagements/", work.portfolio, name="portfolio"),
    path("engagements/<int:engagement_id>/", include(of_engagement)),
    path("frameworks/", frameworks.frameworks, name="frameworks"),
    path("frameworks/<int:version_id>/", frameworks.framework, name="framework"),
]
