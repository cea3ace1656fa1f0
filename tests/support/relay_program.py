"""The scripted relay as a process of its own: `python -m tests.support.relay_program CONTROL`."""

import asyncio
import signal
import sys
from pathlib import Path

from tests.support.scripted_relay import ScriptedRelay


async def main(control: Path) -> None:
    relay = ScriptedRelay(control)
    await relay.start()
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    await told.wait()
    relay.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
