"""What is not of the subset is refused: with file, line, the line's text, what is wrong and what to write instead."""

import textwrap

import pytest

from gateware.hls.errors import RuleError
from gateware.hls.frontend import compile_rule
from tests.gateware.hls.programs import load
from tests.gateware.hls.test_constructs import HEAD

MORE = HEAD + '''
LIST = [1, 2]
RATE = 0.5
MIXED = (1, True)
SECRET = "text"


def forever(x):
    return forever(x - 1)


def ping(x):
    return pong(x)


def pong(x):
    return ping(x)


def nothing(x):
    x = x + 1


def cube(x):
    return x * x * x


def spread(*x):
    return x[0]


def flag(x) -> bool:
    return x


def halved(x: float) -> U8:
    return x


def wide(x: U8) -> U8:
    return x + 1


def yields(x):
    yield x
'''


def refusal(body, parameters="a: Small, b: U64, p: bool, order: Order, marks: Marks", result="Any"):
    """Return the error of the rule with this body, and the number of its first line."""
    body = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    source = MORE + f"\n\ndef rule({parameters}) -> {result}:\n{body}"
    with pytest.raises(RuleError) as error:
        compile_rule(load(source + "\n"))
    return error.value, len(MORE.splitlines()) + 4


def test_the_message_tells_where_what_and_what_instead():
    error, first = refusal("""
        if p:
            a += 1
        return a / 2
        """)
    place, text = str(error).split("\n")
    assert place.endswith(f".py:{first + 2}: return a / 2")
    assert text == "    / gives a fraction; write // by a constant"
    assert (error.source.line, error.source.text) == (first + 2, "return a / 2")


