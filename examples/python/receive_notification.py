"""Receives Antom's notifications of vaulted cards: verifies each, acts on it once, and acknowledges it.

The settings come from the environment, as in create_session.py. It listens on this machine, at the port that is given,
or 9000. In production, put a web server with TLS in front of it, and the path that Antom calls must arrive unchanged.
"""

import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import antom


def on_vaulting(notification: antom.VaultingNotification) -> None:
    """Act on a verified notification."""
    if notification.card:
        # notification.card.token is what later payments are made with: it belongs into your database, and in no log.
        card = notification.card
        print(f"{notification.request_id}: vaulted {card.brand} {card.masked_card_no}", flush=True)
    else:
        print(f"{notification.request_id}: {notification.outcome} {notification.code}", flush=True)


class Quiet(WSGIRequestHandler):
    """Leaves it to on_vaulting() to say what came, and waits for nobody for long."""

    timeout = 10

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def main() -> None:
    """Serve until somebody ends it."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    with antom.Client.from_env() as client:
        # For one process. Several need a guard that they share: see antom.replay.
        receiver = antom.notifications.handler(client, guard=antom.ReplayGuard())(on_vaulting)
        with make_server("127.0.0.1", port, receiver.wsgi, handler_class=Quiet) as server:
            print(f"http://127.0.0.1:{server.server_port}/antom/notify", flush=True)
            server.serve_forever()


if __name__ == "__main__":
    main()
