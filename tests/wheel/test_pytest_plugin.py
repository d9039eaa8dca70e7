"""The fixture `sandbox` as a merchant meets it: in a test file of his own, with nothing set up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def merchant(pytester: pytest.Pytester) -> Merchant:
    return Merchant(pytester)


class Merchant:
    """Somebody with a test file."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def tests(self, source: str, *options: str) -> pytest.RunResult:
        self.pytester.makepyfile(source)
        return self.pytester.run(sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", *options)


def test_a_merchants_own_tests_get_gateway_client_and_buyer_in_one_line_each(merchant: Merchant) -> None:
    ran = merchant.tests(
        """
        from datetime import timedelta

        import antom
        import antom_cli
        import pytest


        def test_a_card_is_vaulted(sandbox):
            session = sandbox.client.create_vaulting_session(payment_method_type="CARD")
            assert sandbox.complete(session, card="4054695723100768").status == "SUCCESS"
            assert sandbox.notification(session).state == "acknowledged"
            [letter] = sandbox.inbox()
            assert letter.acknowledged
            assert "token" not in repr(letter).lower()


        def test_each_test_begins_with_a_new_sandbox(sandbox):
            assert sandbox.vaultings() == []
            assert sandbox.inbox() == []


        def test_a_card_is_declined(sandbox):
            session = sandbox.client.create_vaulting_session(payment_method_type="CARD")
            declined = sandbox.complete(session.request_id, card="4054692760174822")
            assert (declined.status, declined.result_code, declined.progress) == ("FAIL", "DO_NOT_HONOR", "ended")


        def test_a_buyer_answers_3d_secure(sandbox):
            session = sandbox.client.create_vaulting_session(payment_method_type="CARD")
            assert sandbox.complete(session, card="4000000000000309").progress == "challenge"
            assert sandbox.complete(session, card=None, challenge_code="123456").status == "SUCCESS"


        def test_a_buyer_gives_up(sandbox):
            session = sandbox.client.create_vaulting_session(payment_method_type="CARD")
            assert sandbox.cancel(session).status == "FAIL"
            assert sandbox.vaulting(session).progress is None


        def test_a_gateway_that_is_down(sandbox):
            sandbox.fault("http-503", path="createVaultingSession")
            with sandbox.new_client(max_retries=0) as client, pytest.raises(antom.OutcomeUnknownError):
                client.create_vaulting_session(payment_method_type="CARD")
            sandbox.clear_faults()
            sandbox.client.create_vaulting_session(payment_method_type="CARD")


        def test_faults_and_settings_of_the_test_before_are_gone(sandbox):
            sandbox.client.create_vaulting_session(payment_method_type="CARD")


        def test_time_passes(sandbox):
            sandbox.change_settings(session_lifetime=timedelta(minutes=5))
            session = sandbox.client.create_vaulting_session(payment_method_type="CARD")
            sandbox.advance(timedelta(hours=1))
            with pytest.raises(antom_cli.SandboxError, match="expired"):
                sandbox.complete(session)


        def test_a_notification_is_late_and_then_sent_again(sandbox):
            sandbox.change_notifications(delay=timedelta(minutes=10))
            session = sandbox.client.create_vaulting_session(payment_method_type="CARD")
            sandbox.complete(session)
            with pytest.raises(antom_cli.SandboxError, match="not notified of within 0.1 s"):
                sandbox.notification(session, timeout=0.1)
            sandbox.advance(timedelta(seconds=600))
            sandbox.resend(sandbox.notification(session))
            while len(sandbox.inbox()) < 2:
                pass


        def test_programs_under_test_get_the_settings_by_their_environment(sandbox):
            assert sandbox.environment["ANTOM_ENDPOINT"].startswith("https://127.0.0.1:")
            assert sandbox.http.startswith("http://127.0.0.1:")


        def test_what_the_sandbox_refuses_is_an_error_that_says_why(sandbox):
            with pytest.raises(antom_cli.SandboxError, match="GET /__sandbox/sessions lists them"):
                sandbox.complete("nobody")
            with pytest.raises(antom_cli.SandboxError, match="http-503"):
                sandbox.fault("http-5030")
            with pytest.raises(ValueError, match="whole seconds"):
                sandbox.advance(timedelta(milliseconds=1))
        """
    )
    ran.assert_outcomes(passed=11)


def test_a_test_that_fails_shows_what_the_sandbox_saw(merchant: Merchant) -> None:
    ran = merchant.tests(
        """
        def test_an_expectation_that_is_wrong(sandbox):
            session = sandbox.client.create_vaulting_session(payment_method_type="CARD", vaulting_request_id="wrong-7")
            assert sandbox.complete(session).status == "FAIL"


        def test_a_test_without_the_sandbox():
            assert False
        """
    )
    ran.assert_outcomes(failed=2)
    ran.stdout.fnmatch_lines(["*- antom sandbox -*", '*"request_id":"wrong-7"*'])
    assert ran.stdout.str().count("- antom sandbox -") == 1


def test_a_test_that_fails_with_a_sandbox_of_its_own_making_shows_the_same(merchant: Merchant) -> None:
    ran = merchant.tests(
        """
        import antom_cli
        import pytest


        @pytest.fixture
        def sandbox(sandbox):
            sandbox.client.create_vaulting_session(payment_method_type="CARD", vaulting_request_id="wrapped-7")
            return "a wrapper"


        def test_an_expectation_that_is_wrong(sandbox):
            assert False


        class TestOfTheirOwn:
            @pytest.fixture
            def sandbox(self):
                return "not ours at all"

            def test_an_expectation_that_is_wrong(self, sandbox):
                assert False
        """
    )
    ran.assert_outcomes(failed=2)
    ran.stdout.fnmatch_lines(["*- antom sandbox -*", '*"request_id":"wrapped-7"*'])
    assert ran.stdout.str().count("- antom sandbox -") == 1


def test_a_test_that_fails_after_it_closed_the_sandbox_shows_what_it_saw(merchant: Merchant) -> None:
    ran = merchant.tests(
        """
        def test_an_expectation_that_is_wrong(sandbox):
            sandbox.client.create_vaulting_session(payment_method_type="CARD", vaulting_request_id="closed-7")
            sandbox.close()
            sandbox.reset()
        """
    )
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["*SandboxError: the sandbox was closed: ask it before*", '*"request_id":"closed-7"*'])


