"""Starts the local cloud: ministack, with what it gets wrong for us put right (patches.py), behind recorder.py.

    GATEWAY_PORT=4566 target/local/venv/bin/python infra/local/launcher.py

It stays in the foreground, logs to its standard streams and stops, with every function's process, on SIGTERM or Ctrl-C.
What a function writes comes out at once as one line `lambda|<function>|<what it wrote>`.

Environment, all optional but the port:
  GATEWAY_PORT  where everything listens              BIND_HOST   127.0.0.1
  AUTH          true: IAM is enforced                 STACK_NAME  carillon, the functions' names begin with it
  LOG_LEVEL     ministack's own log, INFO
"""

import importlib
import importlib.metadata
import os
import signal
import sys
import tempfile

import patches
import recorder


def configure() -> None:
    """The environment ministack and the functions inherit; what is set already wins."""
    port = os.environ.get("GATEWAY_PORT", "")
    if not port.isdecimal():
        sys.exit("launcher.py: set GATEWAY_PORT to the port the local cloud shall listen on")
    host = os.environ.setdefault("BIND_HOST", "127.0.0.1")
    defaults = {
        "AUTH": "true",
        "STACK_NAME": "carillon",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",  # without it the functions would call AWS
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "MINISTACK_HOST": host,  # the host of queue URLs: `localhost` may resolve to ::1, where nobody listens
        # Listeners on fixed ports, which two copies side by side would fight for.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # A surplus of function processes after a burst is not worth keeping for ministack's five minutes.
        "LAMBDA_WARM_TTL_SECONDS": "60",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def main() -> None:
    """Configures, patches, serves until told to stop."""
    installed = importlib.metadata.version("ministack")
    if installed != patches.PINNED:
        sys.exit(f"launcher.py: needs ministack {patches.PINNED}, found {installed}: "
                 "pip install --no-deps --require-hashes -r infra/local/requirements.txt")
    configure()
    with tempfile.TemporaryDirectory(prefix="carillon-cloud-") as scratch:
        # Before ministack is imported: it unpacks the functions below the temporary directory and leaves them there.
        tempfile.tempdir = scratch
        patches.apply()
        recorder.install()
        # Told before the server listens for it.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        importlib.import_module("ministack.app").main()


if __name__ == "__main__":
    main()
