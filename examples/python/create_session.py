"""Creates a session with which Antom's front-end SDK collects a card.

The settings come from the environment: ANTOM_CLIENT_ID, ANTOM_PRIVATE_KEY_PATH, ANTOM_PUBLIC_KEY_PATH,
ANTOM_ENDPOINT, and ANTOM_CA_CERTIFICATE_PATH where the gateway is not Antom's own.
"""

import sys

import antom


def main() -> None:
    """Create one session and show what a log may hold of it."""
    try:
        with antom.Client.from_env() as client:
            session = client.create_vaulting_session(
                payment_method_type="CARD",
                vaulting_notification_url="https://shop.example/antom/notify",
                redirect_url="https://shop.example/cards",
            )
    except antom.AntomError as error:
        sys.exit(f"{error}\n{error.advice}")

    # Your page hands session.data to the front-end SDK; it belongs in no log.
    print("request id:  ", session.request_id)
    print("session id:  ", session.id)
    print("expires at:  ", session.expires_at.isoformat())
    print("session data:", len(session.data), "characters")


if __name__ == "__main__":
    main()
