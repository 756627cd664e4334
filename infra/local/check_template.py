"""Checks infra/template.yaml with cfn-lint, sam validate --lint and checkov, side by side and offline.

    target/local/venv/bin/python infra/local/check_template.py [--tools BIN_DIR]

Any Python will do: the tools are looked for in target/local/venv-checks/bin (requirements-checks.txt), then beside the
running Python, then on PATH. Exits 0 when all three pass, 1 when one finds something, 2 when a tool is missing.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

INFRA = Path(__file__).resolve().parent.parent
REPOSITORY = INFRA.parent

# The two configuration files beside the template hold the exceptions, each with its reason.
CHECKS = {
    "cfn-lint": ["cfn-lint"],
    "sam validate": ["sam", "validate", "--lint", "--template-file", "template.yaml"],
    "checkov": ["checkov", "--config-file", ".checkov.yaml"],
}

# Without a region and credentials sam looks for real ones; without the rest the tools report home or look for updates.
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
    "SAM_CLI_TELEMETRY": "0",
    "SAMCLI_NO_VERSION_CHECK": "1",
    "LOG_LEVEL": "CRITICAL",  # checkov's: its start-up warns of the download it was told to leave out
}


def find(tool: str, directory: Path | None) -> str | None:
    """The tool's path, or None."""
    places = [directory] if directory else [REPOSITORY / "target/local/venv-checks/bin", Path(sys.executable).parent]
    for place in places:
        if (place / tool).is_file():
            return str(place / tool)
    return None if directory else shutil.which(tool)


def run(command: list[str]) -> tuple[int, str, float]:
    """Exit code, output and seconds of one check, run in infra/."""
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=INFRA, env={**os.environ, **ENVIRONMENT}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    return done.returncode, done.stdout, time.monotonic() - started


def main() -> int:
    """Runs all checks and prints one line for each, and the output of those that failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", type=Path, help="directory of the tools (default: target/local/venv-checks/bin)")
    directory = parser.parse_args().tools
    directory = directory and directory.resolve()  # the checks run in infra/

    commands = {}
    for name, (tool, *arguments) in CHECKS.items():
        path = find(tool, directory)
        if path is None:
            print(f"{tool} is missing: python3 -m venv target/local/venv-checks && target/local/venv-checks/bin/pip "
                  "install --no-deps --require-hashes -r infra/local/requirements-checks.txt", file=sys.stderr)
            return 2
        commands[name] = [path, *arguments]

    failed = False
    with ThreadPoolExecutor() as pool:
        for name, (code, output, seconds) in zip(commands, pool.map(run, commands.values())):
            print(f"{'ok    ' if code == 0 else 'FAILED'} {name} ({seconds:.1f} s)", flush=True)
            if code != 0:
                failed = True
                print("\n".join(f"       {line}" for line in output.strip().splitlines()), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
