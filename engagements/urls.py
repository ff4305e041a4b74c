"""The addresses of engagements."""

from django.urls import URLPattern, URLResolver, include, path

from engagements.views import invitations, people

app_name = "engagements"

of_people: list[URLPattern | URLResolver] = [
    path("", people.people, name="people"),
    path("invite/", people.invite, name="invite"),
    path("<int:membership_id>/", people.member, name="member"),
    path("<int:membership_id>/leave/", people.leave, name="member-leave"),
    path("invitations/<int:invitation_id>/resend/", people.invitation_resend, name="invitation-resend"),
    path("invitations/<int:invitation_id>/revoke/", people.invitation_revoke, name="invitation-revoke"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("engagements/<int:engagement_id>/people/", include(of_people)),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
]
