"""The sizes of STYLE: small modules, small functions, documented public names."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "planner"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 420
LONGEST_BODY = 60
# Models of a schema, declared inside a function so that pydantic is imported only when asked for.
EXEMPT = {("schema.py", "_models")}


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the statements, signature and docstring left out."""
    statements = function.body[1:] if ast.get_docstring(function) else function.body
    if not statements:
        return 0
    assert function.end_lineno is not None
    return function.end_lineno - statements[0].lineno + 1


@pytest.mark.parametrize("module", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_and_functions_are_small_and_documented(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    tree = ast.parse(text)
    is_kernel = module.name.endswith("kernels.py")  # a kernel is one loop, split where it helps

    assert ast.get_docstring(tree), "the module has no docstring"
    assert len(text.splitlines()) <= LONGEST_MODULE * (2 if is_kernel else 1)
    for function in functions(tree):
        if (module.name, function.name) in EXEMPT:
            continue
        length = body_lines(function)
        assert is_kernel or length <= LONGEST_BODY, f"{function.name} has {length} lines"
    top = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for node in top:
        if not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"
