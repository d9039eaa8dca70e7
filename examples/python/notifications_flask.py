"""Receives Antom's notifications with Flask.

    flask --app notifications_flask run

The settings come from the environment, as in create_session.py; SHOP_DATABASE is the
file of a SQLite database.
"""

import os
import sqlite3

from flask import Flask, request

import antom

app = Flask(__name__)

client = antom.Client.from_env()
# All processes share it. Its table is made once, with create_table() or in a migration.
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


@app.post("/antom/notify")
def notify() -> tuple[bytes, int, dict[str, str]]:
    """Receive a notification."""
    return on_vaulting.flask(request)
