"""Enums whose members carry their label for people and their description in the public schema."""

from enum import StrEnum
from typing import Self


class Described(StrEnum):
    """An enum whose members are declared as `ASKED_AT = "asked_at", "By the moment they were asked."`."""

    _value_: str
    description: str

    def __new__(cls, value: str, description: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member


class Labelled(Described):
    """An enum whose members are declared as `ACTIVE = "ACTIVE", _("Active"), "It works."`.

    `label` is a msgid, translated where it is shown (`language.label`). `description` is empty where
    the public schema does not show the enum.
    """

    label: str

    def __new__(cls, value: str, label: str = "", description: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.description = description
        return member
