"""Receives Antom's notifications of vaulted cards: verifies each, acts on it once, and acknowledges it.

The settings come from the environment, as in create_session.py. It listens on this machine, at the port that is given,
or 9000. In production, put a web server with TLS in front of it, and the path that Antom calls must arrive unchanged.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import antom

# Exactly this, with HTTP 200. After anything else, Antom sends the notification again.
ACKNOWLEDGEMENT = b'{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'
LARGEST_BODY = 64 * 1024

# Antom sends some notifications more than once. In production this is a unique column of your database.
handled: set[str] = set()


def handle(body: bytes) -> None:
    """Act on a verified notification."""
    notification = json.loads(body)
    request_id, result = notification["vaultingRequestId"], notification["result"]
    if request_id in handled:
        return
    handled.add(request_id)
    if result["resultStatus"] == "S":
        # The token is what later payments are made with: it belongs into your database, and in no log.
        card = notification["paymentMethodDetail"]["card"]
        print(f"{request_id}: vaulted {card['brand']} {card['maskedCardNo']}", flush=True)
    else:
        print(f"{request_id}: not vaulted, {result['resultCode']}", flush=True)


def receiver(client: antom.Client) -> type[BaseHTTPRequestHandler]:
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
                client.verify(
                    "POST",
                    self.path,
                    self.headers.get("Request-Time", ""),
                    body,
                    self.headers.get("Signature", ""),
                )
            except antom.AntomError as error:
                print(f"refused: {error}", flush=True)
                self.send_error(401)
                return
            handle(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(ACKNOWLEDGEMENT)))
            self.end_headers()
            self.wfile.write(ACKNOWLEDGEMENT)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Leave it to handle() to say what came."""

    return Receiver


def main() -> None:
    """Serve until somebody ends it."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    with (
        antom.Client(
            client_id=os.environ["ANTOM_CLIENT_ID"],
            private_key=Path(os.environ["ANTOM_PRIVATE_KEY_PATH"]),
            antom_public_key=Path(os.environ["ANTOM_PUBLIC_KEY_PATH"]),
            endpoint=os.environ["ANTOM_ENDPOINT"],
        ) as client,
        HTTPServer(("127.0.0.1", port), receiver(client)) as server,
    ):
        print(f"http://127.0.0.1:{server.server_port}/antom/notify", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
