"""`make bench`: measures the figures that the program promises, and prints them as a table.

Every figure is measured in child processes, what is compared in turn with each other, because a shared
machine is never the same twice. What misses its target is marked; the exit status is 0 all the same.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MEMORY = Path("/dev/shm")
"""A folder whose commits cost nothing: what the journal takes there is not the disk's doing."""

SCREEN = ROOT / "tests" / "screen.json"
"""A desk's screen: that of the offscreen platform itself is 800 by 800."""

OPENED = ("-m", "tests.bench.opened")
STARTS = 15
MEMORIES = 5
KEY_RUNS = 3
KEYS = 400
SENDS = 60
KEYRINGS = 2
CANCELS = 20
ENDINGS = 3
IDLE = 10
NO_KEYRING = "not measured: gnome-keyring or dbus is not installed"
LOOK_UPS = 200
VERIFIED = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table. `limit` is compared with `value`; None where nothing was promised."""

    what: str
    shown: str
    value: float = 0.0
    limit: float | None = None
    unit: str = ""

    def cells(self) -> tuple[str, str, str, str]:
        if self.limit is None:
            return self.what, self.shown, "", ""
        verdict = "ok" if self.value <= self.limit else "MISSED"
        return self.what, self.shown, f"{self.limit:g} {self.unit}".rstrip(), verdict


class Bench:
    """Runs children with an empty home and bytecode of their own, on one platform of Qt."""

    def __init__(self, home: Path, platform_name: str, display: str) -> None:
        self.name = "Xvfb" if platform_name == "xcb" else platform_name.partition(":")[0]
        kept = {key: text for key, text in os.environ.items() if not key.startswith(("QT_", "PYTHON"))}
        kept.pop("DBUS_SESSION_BUS_ADDRESS", None)
        self._environment = {
            **kept,
            "HOME": str(home),
            # As an installed program has it, wherever this one is allowed to write.
            "PYTHONPYCACHEPREFIX": str(home / "bytecode"),
            "QT_QPA_PLATFORM": platform_name,
            "DISPLAY": display,
            "XDG_RUNTIME_DIR": str(home),
        }

    def child(self, *arguments: str, **environment: str) -> Any:
        """What a child prints, as JSON."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not done.stdout:
            sys.exit(f"{' '.join(arguments)} failed:\n{done.stderr}")
        return json.loads(done.stdout)

    def window(self, script: str, mode: str) -> Mapping[str, float]:
        """Start `bare` or `start`, and see when or at what size its window was there."""
        seen: Mapping[str, float] = self.child(str(HERE / f"{script}.py"), str(time.monotonic_ns()), mode)
        return seen


def startup(bench: Bench) -> Iterator[Row]:
    """Time and memory against a bare window."""
    bench.window("bare", "time")
    bench.window("start", "time")
    times = [(bench.window("bare", "time"), bench.window("start", "time")) for _ in range(STARTS)]
    for moment, what, limit in (
        ("painted", "window visible, form painted", 1.5),
        ("filled", "sandbox up, form filled, preview painted", None),
    ):
        yield compared(f"{bench.name}: {what}", [(a["painted"], b[moment]) for a, b in times], "ms", limit)
    sizes = [(bench.window("bare", "memory"), bench.window("start", "memory")) for _ in range(MEMORIES)]
    for moment, what, limit in (
        ("painted", "memory, window visible", 1.75),
        ("filled", "memory, preview painted", 1.75),
        ("settled", "memory, 2 s later", 1.75),
    ):
        pairs = [(a["painted"] / 1024, b[moment] / 1024) for a, b in sizes]
        yield compared(f"{bench.name}: {what}", pairs, "MiB", limit)


def compared(what: str, pairs: Sequence[tuple[float, float]], unit: str, limit: float | None) -> Row:
    """A line for pairs of bare and ours: the medians, and the median of the ratios of neighbours."""
    bare, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for other, one in pairs)
    shown = f"{ours:.1f} {unit}, bare {bare:.1f}: {ratio:.2f} times"
    return Row(what=what, shown=shown, value=ratio, limit=limit, unit="times")


