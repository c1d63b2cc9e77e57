"""The commands of `vedette plugin`: new, test, list, rules, keygen, sign, publish."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from launch.client import gateway
from vedette.errors import InvalidInput
from vedette.events.plugins import KINDS, PluginSpec, check_plugin, check_spec
from vedette.telemetry import configure_logs

if TYPE_CHECKING:  # the agent starts through this command line, and must not load what only these commands need
    from agent.plugins.catalogue import PluginInfo

app = typer.Typer(no_args_is_help=True, help="Plugins of the agent.")
console = Console(highlight=False)
Options = Annotated[list[str], typer.Option("--option", help="as address=127.0.0.1:6379; may be repeated")]
KeyFile = Annotated[Path, typer.Option(help="the private key, as `keygen` made it")]
NAME_OF_KEY = Path("plugin-key.pem")


@app.command("new")
def new(name: str, folder: Annotated[Path, typer.Option(help="where the file is made")] = Path()) -> None:
    """Make a plugin's file from the template."""
    from launch.plugin_template import filled

    check_plugin("NAME", name)
    path = folder / f"{name}.py"
    _write(path, filled(name).encode(), 0o644)
    print(f"{path} is made; try it: vedette plugin test {path}")


@app.command("test")
def run_once(
    plugin: Annotated[str, typer.Argument(help="a .py file, a .toml file of plugins.d, or the name of a plugin")],
    option: Options = [],  # noqa: B006 - typer copies it
    kind: Annotated[str, typer.Option(help="python, nagios, prometheus, json, statsd")] = "python",
    timeout: Annotated[float, typer.Option(help="seconds")] = 20.0,
    interval: Annotated[float, typer.Option(help="seconds; statsd listens for so long")] = 60.0,
    memory: Annotated[Path | None, typer.Option(help="a folder in which it remembers from test to test")] = None,
) -> None:
    """Run a plugin once, as the agent does, and print what came of it. Exit code 1 unless its state is ok."""
    from agent.plugins.local import read_file
    from launch.plugin_trial import lines_of, try_once

    path = Path(plugin)
    if path.suffix == ".toml":
        spec = read_file(path)
    else:
        name = path.stem if path.suffix == ".py" else plugin
        if kind not in KINDS:
            raise InvalidInput("--kind", kind, ", ".join(KINDS))
        given = dict(map(_option, option))
        spec = PluginSpec(name, name, kind, given, interval_s=interval, timeout_s=timeout)
        check_spec(spec)
    configure_logs("error", "console")
    trial = try_once(spec, path.parent, memory)
    for line in lines_of(trial, spec):
        print(line)
    sys.exit(0 if trial.outcome.state == "ok" else 1)


@app.command("list")
def list_plugins(
    rules: Annotated[bool, typer.Option("--rules", help="their default rules instead of their metrics")] = False,
    name: Annotated[str | None, typer.Option(help="one of them only, with its options")] = None,
) -> None:
    """List the plugins that ship with the agent."""
    from agent.plugins.catalogue import kind_files, native_files

    found = [info for info in _described([*native_files(), *kind_files()]) if name in {None, info.name}]
    if not found:
        raise InvalidInput("--name", name, "the name of a plugin that ships with the agent")
    if rules:
        _table(("plugin", "rule", "series", "condition"), _rule_rows(found))
    elif name is None:
        _table(("plugin", "title", "section", "metrics"), [_row(info) for info in found])
    else:
        _table(("option", "default", "notes"), [_option_row(one) for one in found[0].options])
        _table(("metric", "label", "unit", "kind"), [(m.name, m.label, m.unit, m.kind) for m in found[0].metrics])


@app.command("rules")
def make_rules(
    plugin: Annotated[str, typer.Argument(help="the name of a plugin, or its .py file")],
    instance: Annotated[str | None, typer.Option(help="only for the instances of this name")] = None,
    channel: Annotated[list[int], typer.Option(help="notify only these; may be repeated")] = [],  # noqa: B006 - typer copies it
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say which")] = False,
) -> None:
    """Make a plugin's default rules, as rules of this account. One that is there already is not made again."""
    from agent.plugins.catalogue import native_files, threshold_rules

    files = {path.stem: path for path in native_files()}
    path = Path(plugin) if plugin.endswith(".py") else files.get(plugin)
    if path is None:
        raise InvalidInput("PLUGIN", plugin, f"a .py file, or one of {', '.join(sorted(files))}")
    [info] = _described([path])
    there = set() if dry_run else {_identity(rule) for rule in gateway().call("GET", "/v1/rules")["rules"]}
    for rule in threshold_rules(info, instance):
        if _identity(rule) in there:
            print(f"there already: {rule['name']}")
            continue
        if not dry_run:
            gateway().call("POST", "/v1/rules", body={**rule, "channels": channel})
        print(f"{'would make' if dry_run else 'made'}: {rule['name']} ({rule['series']})")


