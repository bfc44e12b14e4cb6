"""The command line: the product's face. Each command's job lives in a room of its own.

Exit codes: 0 done, 1 the job ran and failed its purpose, 2 wrong use or wrong input. Imports are
inside the commands, so that `havik --help` answers at once.
"""

from __future__ import annotations

import os
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from typer.core import TyperGroup

from ...config.loader import SettingsError
from ..console.plain import on_one_line
from ..errors import UsageError
from .find import app as find_app
from .incident import app as incident_app
from .log import app as log_app
from .options import LOCAL_BROKER, Broker, Json, LogFolder, Seconds, finite


class Commands(TyperGroup):
    """All commands; each ends quietly when the reader of its output, as `head`, has seen enough."""

    def invoke(self, ctx: Any) -> object:  # of click, or of the click within typer
        """Run the command that was asked for."""
        try:
            result: object = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        return result


app = typer.Typer(
    name="havik",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # in which brackets, as in `[user@]host`, stay what they are
    help="Drone detection and contraband sensor gateway. Receives only.",
)
app.add_typer(log_app, name="log")
app.add_typer(find_app, name="find")
app.add_typer(incident_app, name="incident")

# What click raises for wrong use; typer, which has click within it, names one of its kinds alone.
_Misuse = cast("type[Exception]", typer.BadParameter.__mro__[2])

LegalBasis = Annotated[
    Path | None,
    typer.Option(
        "--legal-basis",
        metavar="SITE.toml",
        help="Read DroneID payloads on the basis that these settings state.",
    ),
]
SiteFile = Annotated[Path, typer.Argument(metavar="SITE.toml", help="A site's settings.")]


def _version(wanted: bool) -> None:
    if wanted:
        print(version("havik"))
        raise typer.Exit


@app.callback()
def havik(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Watch a prison's perimeter: one alarm per flight, where to search, and a log that holds."""


@app.command()
def demo(seconds: Seconds = 60.0, as_json: Json = False, log: LogFolder = None) -> None:
    """A drone drop at night, all on this machine: broker, sensors, gateway, log and console."""
    from ..rig.demo import run_demo

    verified = run_demo(seconds=seconds, as_json=as_json, log_folder=log, out=sys.stdout)
    raise typer.Exit(0 if verified else 1)


@app.command()
def run(
    site: SiteFile,
    log: LogFolder = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell more.")] = False,
) -> None:
    """The gateway of one site, until Ctrl-C."""
    from ..run import run_site

    run_site(site, log, verbose=verbose)


@app.command()
def check(site: SiteFile) -> None:
    """Read a site's settings, try its ports and its broker, and say how to mend what is wrong."""
    from ..check import check as check_site

    check_site(site, sys.stdout)


@app.command()
def drivers(as_json: Json = False) -> None:
    """The drivers: name, transport, what they read, documents followed."""
    from ..offline.decode import drivers_table

    drivers_table(sys.stdout, as_json=as_json)


@app.command()
def decode(
    driver: Annotated[str, typer.Argument(metavar="DRIVER", help="As `havik drivers` names it.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Bytes as they came.")],
    legal_basis: LegalBasis = None,
    as_json: Json = False,
) -> None:
    """A raw capture (serial bytes, JSON as it came over MQTT, blocks of I/Q) to readings."""
    from ..offline.decode import decode as decode_capture
    from ..offline.scan import check_basis

    if legal_basis is not None:
        check_basis(legal_basis, time.time_ns())
    permitted = legal_basis is not None
    decode_capture(driver, file, as_json=as_json, out=sys.stdout, reads_payload=permitted)


@app.command()
def scan(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="SigMF or raw I/Q.")],
    dtype: Annotated[
        str | None, typer.Option("--dtype", help="cf32, cf64, ci16, ci8 or cu8.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option("--rate", metavar="HZ", help="Sample rate, as 50e6.")
    ] = None,
    center: Annotated[
        float | None, typer.Option("--center", metavar="HZ", help="Tuned centre, as 2.44e9.")
    ] = None,
    as_json: Json = False,
    png: Annotated[
        Path | None, typer.Option("--png", metavar="OUT", help="Draw the spectrogram.")
    ] = None,
    legal_basis: LegalBasis = None,
) -> None:
    """Radio recordings to named emissions."""
    from ..offline.scan import check_basis
    from ..offline.scan import scan as scan_files

    if legal_basis is not None:
        check_basis(legal_basis, time.time_ns())
    scan_files(
        files,
        sample_type=dtype,
        rate_hz=rate,
        center_hz=center,
        as_json=as_json,
        png=png,
        out=sys.stdout,
        reads_payload=legal_basis is not None,
    )


