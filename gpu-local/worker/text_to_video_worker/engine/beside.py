"""Work that goes on beside the next job: one at a time, so that memory is bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable

LOOK_EVERY_SECONDS = 0.1


class Beside:
    """One thread at a time, in the order in which work was given."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def wait(self, check: Callable[[], None] = lambda: None) -> None:
        """Until nothing goes on; what `check` raises meanwhile ends the waiting."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(LOOK_EVERY_SECONDS)
            check()

    def start(self, work: Callable[[], None]) -> None:
        """`work` answers for its own failures. To be called when nothing goes on."""
        # It does not outlive the process: where the parent is gone, nobody wants the file.
        self._thread = threading.Thread(target=work, name="beside", daemon=True)
        self._thread.start()
