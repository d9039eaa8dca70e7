"""Receives Antom's notifications as a WSGI application.

    python -c 'import notifications_wsgi; notifications_wsgi.guard.create_table()'  # once
    gunicorn --workers 2 notifications_wsgi:application

The settings come from the environment, as in create_session.py; SHOP_DATABASE is the
file of a SQLite database.
"""

import os
import sqlite3

import antom

client = antom.Client.from_env()
# All processes share it. Its table is made once, as above or in a migration.
guard = antom.replay.DatabaseReplayGuard(
    lambda: sqlite3.connect(os.environ["SHOP_DATABASE"]), paramstyle=sqlite3.paramstyle
)


@antom.notifications.handler(client, guard=guard)
def on_vaulting(notification: antom.VaultingNotification) -> None:
    """Act on a vaulting."""
    if notification.card:
        # notification.card.token is what later payments are made with: it belongs into the database, and in no log.
        print(f"{notification.request_id}: vaulted {notification.card.masked_card_no}", flush=True)
    else:
        print(f"{notification.request_id}: {notification.outcome} {notification.code}", flush=True)


application = on_vaulting.wsgi
