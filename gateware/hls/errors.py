"""How a rule that cannot be compiled is refused."""

from gateware.hls.ir import Source

__all__ = ["RuleError", "Refusal"]


class RuleError(Exception):
    """A rule cannot be compiled.

    source: file, line and text of the offending line; what: what is wrong with it; instead: what to write. The message
    holds them all.
    """

    def __init__(self, source: Source, what: str, instead: str) -> None:
        self.source, self.what, self.instead = source, what, instead
        super().__init__(f"{source.file}:{source.line}: {source.text}\n    {what}; {instead}")


class Refusal(Exception):
    """A RuleError before it is known which line it is about."""

    def __init__(self, what: str, instead: str) -> None:
        self.what, self.instead = what, instead
        super().__init__(f"{what}; {instead}")
