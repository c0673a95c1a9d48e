"""Long work beside the loop, in a thread that nobody waits for at the end.

asyncio.to_thread would do, but for the end: Python waits for its threads before it leaves, and a zip of
500 MB that is being read would hold up whoever has pressed q. What is done here writes nothing, and may be
given up at any moment.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``work`` returns or raises. When the task is cancelled the thread goes on, and nobody listens."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(result)  # type: ignore[arg-type]
        else:
            done.set_exception(error)

    def run() -> None:
        result: T | None = None
        failure: BaseException | None = None
        try:
            result = work(*args, **kwargs)
        except Exception as error:
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
            loop.call_soon_threadsafe(tell, result, failure)

    threading.Thread(target=run, name="modtrace aside", daemon=True).start()
    return await done