@pytest.mark.parametrize(("expression", "what", "instead"), [
    ("a / 2", "/ gives a fraction", "write // by a constant"),
    ("a @ 2", "@ is not part", "write *"),
    ("a ** a", "** by a value that is no constant", "write x * x, or 1 << n"),
    ("a ** -1", "** by -1", "exponent of 0..128"),
    ("a // a", "in `a // a`: // by a value that is no constant", "compare products"),
    ("a % (p + 1)", "% by a value that is no constant", "divide by a constant"),
    ("a // 0", "// by zero", "divide by another constant"),
    ("1 if a is b else 2", "`is` compares objects", "write =="),
    ("1 if a is not b else 2", "`is not` compares objects", "write !="),
    ("1 if a else 2", "`a` is an integer, where a boolean belongs", "write a != 0"),
    ("1 if marks & Marks.STALE else 2", "where a boolean belongs", "write marks & Marks.STALE != 0"),
    ("1 if not a else 2", "`not` of an integer", "write x == 0"),
    ("1 if a and p else 2", "`and` of an integer, a", "write a != 0"),
    ("1 if p or a - 1 else 2", "`or` of an integer, a - 1", "write a - 1 != 0"),
    ("~p", "~ of a boolean", "write not x"),
    ("1.5", "1.5 is no integer", "write integers, in the least unit"),
    ("'text'", "a rule has no strings", "write an IntEnum"),
    ("None", "None is no integer", "write integers"),
    ("f'{a}'", "a rule has no strings", "write an IntEnum"),
    ("[1, 2][0]", "a list is not part", "write a tuple or a NamedTuple"),
    ("{1: 2}[1]", "a dict is not part", "write a tuple or a NamedTuple"),
    ("{1, 2}", "a set is not part", "write a tuple"),
    ("sum(x for x in PRIMES)", "a generator is not part", "write a for loop"),
    ("[x for x in PRIMES]", "a comprehension is not part", "write a for loop"),
    ("{x for x in PRIMES}", "a comprehension is not part", "write a for loop"),
    ("{x: x for x in PRIMES}", "a comprehension is not part", "write a for loop"),
    ("(lambda x: x)(a)", "a lambda is not part", "write a def"),
    ("(x := a)", "an assignment is within an expression", "line of its own"),
    ("unknown", "unknown is not defined", "define it at the module's level"),
    ("RATE", "RATE is a float", "write an integer"),
    ("LIST[0]", "LIST is a list", "or a tuple"),
    ("SECRET", "SECRET is a str", "write an integer"),
    ("x + 1", "x is not assigned before this line", "assign it first"),
    ("PRIMES[a]", "the index is in -9..9, the table has 0..9", "clamp the index by min and max"),
    ("PRIMES[b]", "the index is in 0..2**64 - 1, the table has 0..9", "clamp the index"),
    ("PRIMES[10]", "the index is 10, the tuple has 10 items", "write a smaller index"),
    ("()[a]", "the table is empty", "give it items"),
    ("MIXED[p]", "the table has items of several types", "the same type"),
    ("(a, b)[p]", "no constants is indexed by a value", "write a conditional expression"),
    ("a[0]", "`a` is an integer", "write a tuple"),
    ("range(9)[b]", "the table has 0..8", "clamp the index"),
    ("zip(PRIMES)[0]", "a zip cannot be indexed", "write a tuple"),
    ("PRIMES[::0][1]", "the step of the slice is zero", "another step"),
    ("PRIMES[a:][1]", "`a` is no constant", "write a constant"),
    ("a << b", "the amount of a shift to the left is in 0..2**64 - 1", "write min(amount, n)"),
    ("a << a", "the amount of a shift is in -9..9, so it can be negative", "write max(amount, 0)"),
    ("a >> -1", "the amount of a shift is in -1..-1", "write max(amount, 0)"),
    ("b * b * b", "in `b * b * b`: the range 0..", "clamp it before by min and max"),
    ("cube(b)", "in `x * x * x`: the range 0..", "needs 192 bits, more than 128"),
    ("order", "the result is a Order, its type is int", "write a number"),
    ("order + 1", "`order` is a Order", "write an integer or boolean"),
    ("order == order", "order is a Order", "write an integer"),
    ("order.size", "a Order has no field size", "write one of its fields"),
    ("a.real", "a is an integer, which has no fields here", "int(x)"),
    ("order._replace(size=1)", "a Order has no field size", "write _replace(field=value)"),
    ("order._replace(1)", "_replace takes keywords", "write _replace(field=value)"),
    ("order._asdict()", "a Order has no field _asdict", "or a function"),
    ("Order()", "the call of Order: missing a required argument: 'price'", "write the arguments"),
    ("Order(1, 2, 3, 4)", "the call of Order: too many positional arguments", "write the arguments"),
    ("double(a, 2)", "the call of double: too many positional", "write the arguments"),
    ("scaled(a)", "x is in -9..9, its type int allows 0..255", "clamp it by min and max"),
    ("wide(b & 255)", "the result of wide is in 1..256, its type int allows 0..255",
     "write a larger type"),
    ("flag(a)", "the result of flag is an integer, its type is bool", "write x != 0"),
    ("halved(a)", "x has the type float", "write bool, Annotated"),
    ("spread(a)", "spread has the parameter *x", "write each parameter"),
    ("double(**{})", "a dict is not part", "NamedTuple"),
    ("double(**order)", "** in a call", "write each keyword"),
    ("forever(a)", "forever calls itself", "write a for loop"),
    ("ping(a)", "ping calls itself", "write a for loop"),
    ("rule(a, b, p, order, marks)", "rule calls itself", "write a for loop"),
    ("nothing(a)", "a path of nothing ends without return", "return a result on every path"),
    ("yields(a)", "a generator is not part", "return a tuple"),
    ("print(a)", "print is not part of the subset", "call abs, min, max"),
    ("pow(a, 2)", "pow is not part of the subset", "call abs, min, max"),
    ("PRIMES.index(3)", "a tuple of 10 has no field index", "or a function"),
    ("a(3)", "a is an integer", "call a function"),
    ("max(a, b, key=abs)", "max with key= is not part", "without keywords"),
    ("max(a)", "the argument of max is an integer", "write a tuple"),
    ("min(())", "min of nothing", "write min(x, y)"),
    ("abs(a, b)", "abs has 2 arguments", "write abs(x)"),
    ("abs(order)", "the argument of abs is a Order", "write an integer"),
    ("int('3')", "a rule has no strings", "IntEnum"),
    ("range(a)[0]", "an argument of range is no constant", "break if need be"),
    ("range()[0]", "range has 0 arguments", "write range(n)"),
    ("range(1, 2, 0)[0]", "the step of range is zero", "another step"),
    ("range(5000)[0]", "range has more than 4096 numbers", "each turn becomes hardware"),
    ("any(PRIMES)", "any of integers", "write x != 0"),
    ("Side(a)", "-9..9 has numbers that are no Side", "write the integer itself"),
    ("Marks(a)", "-9..9 has numbers that are no Marks", "write the integer itself"),
    ("marks | -8", "the flags can become negative", "write int(...)"),
    ("~(marks | 64)", "~ of flags that may have unknown bits", "write ~int(x)"),
    ("~(marks if p else a)", "~ of flags that may have unknown bits", "x ^ mask"),
    ("order if p else a", "it is a Order on one path, an integer on another", "the same type on all paths"),
    ("(a, *b)", "`b` is an integer", "write a tuple"),
    ("1 if a in b else 2", "`b` is an integer", "write a tuple"),
    ("Side", "the result is Side", "write a number"),
    ("p is True", "`is` compares objects", "write =="),
])
def test_expressions(expression, what, instead):
    error, first = refusal(f"x = 0 if False else {expression}\nreturn {expression}" if "x + 1" not in expression
                           else f"return {expression}\nx = 1")
    assert what in str(error) and instead in str(error)


