"""The computers that train one model together: who they are, and how they meet before they begin.

Worker 0 is the chief. Its run is trained, by its settings, and it alone writes to a project; the others get a
copy of the run's files and train it alike. They meet on the ports that TensorFlow then takes over, so that
whatever does not fit is told in plain words before TensorFlow waits for anybody.
"""

import json
import re
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from training.errors import VaeError
from training.events import Control
from training.run import BEST_FILE, CONFIG_FILE, HISTORY_FILE, INITIAL_FILE, LATEST_FILE

MEETING_SECONDS = 600.0  # in which all workers have to be started
ANSWER_SECONDS = 10.0
POLL_SECONDS = 0.2
LONGEST_LINE = 2**20
RUN_FILES = (CONFIG_FILE, HISTORY_FILE, INITIAL_FILE, LATEST_FILE, BEST_FILE)

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})", re.ASCII)


@dataclass(frozen=True)
class Team:
    """All workers, and which of them this is.

    Attributes:
        addresses: HOST:PORT of each, the chief's first.
        index: of this one.
    """

    addresses: tuple[str, ...]
    index: int

    @classmethod
    def parse(cls, workers: str, index: int | None) -> Self:
        """From "HOST:PORT,HOST:PORT" and this worker's place in it; raises :class:`VaeError` if wrong."""
        addresses = tuple(part.strip() for part in workers.split(","))
        for address in addresses:
            found = _ADDRESS.fullmatch(address)
            if not found or not 0 < int(found[2]) < 2**16:
                raise VaeError(
                    f"{address!r} in the list of workers is no HOST:PORT.",
                    advice="Write it like --workers 192.168.1.10:5000,192.168.1.11:5000.",
                )
        if len(addresses) < 2:
            raise VaeError(
                "A training with workers needs at least two of them.",
                advice="To train on this computer alone, leave --workers out.",
            )
        if len(set(addresses)) < len(addresses):
            twice = next(address for address in addresses if addresses.count(address) > 1)
            raise VaeError(f"{twice} stands twice in the list of workers.", advice="Give each its own port.")
        if index is None or not 0 <= index < len(addresses):
            raise VaeError(
                "Which of the workers this is, is missing."
                if index is None
                else f"There is no worker {index} among {len(addresses)}.",
                advice=f"Add --index with a number from 0 to {len(addresses) - 1}: its place in the list.",
            )
        return cls(addresses, index)

    @property
    def is_chief(self) -> bool:
        """Whether this is the worker that keeps what is learnt."""
        return self.index == 0

    @property
    def address(self) -> str:
        """HOST:PORT of this worker."""
        return self.addresses[self.index]


def gather(
    team: Team,
    alike: Mapping[str, str],
    run: Path,
    notes: Mapping[str, Any],
    *,
    control: Control,
    on_wait: Callable[[int], None] = lambda _missing: None,
) -> None:
    """As the chief, wait until all others have come, and give each the run's files and some notes.

    Args:
        alike: what has to be the same on all workers, by what it is called.
        run: the run's folder.
        control: ends the waiting.
        on_wait: told how many are missing, whenever that changes.

    Raises:
        VaeError: some did not come in time or left again, or the port is taken.
    """
    files = {name: run / name for name in RUN_FILES if (run / name).is_file()}
    sizes = {name: path.stat().st_size for name, path in files.items()}
    guests: dict[int, socket.socket] = {}
    others = len(team.addresses) - 1
    with ExitStack() as stack, _listening(team.address) as server:
        goes_on = _patience("Not all workers have come.", control)
        while len(guests) < others:
            on_wait(others - len(guests))
            _wait_for(server, goes_on)
            guest = stack.enter_context(server.accept()[0])
            index = _welcome(guest, team, alike)
            if index is not None:
                guests[index] = guest  # one that comes again was started again
        for index, guest in guests.items():
            with _telling_loss(f"Worker {index} at {team.addresses[index]}"):
                _send(guest, {"run": run.name, "notes": notes, "files": sizes})
                for path in files.values():
                    with path.open("rb") as file:
                        guest.sendfile(file)


