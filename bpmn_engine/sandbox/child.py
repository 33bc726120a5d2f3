"""Runs one script, confined: a program of its own, on the standard library and QuickJS alone.

It reads a request from standard input, gives up every right it does not need, and only then reads
the script. It never imports the rest of the project: nothing of it is within a script's reach.

    request  {"language", "source", "variables", "execution", bounds…}
    answer   {"value", "variables"} or {"code", "message"} or {"message", "line"},
             and what it cost: "cpu_ms", "memory_kb"

What confines it, from the outside in:

    process  no environment, no file descriptor but the three, no child process, no core dump
    kernel   a filter that answers EPERM to every system call but those of computing: no file can
             be opened, no socket, no program; limits of processor time, memory and output
    language JavaScript: QuickJS without any module. Python: no import but of a few modules that
             compute, no name with two underscores, few built-ins
"""

from __future__ import annotations

import ast
import builtins
import ctypes
import datetime as dt
import decimal
import errno
import json
import os
import platform
import re
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import CodeType, ModuleType
from typing import Never

MODULES: Mapping[str, ModuleType] = {
    name: import_module(name)
    for name in re.findall(
        r"\w+",
        "base64 collections datetime decimal fractions functools itertools json math re "
        "statistics string",
    )
}
"""What a Python script may import; all of it is loaded before the rights are given up."""

BUILTINS = re.findall(
    r"\w+",
    """
    abs all any ascii bin bool bytes callable chr dict divmod enumerate filter float format
    frozenset hash hex int isinstance issubclass iter len list map max min next oct ord pow range
    repr reversed round set slice sorted str sum tuple zip False None True NotImplemented
    ArithmeticError AssertionError AttributeError Exception IndexError KeyError LookupError
    OverflowError RuntimeError StopIteration TypeError ValueError ZeroDivisionError
    """,
)

_NO_MEMORY = "MemoryError: the script needs more memory than it may use"
_PRELUDE = """
(() => {
  const set = {};
  const all = JSON.parse(given);
  for (const name of Object.keys(all.variables)) globalThis[name] = all.variables[name];
  globalThis.execution = Object.freeze({
    getVariable: (name) => (name in set ? set[name] : (all.variables[name] ?? null)),
    hasVariable: (name) => name in set || name in all.variables,
    setVariable: (name, value) => { set[String(name)] = value; },
    getProcessInstanceId: () => all.execution.processInstanceId,
    getProcessBusinessKey: () => all.execution.processBusinessKey,
    getBusinessKey: () => all.execution.processBusinessKey,
    ...all.execution,
    businessKey: all.execution.processBusinessKey,
  });
  globalThis.BpmnError = class BpmnError extends Error {
    constructor(code, message) { super(message ?? ''); this.name = 'BpmnError'; this.code = code; }
  };
  const plain = (_key, value) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new TypeError(`Expected a number, but got ${value}.`);
    }
    return value;
  };
  const { BpmnError } = globalThis, { parse, stringify } = JSON, run = eval;
  let value;
  delete globalThis.given;
  return [
    (source) => {
      try { value = run(source); }
      catch (error) {
        if (!(error instanceof BpmnError)) throw error;
        return stringify({ code: String(error.code), message: String(error.message) });
      }
    },
    () => stringify({ value: value === undefined ? null : value, variables: set }, plain),
  ];
})()
"""
"""Gives two functions: one runs the script, the other says what came of it."""


class BpmnError(Exception):
    """What a script raises to end its task with a BPMN error."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message)
        self.code = str(code)
        self.message = str(message)


class UnusableError(Exception):
    """The script cannot be run, or its result cannot be used; says why, and in which line."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


