"""A small language of arithmetic and conditions: parsed once, evaluated over names; never Python.

`parse(text, names=…, functions=…)` gives an `Expression`: `expression.paths` are the names it
uses (dotted, such as `latency.p95`), `expression.evaluate(values)` its value. Mistakes are an
`ExpressionError` with the column in the text; a value that does not exist for these inputs (a
division by zero, an operand without data, a number too large) is its subclass `NoValue`.

    text        'contains this', "or this"; true false null; 3 0.5 1e-3; [1, 2]
    operators   or  and  not  in  not in  == != < <= > >=  + - * / // % **
    access      usage.completion_tokens  metrics['sum']  words[0]
    functions   len min max sum any all lower
"""

from evals.expression.evaluate import FUNCTIONS, Expression, NoValue, parse
from evals.expression.syntax import ExpressionError

__all__ = ["FUNCTIONS", "Expression", "ExpressionError", "NoValue", "parse"]
