"""The only exceptions that a template can raise by itself."""

from shared.messages import Message


class TemplateError(Exception):
    """A template that cannot be rendered.

    `reason` is the bare sentence, `place` where the template stands (`properties.message`), and
    `message` both of them. The values that the template read are apart from the sentence.
    """

    code = "template_error"

    def __init__(self, reason: Message | str, place: str = "") -> None:
        self.reason = Message.of(reason)
        self.place = place
        where = Message(" in {place}", place=Message.of(place)) if place else ""
        self.message = Message(
            "template error{where}: {reason}", where=Message.of(where), reason=self.reason
        )
        super().__init__(str(self.message))

    def at(self, place: str) -> "TemplateError":
        """Return the error with the place of its template, unless it names one already."""
        return self if self.place else TemplateError(self.reason, place)


class CredentialUnavailableError(TemplateError):
    """A credential that is stored and cannot be read: its store or its key is out of reach."""

    code = "credential_unavailable"

    def __init__(self, name: str, place: str = "") -> None:
        self.name = name
        super().__init__(
            Message('credential "{name}" cannot be read now', name=Message.of(name)), place
        )

    def at(self, place: str) -> TemplateError:
        return self if self.place else CredentialUnavailableError(self.name, place)


class TemplateSyntaxError(TemplateError):
    """A template that cannot be parsed; `offset` is the 0-based character in its source.

    It quotes the source alone, the flow's own text.
    """

    def __init__(self, reason: Message | str, offset: int) -> None:
        super().__init__(reason)
        self.message = self.reason
        self.offset = offset


class TakesTooLongError(TemplateError):
    """An evaluation that did not end in time, and was left behind."""

    def __init__(self, place: str = "") -> None:
        super().__init__("the expression takes too long", place)
