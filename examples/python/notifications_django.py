"""Receives Antom's notifications with Django, here in one file.

    python notifications_django.py runserver --noreload

The settings come from the environment, as in create_session.py; SHOP_DATABASE is the
file of the database, which is SQLite here.
"""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

import antom

settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SHOP_DATABASE"]}},
)

client = antom.Client.from_env()
# All processes share it. Its table is made once, with create_table() or in a migration. It has connections of its own,
# so that its steps are not part of the transaction of a request.
guard = antom.replay.DatabaseReplayGuard(connections["default"].copy, paramstyle="format")


@antom.notifications.handler(client, guard=guard)
def on_vaulting(notification: antom.VaultingNotification) -> None:
    """Act on a vaulting."""
    if notification.card:
        # notification.card.token is what later payments are made with: it belongs into the database, and in no log.
        print(f"{notification.request_id}: vaulted {notification.card.masked_card_no}", flush=True)
    else:
        print(f"{notification.request_id}: {notification.outcome} {notification.code}", flush=True)


# The signature stands in for Django's token against forged requests.
@csrf_exempt
@require_POST
def notify(request: HttpRequest) -> HttpResponse:
    """Receive a notification."""
    return on_vaulting.django(request, HttpResponse)


urlpatterns = [path("antom/notify", notify)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
