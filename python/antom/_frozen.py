"""The base of the classes that are returned: frozen, slotted, made from keyword arguments. Checks no types.

To a type checker they are dataclasses. They are not made by :mod:`dataclasses`, because importing that, and having it
write the methods of each class, took longer than the rest of ``import antom``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> object:
        """Do nothing: only from Python 3.11 on does ``typing`` have it."""
        return lambda made: made


_HIDDEN: Final = object()


def hidden() -> Any:
    """Mark a member that ``repr`` does not show."""
    return _HIDDEN


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(hidden,))
class _Making(type):
    """Makes a slot of each member that the body of a class annotates."""

    _members: tuple[str, ...]
    _shown: tuple[str, ...]

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> _Making:
        own = tuple(body.get("__annotations__", ()))
        shown = tuple(member for member in own if body.pop(member, None) is not _HIDDEN)
        made = super().__new__(cls, name, bases, {**body, "__slots__": own})
        made._members = getattr(made, "_members", ()) + own
        made._shown = getattr(made, "_shown", ()) + shown
        return made


class Frozen(metaclass=_Making):
    """An object whose members are set once. Two are equal if they are of one class and their members are."""

    if not TYPE_CHECKING:  # pragma: no branch

        def __init__(self, /, **members: object) -> None:
            if members.keys() != set(self._members):
                raise TypeError(f"{type(self).__name__} takes the keyword arguments {', '.join(self._members)}")
            for member, value in members.items():
                object.__setattr__(self, member, value)

        def __setattr__(self, name: str, value: object) -> NoReturn:
            raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be set")

        def __delattr__(self, name: str) -> NoReturn:
            raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be deleted")

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, member) for member in type(self)._members)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (type(self), dict(zip(type(self)._members, self._values(), strict=True)))

    def __repr__(self) -> str:
        shown = ", ".join(f"{member}={getattr(self, member)!r}" for member in type(self)._shown)
        return f"{type(self).__name__}({shown})"


def _made(made: type[Frozen], members: dict[str, Any]) -> Frozen:
    """Make an object again that was pickled or copied."""
    return made(**members)
