"""What a user does first: a session, a card, a notification. Run with the wheels installed, by every interpreter."""

import logging
import threading
from wsgiref.simple_server import WSGIServer, make_server

import antom
import antom_cli

logging.basicConfig()

with antom_cli.Sandbox() as sandbox:
    handled: list[antom.VaultingNotification] = []

    @antom.notifications.handler(sandbox.client, guard=antom.ReplayGuard())
    def on_vaulting(notification: antom.VaultingNotification) -> None:
        handled.append(notification)

    server: WSGIServer
    with make_server("127.0.0.1", 0, on_vaulting.wsgi) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        session = sandbox.client.create_vaulting_session(
            payment_method_type="CARD",
            vaulting_notification_url=f"http://127.0.0.1:{server.server_port}/caf%C3%A9?shop=1",
        )
        assert sandbox.complete(session).status == "SUCCESS"
        assert sandbox.notification(session).state == "acknowledged", sandbox.notification(session)
        server.shutdown()

    [notification] = handled
    assert notification.request_id == session.request_id
    assert notification.card is not None
    assert notification.card.last_four == "0768"

print(antom.__version__, antom.build_info())
