"""What text is an expression: Python's expression grammar, cut down to a safe part and bounded."""

from __future__ import annotations

import ast
import warnings
from decimal import Decimal

from .hints import bare_date, hint

MAX_LENGTH = 2000
MAX_NODES = 400
MAX_DEPTH = 40

_ALLOWED = (
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp,
    ast.Not, ast.USub, ast.UAdd, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv,
    ast.Mod, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn,
    ast.IfExp, ast.Call, ast.keyword, ast.Attribute, ast.Subscript, ast.List, ast.Tuple,
    ast.GeneratorExp, ast.comprehension, ast.Store,
)  # fmt: skip

_OTHERS: dict[type[ast.AST], str] = {
    ast.BitAnd: "write and", ast.BitOr: "write or", ast.Is: "write ==", ast.IsNot: "write !=",
    ast.Invert: "write not", ast.Pow: "multiply instead",
}  # fmt: skip
_TAKEN = "use numbers, names, and/or/not, comparisons, if/else and the listed functions"


class ExpressionError(ValueError):
    """An expression that cannot be used: what is wrong, what to write, and at which character."""

    def __init__(self, message: str, advice: str = "", offset: int = 0) -> None:
        super().__init__(message)
        self.message, self.advice, self.offset = message, advice, offset


def parse(text: str) -> ast.expr:
    """Parse an expression; nothing is ever executed."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression is longer than {MAX_LENGTH} characters", "split it")
    text = text.strip()
    if not text:
        raise ExpressionError("the expression is empty", "write a value or a condition")
    depth = 0
    for i, ch in enumerate(text):
        depth += (ch in "([{") - (ch in ")]}")
        if depth > MAX_DEPTH or text.startswith(("-----", "+++++", "~~~"), i):
            raise ExpressionError(f"nested deeper than {MAX_DEPTH}", "split it into values", i)
    if any(text.count(word) > MAX_DEPTH for word in ("not ", "not(", " else ", "lambda")):
        raise ExpressionError("too many conditions in one expression", "split it into values")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            root = ast.parse(text.replace("\n", " "), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        offset = (getattr(error, "offset", None) or 1) - 1
        if not isinstance(error, SyntaxError) or "integer string" in str(error):
            raise ExpressionError("not an expression: a number is too long", "", offset) from None
        meant = hint(text)
        if meant is None:
            detail = str(error.msg)[:80]
            raise ExpressionError(f"not an expression: {detail}", "", offset) from None
        wrong, advice, offset = meant
        raise ExpressionError(f"not an expression: {wrong}", advice, offset) from None
    date = bare_date(text)
    if date is not None:
        raise ExpressionError(f"not an expression: {date.wrong}", date.advice, date.offset)
    _bound(root)
    return root


def _bound(root: ast.expr) -> None:
    level: list[ast.AST] = [root]
    nodes = depth = 0
    while level:
        depth += 1
        nodes += len(level)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise ExpressionError("the expression is too large", "split it into named values")
        for node in level:
            if not isinstance(node, _ALLOWED):
                what = type(node).__name__
                raise ExpressionError(
                    f"{what} is not part of the policy language",
                    _OTHERS.get(type(node), _TAKEN),
                    getattr(node, "col_offset", 0),
                )
        level = [child for node in level for child in ast.iter_child_nodes(node)]


def decimal_text(text: str, node: ast.Constant) -> str:
    """The digits of a decimal literal as they were written."""
    line = text.strip().replace("\n", " ").encode("utf-8")
    return str(Decimal(line[node.col_offset : node.end_col_offset].decode("utf-8")))
