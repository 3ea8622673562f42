"""The texts and emails a company sends to its callers, and the webhook that sends them. Pure.

What is sent is the company's own text: the code fills its places with what the call knows, and
nothing a model or a caller wrote goes into it. docs/tools.md tells every field.
"""

from __future__ import annotations

from enum import Enum
from string import Formatter
from typing import Annotated

from pydantic import Field, model_validator
from pydantic.functional_validators import AfterValidator

from audiosocket_agent.company_calls import Name
from audiosocket_agent.company_fields import FieldsModel, spelt
from audiosocket_agent.company_tools import SecretName, checked_url

PLACES = ("company", "reference", "service", "area", "day", "part", "time", "price")
MOST_TEMPLATES = 8
MOST_SMS_CHARS = 480  # three parts of a text message


class MessageEvent(Enum):
    """A message; its name is what the webhook that sends it is told."""

    SMS = "message.sms"
    EMAIL = "message.email"

    @property
    def channel(self) -> str:
        """The field of `Messages` that tells how it goes."""
        return self.value.removeprefix("message.")


def _fillable(text: str) -> str:
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise ValueError("a { or } stands alone") from None
    for _, place, spec, how in parts:
        if place is not None and (place not in PLACES or spec or how):
            raise ValueError(f"{{{place}}} is no place; there are {', '.join(PLACES)}")
    return text


_Url = Annotated[
    str,
    Field(max_length=400),
    spelt(r"[^{}]*", "a webhook's address has no {places}"),
    AfterValidator(checked_url),
]
_Subject = Annotated[str, Field(min_length=1, max_length=120), spelt(r"[^\r\n]*", "one line only"),
                     AfterValidator(_fillable)]  # fmt: skip
_Text = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_fillable)]


class Template(FieldsModel):
    """One text that may be sent.

    Attributes:
        subject: Of an email, and only of one.
        text: What it says; `PLACES` in braces are filled with what the call knows.
    """

    subject: _Subject | None = None
    text: _Text


class Channel(FieldsModel):
    """One way to send.

    Attributes:
        url: The webhook that sends it.
        secret: Environment variable that holds the secret its requests are signed with.
        templates: What may be sent, by name; each once in a call to one receiver.
    """

    url: _Url
    secret: SecretName
    templates: Annotated[dict[Name, Template], Field(min_length=1, max_length=MOST_TEMPLATES)]


class Messages(FieldsModel):
    """What a company sends to its callers.

    Attributes:
        sms: Text messages; unset: none.
        email: Emails; unset: none.
    """

    sms: Channel | None = None
    email: Channel | None = None

    def channel(self, event: MessageEvent) -> Channel | None:
        """Return how a message goes; None: it does not."""
        return self.sms if event is MessageEvent.SMS else self.email

    @model_validator(mode="after")
    def _each_in_its_form(self) -> Messages:
        for name, template in ({} if self.sms is None else self.sms.templates).items():
            if template.subject is not None:
                raise ValueError(f"sms: {name}: a text message has no subject")
            if len(template.text) > MOST_SMS_CHARS:
                raise ValueError(f"sms: {name}: longer than {MOST_SMS_CHARS} characters")
        for name, template in ({} if self.email is None else self.email.templates).items():
            if template.subject is None:
                raise ValueError(f"email: {name}: an email needs a subject")
        return self


def places_of(text: str) -> tuple[str, ...]:
    """Return the places of a template's text."""
    return tuple(place for _, place, _, _ in Formatter().parse(text) if place is not None)