def join(team: Team, alike: Mapping[str, str], folder: Path, control: Control) -> tuple[Path, dict[str, Any]]:
    """As another worker, wait for the chief, and take the run's files from it.

    Args:
        alike: as in :func:`gather`.
        folder: where a folder for the run's files is made.

    Returns:
        The run's folder, and the chief's notes.

    Raises:
        VaeError: the chief did not come in time or takes no such worker, or the port is taken.
    """
    chief = f"Worker 0 at {team.addresses[0]}"
    goes_on = _patience(f"{chief} cannot be reached, or not all the others have come to it.", control)
    with _listening(team.address), _connected(team.addresses[0], goes_on) as connection, _telling_loss(chief):
        _send(connection, {"workers": team.addresses, "index": team.index, "alike": dict(alike)})
        _wait_for(connection, goes_on)
        with connection.makefile("rb") as stream:
            offer = _receive(stream)
            if "problem" in offer:
                raise VaeError(str(offer["problem"]), advice=str(offer["advice"]))
            return _take_run(stream, offer, folder), dict(offer["notes"])


def _welcome(guest: socket.socket, team: Team, alike: Mapping[str, str]) -> int | None:
    """Which worker has come; None for one that does not fit, which is told why, or is none of ours."""
    guest.settimeout(ANSWER_SECONDS)
    try:
        with guest.makefile("rb") as stream:
            hello = _receive(stream)
        index, theirs = int(hello["index"]), dict(hello["alike"])
        problem = ""
        if tuple(hello["workers"]) != team.addresses or not 0 < index < len(team.addresses):
            problem = "This worker and worker 0 were not started with the same list of workers."
        elif other := [name for name, value in alike.items() if theirs.get(name) != value]:
            problem = f"This worker and worker 0 do not have the same {' and '.join(other)}."
        if problem:
            _send(guest, {"problem": problem, "advice": "Start it again when it fits; worker 0 is waiting."})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None if problem else index


def _take_run(stream: BinaryIO, offer: Mapping[str, Any], folder: Path) -> Path:
    run = folder / Path(offer["run"]).name
    run.mkdir()
    for name, size in offer["files"].items():
        if name not in RUN_FILES:
            raise ValueError(name)
        left = int(size)
        with (run / name).open("wb") as file:
            while left > 0:
                part = stream.read(min(left, 2**20))
                if not part:
                    raise EOFError
                file.write(part)
                left -= len(part)
    return run


def _patience(what: str, control: Control) -> Callable[[], None]:
    """Something to call while waiting: it raises once that took too long, or is to stop."""
    deadline = time.monotonic() + MEETING_SECONDS

    def goes_on() -> None:
        if control.should_stop:
            raise VaeError("The training was stopped before all workers had come.")
        if time.monotonic() > deadline:
            raise VaeError(
                what,
                kept="Nothing was changed.",
                advice=f"Start them all, each with its --index, within {MEETING_SECONDS / 60:.0f} minutes."
                " No firewall may be between them.",
            )

    return goes_on


def _wait_for(connection: socket.socket, goes_on: Callable[[], None]) -> None:
    while not select.select([connection], [], [], POLL_SECONDS)[0]:
        goes_on()


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _listening(address: str) -> socket.socket:
    """A worker's own port, held until TensorFlow takes it over."""
    host, port = _host_and_port(address)
    try:
        # As TensorFlow will, on all of the computer's addresses: the one the others know may be a router's.
        return socket.create_server(("", port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise VaeError(
            f"This worker cannot use port {port}: {error.strerror or error}.",
            advice="Another program may have it, or a worker that still runs: end that, or choose another.",
        ) from error


def _connected(address: str, goes_on: Callable[[], None]) -> socket.socket:
    host, port = _host_and_port(address)
    while True:
        try:
            return socket.create_connection((host, port), ANSWER_SECONDS)
        except socket.gaierror as error:
            raise VaeError(
                f"No computer called {host} is known here.", advice="Give its IP address instead."
            ) from error
        except OSError:  # not started yet
            goes_on()
            time.sleep(POLL_SECONDS)


@contextmanager
def _telling_loss(who: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise VaeError(
            f"{who} left before the training began.",
            kept="Nothing was changed.",
            advice="See what it says, and start all workers again.",
        ) from error


def _send(connection: socket.socket, message: Mapping[str, Any]) -> None:
    connection.settimeout(None)
    connection.sendall(json.dumps(message).encode() + b"\n")


def _receive(stream: BinaryIO) -> dict[str, Any]:
    line = stream.readline(LONGEST_LINE)
    if not line:
        raise EOFError
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError(message)
    return message
