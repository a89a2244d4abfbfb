"""absl flags made of the commands' fields (`engine.command`), and the command that a command line stands for."""

import dataclasses

from absl import flags

from engine.command import COMMANDS, Command, CommandError, Train, kind_of

DEFINE = {
    str: flags.DEFINE_string,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    bool: flags.DEFINE_bool,
    tuple: flags.DEFINE_multi_string,
}


def fields_by_name() -> dict[str, dict[str, dataclasses.Field]]:
    """Of every flag's name, the field of each mode that accepts it."""
    found = {}
    for mode, command in COMMANDS.items():
        for field in dataclasses.fields(command):
            found.setdefault(field.name, {})[mode] = field
    return found


def define():
    """Define the flags, once. One that is not given is None, so that the command's own default holds."""
    flags.DEFINE_enum("mode", "train", list(COMMANDS), "What to do.")
    for name, modes in fields_by_name().items():
        field = next(iter(modes.values()))
        DEFINE[kind_of(field)](name, None, help_of(field, tuple(modes)))


def help_of(field: dataclasses.Field, modes: tuple[str, ...]) -> str:
    """What `--help` prints of a flag: the modes that accept it, what it is, its default."""
    accepted = "" if len(modes) == len(COMMANDS) else f"--mode={', '.join(modes)}: "
    choices = f" One of {', '.join(field.metadata['choices'])}." if field.metadata["choices"] else ""
    named = field.default in ("", (), None) or "Default" in field.metadata["help"]
    default = "" if named else f" Default: {field.default}."
    return f"{accepted}{field.metadata['help']}{choices}{default}"


def parse(values) -> Command:
    """The command of the mode.

    Raises:
        CommandError: a flag is not one of this mode, or its value is not accepted.
    """
    known, command = fields_by_name(), COMMANDS[values.mode]
    given = {name: getattr(values, name) for name in known if getattr(values, name) is not None}
    foreign = [name for name in given if values.mode not in known[name]]
    # --direction is one too, but a mode after training has its own.
    settings = [name for name in foreign if name in ("set", *Train.setting_names()) and list(known[name]) == ["train"]]
    if settings:
        raise CommandError(
            f"--mode={values.mode} takes its hyper-parameters from the run. Received: {', '.join(settings)}"
        )
    if foreign:
        name = foreign[0]
        *others, last = known[name]
        modes = f"{', '.join(others)} or {last}" if others else last
        raise CommandError(f"--{name} is accepted with --mode={modes}. Received: --mode={values.mode}")
    return command(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})
