"""Bitwuzla as a program: SMT-LIB commands on standard input, answers on standard output.

Its wheel is a Python module only, SymbiYosys wants a program. ``--help`` answers as far as yosys-smtbmc asks.
"""

import ctypes
import sys

import bitwuzla

__all__ = ["main"]


def _commands(lines):
    """Yield the commands in ``lines``, each whole. Names in bars hold no brackets: yosys writes none."""
    parts, depth = [], 0
    for line in lines:
        text = line.split(";", 1)[0]
        parts.append(text)
        depth += text.count("(") - text.count(")")
        if depth == 0:
            command = "".join(parts).strip()
            parts.clear()
            if command:
                yield command


def main():
    """Answer commands until ``(exit)`` or the end of the input."""
    if "--help" in sys.argv:
        print("usage: bitwuzla --lang smt2")
        return
    options = bitwuzla.Options()
    options.set(bitwuzla.Option.PRODUCE_MODELS, True)
    parser = bitwuzla.Parser(bitwuzla.TermManager(), options)
    # Answers are written by the C++ library, whose buffer is not Python's.
    flush = ctypes.CDLL(None).fflush
    for command in _commands(sys.stdin):
        verb, _, rest = command[1:-1].strip().partition(" ")
        if verb == "exit":
            return
        # The parser counts levels of its own anew for each text that it gets.
        if verb in ("push", "pop"):
            getattr(parser.bitwuzla(), verb)(int(rest))
            continue
        parser.parse(command, parse_file=False)
        flush(None)


if __name__ == "__main__":
    main()
