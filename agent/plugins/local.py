"""Local configuration: a folder of TOML files, each of which is one instance of a plugin.

```toml
plugin = "redis"          # the file's name if not given
interval_s = 30

[options]
address = "127.0.0.1:6379"
password = "${file:/etc/vedette/redis-password}"
```
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from agent.plugins.owners import foreign_hand
from vedette.errors import InvalidInput
from vedette.events.plugins import MAX_OPTIONS, PluginSpec, check_name, check_plugin, check_spec

LONGEST = 2 * MAX_OPTIONS
_FIELDS = sorted(set(PluginSpec.__struct_fields__) - {"name", "code"})

Signature = tuple[tuple[str, int, int], ...]


@dataclass(slots=True)
class Local:
    """What a folder says: instances, and by name what is wrong with the others."""

    specs: list[PluginSpec] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


def signature(folder: Path) -> Signature:
    """Changes when the folder's files do, or who may write them."""
    try:
        about = folder.stat()
        found = [("", about.st_mode, about.st_uid)]
        paths = sorted(path for path in folder.iterdir() if path.suffix in {".toml", ".py"})
    except OSError:
        return ()
    for path in paths:
        try:
            about = path.stat()
        except OSError:
            continue  # it went away between the two looks
        found.append((path.name, about.st_ctime_ns, about.st_size))  # it changes with the rights too
    return tuple(found)


def read_folder(folder: Path) -> Local:
    """Read all files. One that is wrong costs only its own instance."""
    local = Local()
    for path in sorted(folder.glob("*.toml")):
        try:
            reason = foreign_hand(path)  # it may name commands
            if reason is None:
                local.specs.append(read_file(path))
        except (InvalidInput, OSError) as error:
            reason = str(error)
        if reason is not None:
            local.faults[path.stem[:64] or "?"] = reason
    return local


def read_file(path: Path) -> PluginSpec:
    """The instance in a file; `InvalidInput` names the file, the field, the value, and what is allowed."""
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST + 1)
        if len(raw) > LONGEST:
            raise InvalidInput(str(path), f"{len(raw)} bytes and more", f"at most {LONGEST} bytes")
        fields = tomllib.loads(raw.decode())
    except OSError as error:
        raise InvalidInput(str(path), "the file", f"a file that can be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # TOML's and Unicode's among them, and numbers of thousands of digits
        raise InvalidInput(str(path), "the file", f"TOML ({error})") from error
    for name in fields:
        if name not in _FIELDS:
            raise InvalidInput(f"{path}: {name}", fields[name], f"the fields {', '.join(_FIELDS)}")
    try:
        spec = msgspec.convert({"plugin": path.stem, **fields, "name": path.stem}, PluginSpec)
        check_spec(spec)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(path), "the file", str(error)) from error
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error.field}", error.value, error.allowed) from error
    return spec


def named(name: str, plugin: str) -> PluginSpec:
    """A spec with nothing but its names."""
    check_name("name", name)
    check_plugin("plugin", plugin)
    return PluginSpec(name, plugin)