@pytest.mark.parametrize(("body", "line", "what", "instead"), [
    ("while p:\n    a += 1\nreturn a", 0, "a while loop has no constant number of turns", "write a for loop"),
    ("for i in range(a):\n    pass\nreturn a", 0, "an argument of range is no constant", "break if need be"),
    ("for i in a:\n    pass\nreturn a", 0, "`a` is an integer", "range(n)"),
    ("for i in PRIMES:\n    pass\nelse:\n    a = 1\nreturn a", 3, "a for loop has an else", "behind the loop"),
    ("if p:\n    return a", 0, "a path of rule ends without return", "on every path"),
    ("x = a\nif p:\n    x = 2\n    return x\nelif a > 3:\n    x = 3", 1, "a path of rule ends without return", ""),
    ("return", 0, "a return without a result", "return a result"),
    ("if p:\n    x = a\nreturn x", 2, "x is not assigned on every path to this line", "assign it on each"),
    ("for i in PRIMES:\n    if i > b:\n        x = i\n        break\nreturn x", 4, "x is not assigned on every path",
     "assign it on each"),
    ("return i\nfor i in PRIMES:\n    pass", 0, "i is not assigned before", "assign it first"),
    ("if p:\n    x = a\nelse:\n    x = order\nreturn x", 4, "x is an integer on one path, a Order on another",
     "the same type"),
    ("x = (a, 1) if p else (1, order)\nreturn 1", 0, "an integer on one path, a Order on another", "the same type"),
    ("order.price = 3\nreturn 1", 0, "`order.price` is assigned, but records do not change",
     "write order = order._replace(price=...)"),
    ("order.price += 3\nreturn 1", 0, "records do not change", "write order = order._replace(price=...)"),
    ("PRIMES[0] = 3\nreturn 1", 0, "tuples do not change", "write a new tuple"),
    ("x, y = a\nreturn x", 0, "2 names are assigned from an integer", "as many names"),
    ("x, y = PRIMES\nreturn x", 0, "2 names are assigned from a tuple of 10", "as many names"),
    ("x, *y = PRIMES\nreturn x", 0, "a starred name", "write a slice"),
    ("[x, y] = 1, 2\nreturn x", 0, "a list is not part", "write a tuple"),
    ("x: U8 = a\nreturn x", 0, "x is in -9..9, its type int allows 0..255", "clamp it"),
    ("x: U8\nreturn a", 0, "a variable is declared without a value", "assign it here"),
    ("x: Unknown = 3\nreturn a", 0, "a type cannot be resolved: name 'Unknown' is not defined", "import it"),
    ("a += order\nreturn a", 0, "`order` is a Order", "write an integer or boolean"),
    ("order += 1\nreturn a", 0, "order is a Order", "write an integer"),
    ("b *= b\nb *= b\nreturn a", 1, "in `b *= b`: the range 0..", "more than 128"),
    ("assert a > 3\nreturn a", 0, "an assert would raise an exception", "write an if"),
    ("raise ValueError(a)", 0, "exceptions are not part", "return a result that says so"),
    ("try:\n    return a\nexcept ValueError:\n    return 1", 0, "exceptions are not part", "return a result"),
    ("with p:\n    return a", 0, "a with statement", "leave it out"),
    ("import os\nreturn a", 0, "an import is in a rule", "module's level"),
    ("from os import path\nreturn a", 0, "an import is in a rule", "module's level"),
    ("global FIVE\nFIVE = 3\nreturn a", 0, "a rule keeps no state", "take it as a parameter"),
    ("def inner():\n    return 1\nreturn a", 0, "a function is defined in a rule", "module's level"),
    ("class X:\n    pass\nreturn a", 0, "a class is defined in a rule", "module's level"),
    ("del a\nreturn 1", 0, "del is not part", "leave it out"),
    ("match a:\n    case 1:\n        return 1\nreturn a", 0, "a match statement", "write if and elif"),
    ("double(a)\nreturn a", 0, "the value of an expression is not used", "assign it"),
    ("if False:\n    x = a / 2\nreturn a", 1, "/ gives a fraction", "write //"),
    ("return (a +\n        b / 2)", 1, "/ gives a fraction", "write //"),
])
def test_statements(body, line, what, instead):
    error, first = refusal(body)
    assert what in str(error) and instead in str(error)
    assert error.source.line == first + line
    assert error.source.text == body.split("\n")[line].strip()


