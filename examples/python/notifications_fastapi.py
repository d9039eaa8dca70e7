"""Receives Antom's notifications with FastAPI.

    uvicorn notifications_fastapi:app

The settings come from the environment, as in create_session.py; SHOP_REDIS is
the URL of a Redis.
"""

import os

import redis
from fastapi import FastAPI, Request, Response

import antom

app = FastAPI()

client = antom.Client.from_env()
# All processes share it.
guard = antom.replay.RedisReplayGuard(redis.Redis.from_url(os.environ["SHOP_REDIS"]))


@antom.notifications.handler(client, guard=guard)
async def on_vaulting(notification: antom.VaultingNotification) -> None:
    """Act on a vaulting."""
    if notification.card:
        # notification.card.token is what later payments are made with: it belongs into the database, and in no log.
        print(f"{notification.request_id}: vaulted {notification.card.masked_card_no}", flush=True)
    else:
        print(f"{notification.request_id}: {notification.outcome} {notification.code}", flush=True)


@app.post("/antom/notify")
async def notify(request: Request) -> Response:
    """Receive a notification."""
    return await on_vaulting.fastapi(request, Response)
