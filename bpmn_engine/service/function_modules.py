"""The functions of an installation, from the modules that the setting `functions` names."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from bpmn_engine.errors import SettingError
from bpmn_engine.functions import Functions
from bpmn_engine.settings import PREFIX

_VARIABLE: Final = f"{PREFIX}FUNCTIONS"
_ATTRIBUTE: Final = "functions"


def load_functions(setting: str) -> Functions:
    """Return a registry with the functions of each module: `bank.rates, bank.texts:registry`.

    What stands after the colon is the attribute that holds the module's registry, by default
    `functions`.

    Raises:
        SettingError: a module cannot be imported, has none, or has a name that another has.
    """
    all_functions = Functions()
    for named in filter(None, (part.strip() for part in setting.split(","))):
        module, _, attribute = named.partition(":")
        try:
            all_functions.include(_functions_of(module, attribute or _ATTRIBUTE))
        except ValueError as error:
            raise SettingError(f"{error} Found in {named!r} of {_VARIABLE}.") from error
    return all_functions


def _functions_of(module: str, attribute: str) -> Functions:
    try:
        imported = import_module(module)
    except Exception as error:
        raise SettingError(
            f"Expected a module of Python in {_VARIABLE}, but {module!r} cannot be imported "
            f"({type(error).__name__}: {error})."
        ) from error
    found = getattr(imported, attribute, None)
    if isinstance(found, Functions):
        return found
    raise SettingError(
        f"Expected {module}.{attribute} to be a bpmn_engine.functions.Functions, as {_VARIABLE} "
        f"says, but it is {'missing' if found is None else f'a {type(found).__name__}'}."
    )