@app.command("keygen")
def keygen(output: Annotated[Path, typer.Option(help="where the private key is written")] = NAME_OF_KEY) -> None:
    """Make the key that signs the account's plugins. Keep it off every server; hosts get only its public part."""
    from vedette.events.signing import make_key

    pem, public = make_key()
    _write(output, pem, 0o600)
    print(f"private key: {output}")
    print(f"public key:  {public}")


@app.command("sign")
def sign_file(
    file: Annotated[Path, typer.Argument(help="a plugin's source, or a text file with a check's command")],
    key: KeyFile = NAME_OF_KEY,
    name: Annotated[str | None, typer.Option(help="the plugin's name; the file's if not given")] = None,
    publish: Annotated[bool, typer.Option("--publish", help="give it to the gateway, for assignment")] = False,
) -> None:
    """Sign a plugin's code, and print what `PUT /v1/plugins/NAME` takes, or put it there."""
    import msgspec

    from vedette.events.signing import public_key, read_key, sign

    private = read_key(_read("--key", key), "--key")
    plugin = name or file.stem
    try:
        source = _read("FILE", file).decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("FILE", str(file), "a text file in UTF-8") from error
    code = sign(private, plugin, source)
    if not publish:
        print(msgspec.json.format(msgspec.json.encode(code)).decode())
        return
    gateway().call("PUT", f"/v1/plugins/{plugin}", body=msgspec.to_builtins(code))
    print(f"{plugin} {code.sha256[:12]} is published, signed by {public_key(private)}")


@app.command("trust")
def trust(key: Annotated[str, typer.Argument(help="the public key that `keygen` printed")]) -> None:
    """Make this the key by which hosts judge the account's plugins; hosts learn it when they are enrolled."""
    gateway().call("PUT", "/v1/account/plugin-key", body={"public_key": key})


def _described(paths: list[Path]) -> list[PluginInfo]:
    from agent.plugins.catalogue import describe
    from agent.plugins.launcher.client import Launcher

    async def ask() -> list[PluginInfo]:
        launcher = Launcher()
        try:
            return await describe(launcher, paths)
        finally:
            launcher.close()

    found = asyncio.run(ask())
    for info in found:
        if info.failure is not None:
            raise InvalidInput("plugin", info.path, f"a file with a plugin ({': '.join(filter(None, info.failure))})")
    return found


def _option(written: str) -> tuple[str, Any]:
    name, equals, value = written.partition("=")
    if not equals or not name:
        raise InvalidInput("--option", written, "a name and a value, as address=127.0.0.1:6379")
    return name, value


def _identity(rule: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(rule.get(field) for field in ("name", "kind", "series", "above", "below"))


def _row(info: PluginInfo) -> tuple[str, ...]:
    return info.name, info.title, info.section, str(len(info.metrics))


def _option_row(one: Any) -> tuple[str, ...]:
    shown = "required" if one.required else f"{one.default}"
    return one.name, shown, one.notes + (" (secret)" if one.secret else "")


def _rule_rows(found: list[PluginInfo]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for info in found:
        for metric in info.metrics:
            for rule in metric.rules:
                limit = f"above {rule.above:g}" if rule.above is not None else f"below {rule.below:g}"
                held = f" for {rule.for_s} s" if rule.for_s else ""
                rows.append((info.name, rule.name, f"{info.name}.{metric.name}", f"{limit}{held}, {rule.severity}"))
    return rows


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = Table(*columns)
    for row in rows:
        table.add_row(*map(escape, row))
    console.print(table)


def _read(field: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(field, str(path), f"a file that can be read ({error.strerror})") from error


def _write(path: Path, content: bytes, mode: int) -> None:
    """A new file; one that is there is never overwritten."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
    except OSError as error:
        raise InvalidInput("file", str(path), f"a file that can be made ({error.strerror})") from error