def keys(bench: Bench) -> Iterator[Row]:
    """From a key press to the painted preview."""
    kinds = [
        (size, text, field)
        for size, text in ((1_024, "words"), (16_000, "words"), (16_000, "unbroken"))
        for field in ("customer", "wording")
    ]
    runs: dict[tuple[int, str, str], list[list[list[float]]]] = {kind: [] for kind in kinds}
    for _ in range(KEY_RUNS):
        for kind in kinds:
            size, text, field = kind
            runs[kind].append(bench.child(*OPENED, "keys", str(KEYS), str(size), text, field))
    for (size, text, field), found in runs.items():
        walls, spents = zip(*found, strict=True)
        last = statistics.median(percentile(times, 99) for times in walls)
        spent = statistics.median(percentile(times, 99) for times in spents)
        usual = statistics.median(statistics.median(times) for times in walls)
        into = "customer ID" if field == "customer" else "wording"
        yield Row(
            what=f"{bench.name}: key into {into}, wording {round(size / 1024)} KB, {text}",
            shown=f"p99 {last:.1f} ms (processor {spent:.1f}), median {usual:.1f} ms",
            value=last,
            limit=4 if size < 2_000 else 16,
            unit="ms",
        )


def sending(bench: Bench, where: str, **environment: str) -> Iterator[Row]:
    """From the click to the first byte at the sandbox, and the whole call."""
    found = bench.child("-m", "tests.bench.sending", str(SENDS), **environment)
    usual = statistics.median(found["first_bytes"][1:])
    outcome = statistics.median(found["outcomes"][1:])
    yield Row(
        what=f"click to first byte, journal on {where}",
        shown=f"median {usual:.1f} ms, first of a session {found['first_bytes'][0]:.1f} ms",
        value=usual,
        limit=10,
        unit="ms",
    )
    yield Row(
        what=f"of it, two commits of the journal on {where}",
        shown=f"median {2 * statistics.median(found['commits']):.1f} ms",
    )
    yield Row(what=f"click to outcome in the window, journal on {where}", shown=f"median {outcome:.1f} ms")
    if not environment:
        pairs = list(zip(found["bare"], found["ours"], strict=True))
        yield compared("whole call to the sandbox, against http.client", pairs, "ms", None)


def blocked(bench: Bench) -> Iterator[Row]:
    """For how long the window stood still at most, whatever state the keyring is in."""
    if not has_keyring():
        yield Row(what="window blocked, by state of the keyring", shown=NO_KEYRING)
        return
    for state, runs in bench.child("-m", "tests.bench.keyrings", str(KEYRINGS)).items():
        building, longest = (max(times) for times in zip(*runs, strict=True))
        yield Row(
            what=f"{bench.name}: window blocked, keyring {state}",
            shown=f"at most {longest:.0f} ms; {building:.0f} ms before, while starting",
            value=longest,
            limit=100,
            unit="ms",
        )


def cancelling(bench: Bench) -> Iterator[Row]:
    """From Cancel to the end of the call, as the server sees it."""
    for line, times in bench.child("-m", "tests.bench.cancel", str(CANCELS)).items():
        yield Row(
            what=f"Cancel to the call's end, {line}",
            shown=f"at most {max(times):.1f} ms, median {statistics.median(times):.1f} ms",
            value=max(times),
            limit=100,
            unit="ms",
        )


def ending(bench: Bench) -> Iterator[Row]:
    """From asking the program to end to its end, while something hangs."""
    for hangs in ("server", "keyring"):
        if hangs == "keyring" and not has_keyring():
            yield Row(what="to the program's end, keyring hangs", shown=NO_KEYRING)
            return
        for way, times in bench.child("-m", "tests.bench.endings", hangs, str(ENDINGS)).items():
            yield Row(
                what=f"{way} to the program's end, {hangs} hangs",
                shown=f"at most {max(times):.0f} ms, median {statistics.median(times):.0f} ms",
                value=max(times),
                limit=1000,
                unit="ms",
            )


def has_keyring() -> bool:
    return all(shutil.which(name) for name in ("gnome-keyring-daemon", "dbus-run-session"))