@pytest.mark.parametrize(("parameters", "result", "what", "instead"), [
    ("a", "Any", "the parameter a has no type", "write Annotated[int, Range(low, high)]"),
    ("a: int", "Any", "a is an int without a range", "write Annotated[int, Range(low, high)]"),
    ("a: str", "Any", "a has the type str", "an IntEnum"),
    ("*a: U8", "Any", "rule has the parameter *a", "write each parameter"),
    ("*, a: U8", "Any", "the parameter a is keyword-only", "leave the * out"),
    ("a: 'Unknown'", "Any", "a type cannot be resolved: name 'Unknown'", "import it"),
    ("a: U8", "int", "the result is an int without a range", "write Annotated"),
    ("a: U8", "bool", "the result is an integer, its type is bool", "write x != 0"),
    ("a: U16", "U8", "the result is in 0..65535, its type int allows 0..255", "clamp it by min and max"),
    ("a: U8", "Side", "the result is in 0..255, its type Side allows 1..2", "write a larger type"),
    ("a: U8", "tuple[U8, U8]", "the result is an integer, its type is a tuple of 2", "what its type says"),
    ("a: tuple[U8, U8, U8]", "Order", "the result is a tuple of 3, its type is a Order", "what its type says"),
    ("a: tuple[U8, U16]", "tuple[U8, U8]", "the result[1] is in 0..65535", "clamp it"),
    ("a: Order", "Verdict", "the result is a Order, its type is a Verdict", "what its type says"),
])
def test_signatures(parameters, result, what, instead):
    error, first = refusal("return a", parameters, result)
    assert what in str(error) and instead in str(error)
    assert error.source.text == f"def rule({parameters}) -> {result}:"


def test_a_result_without_a_type():
    with pytest.raises(RuleError, match="the result of rule has no type; write -> and its type"):
        compile_rule(load(HEAD + "\ndef rule(a: U8):\n    return a\n"))


def test_an_error_in_a_called_function_is_told_where_it_is():
    error, _ = refusal("return cube(b)")
    assert error.source.text == "return x * x * x"


def test_a_decorator_is_refused():
    with pytest.raises(RuleError, match="rule has a decorator; leave it out"):
        compile_rule(load(HEAD + "\ndef same(f):\n    return f\n\n\n@same\ndef rule(a: U8) -> U8:\n    return a\n"))


@pytest.mark.parametrize(("function", "what"), [
    (len, "len is no plain function"), (3, "3 is no plain function"), (RuleError, "RuleError is no plain function"),
    (lambda a: a, "<lambda> is no plain function"),
])
def test_what_is_no_function(function, what):
    with pytest.raises(RuleError, match=what):
        compile_rule(function)


def test_a_function_without_source():
    space = {}
    exec("def rule(a):\n    return a", space)
    with pytest.raises(RuleError, match="its source is not to be found; define it in a file"):
        compile_rule(space["rule"])
