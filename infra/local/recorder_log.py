"""The latest of what came, in order, and whoever waits for more of it."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs

MOST = 20_000
MOST_BYTES = 64 * 1024 * 1024
MOST_WAIT = 60


class Log:
    """Entries are numbered from 1; the oldest make room."""

    def __init__(self):
        self.entries: deque[tuple[int, dict]] = deque()
        self.bytes = 0
        self.last = 0
        self.news = asyncio.Event()

    def push(self, entry: dict, size: int) -> dict:
        """Adds it, with its number."""
        self.last += 1
        entry = {"n": self.last, **entry}
        self.entries.append((size, entry))
        self.bytes += size
        while len(self.entries) > MOST or self.bytes > MOST_BYTES:
            self.bytes -= self.entries.popleft()[0]
        self.news.set()
        self.news = asyncio.Event()
        return entry

    def _since(self, after: int, fits: Callable[[dict], bool]) -> Iterator[dict]:
        first = self.entries[0][1]["n"] if self.entries else 1
        for index in range(max(after + 1 - first, 0), len(self.entries)):
            entry = self.entries[index][1]
            if fits(entry):
                yield entry

    async def answer(self, name: str, query: str, fits: Callable[[dict, dict[str, str]], bool]) -> dict:
        """For a GET with `after` and `wait`: with the latter as soon as there is something."""
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        after, wait = int(asked.get("after", 0)), min(float(asked.get("wait", 0)), MOST_WAIT)
        found = list(self._since(after, lambda entry: fits(entry, asked)))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while not found:
                    seen, news = self.last, self.news
                    await news.wait()
                    found = list(self._since(max(after, seen), lambda entry: fits(entry, asked)))
        return {name: found, "last": self.last}