def look_ups(bench: Bench) -> Iterator[Row]:
    """From a pasted customer ID to what is known, and how long the window does not react meanwhile."""
    found = bench.child(*OPENED, "look_up", str(LOOK_UPS))
    usual, longest = statistics.median(found["shown"]), max(found["gaps"])
    yield Row(
        what=f"{bench.name}: gap of the window in {LOOK_UPS} look-ups",
        shown=f"most {longest:.1f} ms, p99 {percentile(found['gaps'], 99):.1f} ms",
        value=longest,
        limit=50,
        unit="ms",
    )
    yield Row(what=f"{bench.name}: paste to what is known", shown=f"median {usual:.1f} ms")


def verified(bench: Bench) -> Iterator[Row]:
    """From a pasted customer ID to verified, without the waits of the policy."""
    found = bench.child(*OPENED, "verified", str(VERIFIED))
    known, delivered, whole = (statistics.median(column) for column in zip(*found, strict=True))
    longest = max(times[-1] for times in found)
    yield Row(
        what=f"{bench.name}: paste to verified, look-up waits aside",
        shown=f"most {longest:.0f} ms, median {whole:.0f} (known {known:.0f}, delivered {delivered:.0f})",
        value=longest,
        limit=1000,
        unit="ms",
    )


def idle(bench: Bench) -> Iterator[Row]:
    """Processor time of the window, left alone."""
    share = bench.child(*OPENED, "idle", str(IDLE))
    what = f"{bench.name}: processor time over {IDLE} idle s"
    yield Row(what=what, shown=f"{share:.2f} %", value=share, limit=0.5, unit="%")


def percentile(times: Sequence[float], share: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[share - 1]


@contextmanager
def display() -> Iterator[str | None]:
    """An X server without a screen, or None where there is none to be had."""
    if shutil.which("Xvfb") is None:
        yield None
        return
    reading, writing = os.pipe()
    screen = ("-screen", "0", "1600x1000x24", "-nolisten", "tcp")
    # Else it begins anew whenever nobody is connected, as between a look for the display and Qt; on a
    # desktop somebody always is.
    command = ["Xvfb", "-displayfd", str(writing), *screen, "-noreset"]
    server = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    try:
        yield f":{number}" if number else None
    finally:
        server.terminate()
        server.wait()


def machine() -> str:
    """The kind of machine, in words."""
    system = platform.platform(terse=True)
    with suppress(OSError):
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    told = Path("/proc/cpuinfo").read_text("utf-8").partition("model name\t: ")[2]
    processor = told.partition("\n")[0] or platform.machine()
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{datetime.now(UTC):%Y-%m-%d}: {processor}, {os.cpu_count()} cores, {memory:.0f} GiB, {system}, "
        f"Python {platform.python_version()}, load before the run {load}"
    )


def measure() -> Iterator[Row]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, display() as screen:
        offscreen = Bench(Path(folder), f"offscreen:configfile={SCREEN}", "")
        benches = [offscreen] if screen is None else [Bench(Path(folder), "xcb", screen), offscreen]
        for bench in benches:
            yield from startup(bench)
        yield from keys(benches[0])
        yield from sending(benches[0], "disk")
        if MEMORY.is_dir():
            yield from sending(benches[0], "memory", TMPDIR=str(MEMORY))
        yield from blocked(benches[0])
        yield from cancelling(benches[0])
        yield from ending(benches[0])
        yield from look_ups(benches[0])
        yield from verified(benches[0])
        yield from idle(benches[0])


def main() -> None:
    if not sys.platform.startswith("linux"):
        sys.exit("The bench reads /proc and runs on Linux only.")
    print(machine(), flush=True)
    print(f"\n{'figure':<58} {'measured':<58} {'at most':<10}")
    missed = 0
    for row in measure():
        what, shown, limit, verdict = row.cells()
        missed += verdict == "MISSED"
        print(f"{what:<58} {shown:<58} {limit:<10} {verdict}".rstrip(), flush=True)
    print(f"\n{missed or 'no'} target(s) missed")


if __name__ == "__main__":
    main()