@app.command()
def simulate(
    scene: Annotated[Path, typer.Argument(metavar="SCENE.toml", help="What happens.")],
    pty: Annotated[
        Path | None, typer.Option("--pty", metavar="FOLDER", help="Where serial ports appear.")
    ] = None,
    broker: Annotated[
        str | None, typer.Option("--broker", help="Instead of the site's own.")
    ] = None,
    speed: Annotated[float, typer.Option(help="Of the scene, over its own.")] = 1.0,
    seconds: Annotated[float | None, typer.Option(help="Instead of its own length.")] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="FILE", help="What really was where.")
    ] = None,
) -> None:
    """Simulated devices of a scene, on pseudo-terminals and at a broker."""
    from ..rig.simulate import simulate as simulate_scene

    simulate_scene(scene, pty=pty, broker=broker, speed=speed, seconds=seconds, truth_file=truth)


@app.command()
def watch(
    broker: Broker = LOCAL_BROKER,
    site: Annotated[str, typer.Option("--site", help="One site; all of them otherwise.")] = "+",
    as_json: Json = False,
    seconds: Annotated[
        float | None, typer.Option(help="Only for so long.", min=0, callback=finite)
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="OUT", help="Draw the last screen instead.")
    ] = None,
) -> None:
    """A console in the terminal: incidents, tracks and sensors, live over MQTT."""
    from ..broker import from_url
    from ..console.watch import watch as watch_broker

    watch_broker(
        from_url(broker),
        site=site,
        as_json=as_json,
        seconds=seconds,
        out=sys.stdout,
        picture=svg,
    )


@app.command()
def bench(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A stage, or `all`.")] = "all",
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ARGUMENT]...",
            help="For `fuzz`: drivers. For `radar-class`: TRAIN.npz, and TEST.npz or five folds.",
        ),
    ] = None,
    inputs: Annotated[
        int | None, typer.Option(min=1, help="For `fuzz`: how many for each driver.")
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option("--corpus", metavar="FOLDER", help="For `fuzz`: its finds.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", metavar="OUT.npz", help="For `radar-class`: learned.")
    ] = None,
    as_json: Json = False,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="FOLDER", help="For the rows as JSON lines.")
    ] = None,
) -> None:
    """Measure a stage, each figure beside its floor in the same run."""
    from ...bench.catalogue import BenchError, run_fuzz, run_radar_class
    from ...bench.catalogue import run as run_bench

    try:
        if name == "fuzz":
            run_fuzz(arguments or (), inputs, corpus, as_json_lines=as_json, out=sys.stdout)
            return
        if name == "radar-class" and arguments:
            files = [Path(file) for file in arguments]
            run_radar_class(files, model, as_json_lines=as_json, out=sys.stdout)
            return
        run_bench(name, as_json_lines=as_json, out=sys.stdout, keep=keep)
    except BenchError as error:
        raise UsageError(str(error)) from None


def main() -> None:
    """Run the command line; what a person can mend is one clear line and exit code 2."""
    try:
        code: object = app(prog_name="havik", standalone_mode=False)
    except (UsageError, SettingsError) as error:
        _refuse(str(error))
    except _Misuse as error:
        _refuse(_in_words(error))
    sys.exit(code if isinstance(code, int) else 0)


def _refuse(told: str) -> NoReturn:
    if told:  # a help that was shown is all there is to say
        lines = "\n".join(map(on_one_line, told.split("\n")))
        print(f"havik: {lines}", file=sys.stderr)
    sys.exit(2)


def _in_words(misuse: Any) -> str:
    """What typer says of wrong use, on one line, with the help to ask for."""
    told: str = " ".join(misuse.format_message().split()).rstrip(".")
    asked = None if misuse.ctx is None else misuse.ctx.command_path
    return f"{told[:1].lower()}{told[1:]}; see `{asked or 'havik'} --help`" if told else ""
