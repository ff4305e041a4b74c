"""The addresses of accounts."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.views import administration, preferences

app_name = "accounts"

of_administration: list[URLPattern | URLResolver] = [
    path("", administration.people, name="administration"),
    path("people/new/", administration.person_new, name="admin-person-new"),
    path("people/<int:person_id>/", administration.person, name="admin-person"),
    path("people/<int:person_id>/write/", administration.person_write, name="admin-person-write"),
    path("clients/", administration.clients, name="admin-clients"),
    path("clients/new/", administration.client_new, name="admin-client-new"),
    path("clients/<int:client_id>/", administration.client, name="admin-client"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("preferences/", preferences.preferences, name="preferences"),
    path("administration/", include(of_administration)),
]
