"""The only exceptions that a template can raise by itself."""


class TemplateError(Exception):
    """A template that cannot be rendered.

    `reason` is the bare sentence, `place` where the template stands (`properties.message`), and
    `message` both of them. None of them holds a value that the template read.
    """

    code = "template_error"

    def __init__(self, reason: str, place: str = "") -> None:
        self.reason = reason
        self.place = place
        where = f" in {place}" if place else ""
        self.message = f"template error{where}: {reason}"
        super().__init__(self.message)


class TemplateSyntaxError(TemplateError):
    """A template that cannot be parsed; `offset` is the 0-based character in its source."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.message = reason
        self.offset = offset


class TakesTooLongError(TemplateError):
    """An evaluation that did not end in time, and was left behind."""

    def __init__(self, place: str = "") -> None:
        super().__init__("the expression takes too long", place)
