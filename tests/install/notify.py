"""Has a sandbox of its own post a notification to a receiver, which must acknowledge it.

notify.py ANTOM RECEIVER FOLDER: the command `antom`, the program, and where the sandbox keeps its keys. The receiver
takes a port as its argument and its first line is its URL.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

antom, receiver, folder = sys.argv[1:]
CARD = "4054695723100768"


def acknowledged(sandbox: str) -> bool:
    """Wait until the sandbox has an answer."""
    for _ in range(100):
        with urllib.request.urlopen(sandbox + "/__sandbox/notifications") as answer:
            [sent] = json.load(answer)["notifications"]
        if sent["state"] != "sending":
            break
        time.sleep(0.1)
    print("the sandbox says:", sent["state"])
    return bool(sent["state"] == "acknowledged")


def post(url: str) -> int:
    """Post what nobody signed."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=b"{}")) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


command = [antom, "sandbox", "--json", "--until-stdin-closes"]
command += ["--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--data", folder]
with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as gateway:
    assert gateway.stdin
    assert gateway.stdout
    settings = json.loads(gateway.stdout.readline())
    environment = os.environ | {
        "ANTOM_ENDPOINT": settings["https"],
        "ANTOM_SANDBOX": settings["http"],
        "ANTOM_CLIENT_ID": settings["client_id"],
        "ANTOM_PRIVATE_KEY_PATH": settings["private_key_path"],
        "ANTOM_PUBLIC_KEY_PATH": settings["antom_public_key_path"],
        "ANTOM_CA_CERTIFICATE_PATH": settings["ca_certificate_path"],
    }
    with subprocess.Popen([receiver, "0"], stdout=subprocess.PIPE, env=environment, text=True) as program:
        assert program.stdout
        try:
            url = program.stdout.readline().strip()
            create = [antom, "vault", "create", "--request-id", "a-card", "--notification-url", url]
            subprocess.run(create, env=environment, check=True, timeout=60)
            subprocess.run(
                [antom, "vault", "complete", "a-card", "--card", CARD], env=environment, check=True, timeout=60
            )
            good = acknowledged(settings["http"])
            said = program.stdout.readline()
            print(said)
            good = good and said == "a-card: vaulted VISA ending in 0768\n"
            good = good and post(url) == 400
            refused = program.stdout.readline()
            print(refused)
            good = good and refused.startswith("refused: ")
        finally:
            program.kill()
            gateway.stdin.close()
sys.exit(0 if good else 1)
