"""The log ``antom``: one record for each attempt to send a request. It gets no body, no key and no signature."""

from __future__ import annotations

import logging

from antom.types import AttemptEnded

_LOG = logging.getLogger("antom")


def attempt_ended(attempt: AttemptEnded) -> None:
    """Write a record: at debug level if it went well, else as a warning. ``record.attempt`` is the attempt."""
    # A program that did not set up its logging sees nothing of this, not even warnings. A NullHandler would also keep
    # from it what happens to notifications.
    if not _LOG.hasHandlers():
        return
    seconds = (attempt.sign + attempt.exchange + attempt.verify).total_seconds()
    words = [attempt.path.rpartition("/")[2], attempt.request_id, f"attempt {attempt.number}"]
    words += [f"HTTP {attempt.http_status}" if attempt.http_status else None, attempt.result_code]
    if attempt.error is not None:
        words.append(attempt.error.name)
    text = " ".join(word for word in words if word)
    level = logging.DEBUG if attempt.error is None else logging.WARNING
    _LOG.log(level, "%s, %.1f ms", text, seconds * 1000, extra={"attempt": attempt})
