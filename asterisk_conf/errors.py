"""Errors of the renderer.

ConfError
├── ParameterError      a value must not go into an Asterisk file
└── TemplateError       a template and its values do not match (our bug)
"""

from __future__ import annotations


class ConfError(Exception):
    """Base of everything the renderer raises on purpose."""


class ParameterError(ConfError, ValueError):
    """A value that would break, or break out of, an Asterisk file.

    Attributes:
        name: The parameter's name.
        rule: What the value must look like.
    """

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(name, rule)
        self.name = name
        self.rule = rule

    def __str__(self) -> str:
        return f"{self.name} must be {self.rule}"


class TemplateError(ConfError):
    """A template names a value that is not given, or the other way round."""
