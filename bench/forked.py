"""Runs a command of this interpreter many times without importing it as often: reads paths, answers with JSON lines.

    python bench/forked.py modelaudit.cli:main scan --format json

imports `modelaudit.cli` once. For each path on standard input a fork of the process calls `main` as the command
`modelaudit scan --format json PATH` would, and its exit code and output are written as one line. What one run leaves
behind, no other finds.
"""

import importlib
import json
import os
import signal
import sys
import tempfile

SECONDS = 120


def run(main, arguments, path):
    with tempfile.TemporaryFile() as answer:
        child = os.fork()
        if child == 0:
            signal.alarm(SECONDS)
            os.dup2(answer.fileno(), 1)
            sys.argv = [*arguments, path]
            code = 1
            try:
                main()
                code = 0
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
            finally:
                sys.stdout.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        answer.seek(0)
        return {"code": os.waitstatus_to_exitcode(status), "out": answer.read().decode(errors="replace")}


def serve():
    module, function = sys.argv[1].split(":")
    main = getattr(importlib.import_module(module), function)
    arguments = [module.split(".")[0], *sys.argv[2:]]
    for line in sys.stdin:
        answer = run(main, arguments, json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
