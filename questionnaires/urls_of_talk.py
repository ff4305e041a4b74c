"""The addresses of what is said and of how it was."""

from django.urls import URLPattern, URLResolver, path

from questionnaires.views import history, past, threads

of_item: list[URLPattern | URLResolver] = [
    path("talk/", threads.talk, name="talk"),
]

of_engagement: list[URLPattern | URLResolver] = [
    path("history/", history.history, name="history"),
    path("compare/", history.compare, name="compare"),
    path("milestones/", history.milestone, name="milestone"),
    path("seen/", history.seen, name="seen"),
    path("as-of/", past.as_of, name="as-of"),
    path("names/", threads.names, name="names"),
    path("threads/<int:thread_id>/reply/", threads.reply, name="thread-reply"),
    path("threads/<int:thread_id>/settle/", threads.settle, name="thread-settle"),
    path("threads/<int:thread_id>/reopen/", threads.reopen, name="thread-reopen"),
    path("threads/<int:thread_id>/assign/", threads.assign, name="thread-assign"),
    path("comments/<int:comment_id>/edit/", threads.edit, name="comment-edit"),
    path("comments/<int:comment_id>/wordings/", threads.wordings, name="comment-wordings"),
]
