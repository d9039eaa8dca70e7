"""Receives Antom's notifications of vaulted cards: verifies each, acts on it once, and acknowledges it.

The settings come from the environment, as in create_session.py. It listens on this machine, at the port that is given,
or 9000. In production, put a web server with TLS in front of it, and the path that Antom calls must arrive unchanged.
"""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import antom

LARGEST_BODY = 64 * 1024


def handle(notification: antom.VaultingNotification) -> None:
    """Act on a verified notification."""
    if notification.card:
        # notification.card.token is what later payments are made with: it belongs into your database, and in no log.
        card = notification.card
        print(f"{notification.request_id}: vaulted {card.brand} {card.masked_card_no}", flush=True)
    else:
        print(f"{notification.request_id}: {notification.outcome} {notification.code}", flush=True)


def receiver(client: antom.Client, guard: antom.ReplayGuard) -> type[BaseHTTPRequestHandler]:
    """Make the class of handlers that verify with this client."""

    class Receiver(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LARGEST_BODY:
                self.send_error(413)
                return
            # The bytes as they came: the signature covers them, and no other form of the same JSON.
            body = self.rfile.read(int(length))
            try:
                notification = client.verify_notification(path=self.path, headers=self.headers.items(), body=body)
            except antom.AntomError as error:
                print(f"refused: {error}", flush=True)
                self.send_error(401)
                return
            # Antom sends some notifications more than once.
            if guard.claim(notification):
                try:
                    handle(notification)
                except BaseException:
                    guard.release(notification)
                    raise
            self.send_response(antom.ACKNOWLEDGEMENT.status)
            self.send_header("Content-Type", antom.ACKNOWLEDGEMENT.content_type)
            self.send_header("Content-Length", str(len(antom.ACKNOWLEDGEMENT.body)))
            self.end_headers()
            self.wfile.write(antom.ACKNOWLEDGEMENT.body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Leave it to handle() to say what came."""

    return Receiver


def main() -> None:
    """Serve until somebody ends it."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    # For one process. Several need a guard that they share.
    guard = antom.ReplayGuard()
    with (
        antom.Client.from_env() as client,
        HTTPServer(("127.0.0.1", port), receiver(client, guard)) as server,
    ):
        print(f"http://127.0.0.1:{server.server_port}/antom/notify", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
