"""The addresses of engagements."""

from django.urls import URLPattern, URLResolver, include, path

from engagements.views import (
    administration,
    frame,
    inbox,
    invitations,
    mail_choices,
    new_engagement,
    people,
)

app_name = "engagements"

of_people: list[URLPattern | URLResolver] = [
    path("", people.people, name="people"),
    path("invite/", people.invite, name="invite"),
    path("<int:membership_id>/", people.member, name="member"),
    path("<int:membership_id>/leave/", people.leave, name="member-leave"),
    path("invitations/<int:invitation_id>/resend/", people.invitation_resend, name="invitation-resend"),
    path("invitations/<int:invitation_id>/revoke/", people.invitation_revoke, name="invitation-revoke"),
]

of_administration: list[URLPattern | URLResolver] = [
    path("engagements/", administration.engagements, name="admin-engagements"),
    path("engagements/new/", new_engagement.engagement_new, name="admin-engagement-new"),
    path("engagements/<int:engagement_id>/", administration.engagement, name="admin-engagement"),
    path(
        "engagements/<int:engagement_id>/status/",
        administration.engagement_status,
        name="admin-engagement-status",
    ),
    path(
        "engagements/<int:engagement_id>/join/", administration.engagement_join, name="admin-engagement-join"
    ),
    path("mail/", administration.mails, name="admin-mails"),
    path("mail/<int:mail_id>/", administration.mail, name="admin-mail"),
    path("mail/<int:mail_id>/again/", administration.mail_again, name="admin-mail-again"),
]

of_inbox: list[URLPattern | URLResolver] = [
    path("", inbox.inbox, name="inbox"),
    path("read/", inbox.inbox_read, name="inbox-read"),
    path("unread/", inbox.unread, name="inbox-unread"),
    path("<int:item_id>/", inbox.inbox_open, name="inbox-open"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("inbox/", include(of_inbox)),
    path("mail/choices/", mail_choices.mail_choices, name="mail-choices"),
    path("mail/stop/<str:token>/", mail_choices.mail_stop, name="mail-stop"),
    path("engagements/<int:engagement_id>/people/", include(of_people)),
    path("engagements/<int:engagement_id>/frame/", frame.frame, name="frame"),
    path("engagements/<int:engagement_id>/status/", frame.status, name="status"),
    path("administration/", include(of_administration)),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
]