def test_what_is_no_sandbox_is_told_from_one(merchant: Merchant) -> None:
    ran = merchant.tests(
        """
        import contextlib
        import socket
        import threading

        import antom_cli
        import pytest


        @contextlib.contextmanager
        def impostor(answer):
            def serve():
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

            with socket.create_server(("127.0.0.1", 0)) as listener:
                thread = threading.Thread(target=serve)
                thread.start()
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
                thread.join()


        @pytest.mark.parametrize(
            "answer, why",
            [
                (b"HTTP/1.1 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\nHey!", "is not this sandbox: .*HTTP 200 b'Hey!'"),
                (b"HTTP/1.1 404 No\\r\\nContent-Length: 0\\r\\n\\r\\n", "is not this sandbox: .*HTTP 404 b''"),
                (b"HTTP/1.1 500 No\\r\\nContent-Length: 2\\r\\n\\r\\n{}", "is not this sandbox: .*HTTP 500 b'{}'"),
                (b"SSH-2.0-OpenSSH\\r\\n", "does not answer: BadStatusLine"),
            ],
        )
        def test_an_impostor(sandbox, monkeypatch, answer, why):
            with impostor(answer) as url:
                monkeypatch.setattr(sandbox, "http", url)
                with pytest.raises(antom_cli.SandboxError, match=why):
                    sandbox.vaultings()
        """
    )
    ran.assert_outcomes(passed=4)


def test_the_sandbox_takes_other_options_by_overriding_a_fixture(merchant: Merchant) -> None:
    merchant.pytester.makeconftest(
        """
        import antom_cli
        import pytest


        @pytest.fixture(scope="session")
        def antom_sandbox():
            with antom_cli.Sandbox("--agent-token", "token-for-tests") as sandbox:
                yield sandbox
        """
    )
    ran = merchant.tests(
        """
        import antom
        import pytest


        def test_the_token_is_asked_for(sandbox):
            with pytest.raises(antom.ApiError, match="INVALID_AGENT_TOKEN"):
                sandbox.client.create_vaulting_session(payment_method_type="CARD")
            with sandbox.new_client(agent_token="token-for-tests") as client:
                client.create_vaulting_session(payment_method_type="CARD")
        """
    )
    ran.assert_outcomes(passed=1)


def test_the_sandbox_ends_with_pytest_even_if_pytest_is_killed(merchant: Merchant) -> None:
    ran = merchant.tests(
        """
        import os
        import signal
        from pathlib import Path


        def test_killed(sandbox):
            Path("process").write_text(str(sandbox._process.pid))
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    assert ran.ret == -9
    process = Path(f"/proc/{(merchant.pytester.path / 'process').read_text()}/stat")
    deadline_polls = 500
    for _ in range(deadline_polls):
        # It may stay as a zombie, where nobody takes over the children of others.
        if not process.exists() or process.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        subprocess.run(["sleep", "0.02"], check=True)
    raise AssertionError("the sandbox still runs")


def test_an_option_that_does_not_exist_is_told_at_once() -> None:
    program = "import antom_cli; antom_cli.Sandbox('--nonsense')"
    tried = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "SandboxError: antom sandbox did not start: error: unexpected argument '--nonsense'" in tried.stderr


def test_without_the_command_the_error_says_where_it_was_looked_for(tmp_path: Path) -> None:
    program = "import antom_cli.command as c; c.NAME = 'antom-that-is-not-there'; c.find_command()"
    tried = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (
        f"CommandNotFoundError: there is no antom-that-is-not-there command in {Path(sys.executable).parent}"
        in tried.stderr
    )
    assert "pip install antom-cli" in tried.stderr


def test_without_antom_a_client_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['antom'] = None\n"
        "import antom_cli\n"
        "with antom_cli.Sandbox() as sandbox:\n"
        "    sandbox.client\n"
    )
    tried = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "SandboxError: a client needs the package antom: install it with `pip install antom`" in tried.stderr