# Confinement ------------------------------------------------------------------------------------

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CALLS = {
    # read write close fstat lseek mmap mprotect munmap brk mremap madvise, signals, clocks, exit,
    # futex getrandom getpid gettid getrusage membarrier rseq
    "x86_64": [
        *(0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 25, 28, 39, 60),
        *(98, 131, 186, 202, 228, 229, 231, 318, 324, 334),
    ],
    "aarch64": [
        *(63, 64, 57, 80, 62, 222, 226, 215, 214, 216, 233, 134, 135, 139, 132),
        *(113, 114, 93, 94, 98, 278, 172, 178, 165, 283, 293),
    ],
}
"""The system calls of computing, by number (Linux: unistd_64.h and unistd.h)."""

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _SECCOMP_MODE_FILTER = 22, 38, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
_NUMBER_OFFSET, _ARCHITECTURE_OFFSET = 0, 4


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jump_true", ctypes.c_ubyte),
        ("jump_false", ctypes.c_ubyte),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def confine(*, cpu_seconds: int, memory_bytes: int, output_bytes: int) -> None:
    """Give up every right that computing does not need; there is no way back.

    Raises:
        UnusableError: this system cannot confine a process so; nothing may be run then.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _CALLS:
        raise UnusableError(
            "Expected Linux on x86_64 or aarch64, where scripts can be confined, but this is "
            f"{sys.platform} on {machine}. Give the task a job type and an external worker."
        )
    for kind, bound in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, output_bytes),
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (bound, bound))
    _filter_calls(_ARCHITECTURES[machine], _CALLS[machine])


def _filter_calls(architecture: int, calls: Sequence[int]) -> None:
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE_OFFSET),
        (_JUMP_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
        *((_JUMP_IF_EQUAL, len(calls) - place, 0, call) for place, call in enumerate(calls)),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    instructions = (_Instruction * len(lines))(*(_Instruction(*line) for line in lines))
    program = _Program(len(lines), instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    if (
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        or libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0
    ):
        reason = os.strerror(ctypes.get_errno())
        raise UnusableError(
            f"Expected a kernel that filters system calls (seccomp), but: {reason}. Scripts are "
            "not run unconfined. Give the task a job type and an external worker."
        )


# JavaScript -------------------------------------------------------------------------------------


def prepared_javascript(request: Mapping[str, object], memory_bytes: int) -> Callable[[], str]:
    """Load the engine and the variables; return what runs the script and gives its answer."""
    import quickjs  # noqa: PLC0415 — a Python script must not pay for it, nor reach it

    context = quickjs.Context()
    context.set_memory_limit(memory_bytes // 2)
    context.set_max_stack_size(512 * 1024)
    given = {name: request[name] for name in ("variables", "execution")}
    context.set("given", json.dumps(given))
    context.eval(f"[globalThis.run, globalThis.answer] = {_PRELUDE}")
    run, answer = context.get("run"), context.get("answer")
    context.eval("delete globalThis.run; delete globalThis.answer")

    def script() -> str:
        try:
            thrown = run(str(request["source"]))
        except quickjs.JSException as error:
            words, _, trace = str(error).partition("\n")
            place = re.search(r"<input>:(\d+)", trace)
            # Without memory there is not even an error object.
            message = _NO_MEMORY if words.strip() in {"", "null"} else words.strip()
            raise UnusableError(message, int(place[1]) if place else None) from error
        try:
            return str(answer() if thrown is None else thrown)
        except quickjs.JSException as error:
            raise UnusableError(str(error).partition("\n")[0].strip()) from error

    return script


# Python -----------------------------------------------------------------------------------------


class Execution:
    """What a Python script knows as `execution`."""

    def __init__(self, variables: Mapping[str, object], facts: Mapping[str, object]) -> None:
        self._variables = variables
        self._set: dict[str, object] = {}
        self.processInstanceId = facts["processInstanceId"]
        self.processBusinessKey = facts["processBusinessKey"]
        self.businessKey = facts["processBusinessKey"]

    def getVariable(self, name: str) -> object:  # noqa: N802 — Camunda's name
        """Return a variable, None when there is none."""
        return self._set.get(name, self._variables.get(name))

    def hasVariable(self, name: str) -> bool:  # noqa: N802 — Camunda's name
        """Tell whether there is a variable."""
        return name in self._set or name in self._variables

    def setVariable(self, name: str, value: object) -> None:  # noqa: N802 — Camunda's name
        """Set a variable when the script has ended well."""
        self._set[str(name)] = value

    def getProcessInstanceId(self) -> object:  # noqa: N802 — Camunda's name
        """Return the key of the process instance."""
        return self.processInstanceId

    def getProcessBusinessKey(self) -> object:  # noqa: N802 — Camunda's name
        """Return the business key, None when there is none."""
        return self.processBusinessKey

    getBusinessKey = getProcessBusinessKey  # noqa: N815 — Camunda's name


def prepared_python(request: Mapping[str, object]) -> Callable[[], str]:
    """Compile the script; return what runs it and gives its answer.

    The value is that of the last line, if it is an expression.

    Raises:
        UnusableError: it is not Python, or has a name that is not allowed.
    """
    body, last = _compiled(str(request["source"]))
    variables, facts = request["variables"], request["execution"]
    if not isinstance(variables, dict) or not isinstance(facts, dict):
        raise UnusableError("Expected variables, but there are none.")
    execution = Execution(variables, facts)
    allowed = {name: getattr(builtins, name) for name in BUILTINS} | {"__import__": _import}
    names: dict[str, object] = {
        **variables,
        "execution": execution,
        "BpmnError": BpmnError,
        "__builtins__": allowed,
        "__name__": "script",
    }

    def script() -> str:
        try:
            exec(body, names)  # noqa: S102 — what this process is for
            value = None if last is None else eval(last, names)  # noqa: S307 — the same
            return json.dumps(
                {"value": value, "variables": execution._set},  # noqa: SLF001 — ours
                default=_as_json,
                allow_nan=False,
            )
        except BpmnError as error:
            return json.dumps({"code": error.code, "message": error.message})
        except MemoryError as error:
            raise UnusableError(_NO_MEMORY, _line_of(error)) from error
        except Exception as error:
            raise UnusableError(f"{type(error).__name__}: {error}", _line_of(error)) from error

    return script


def _compiled(source: str) -> tuple[CodeType, CodeType | None]:
    try:
        tree = ast.parse(source, "<script>")
        _check_names(tree)
        value = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            value = compile(ast.Expression(tree.body[-1].value), "<script>", "eval")
            tree.body.pop()
        return compile(tree, "<script>", "exec"), value
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        words = error.msg if isinstance(error, SyntaxError) else str(error)
        raise UnusableError(f"SyntaxError: {words}", line) from error
    except RecursionError as error:
        raise UnusableError("SyntaxError: the script nests too deep") from error


def _check_names(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        name = getattr(node, "attr", None) or getattr(node, "id", None) or ""
        if isinstance(name, str) and name.startswith("__"):
            line = getattr(node, "lineno", None)
            raise UnusableError(f"Expected a name without leading __, but found {name}.", line)


def _import(name: str, *_rest: object) -> ModuleType:
    if name not in MODULES:
        known = ", ".join(sorted(MODULES))
        raise ImportError(f"Expected one of the modules {known}, but found {name}.")
    return MODULES[name]


def _as_json(value: object) -> object:
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"Expected a value that JSON can say, but got a {type(value).__name__}.")


def _line_of(error: BaseException) -> int | None:
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<script>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


# The program ------------------------------------------------------------------------------------


def main() -> Never:
    """Read the request, confine, run, answer, end."""
    request = json.load(sys.stdin)
    begun = time.process_time()
    try:
        script = (
            prepared_javascript(request, request["memory_bytes"])
            if request["language"] == "javascript"
            else prepared_python(request)
        )
        confine(
            cpu_seconds=request["cpu_seconds"],
            memory_bytes=request["memory_bytes"],
            output_bytes=request["output_bytes"],
        )
        answer = script()
    except UnusableError as error:
        answer = json.dumps({"message": error.message, "line": error.line})
    except MemoryError:
        answer = json.dumps({"message": _NO_MEMORY, "line": None})
    cost = {
        "cpu_ms": round((time.process_time() - begun) * 1000),
        "memory_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    sys.stdout.write(f"{json.dumps(cost)}\n{answer}")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
