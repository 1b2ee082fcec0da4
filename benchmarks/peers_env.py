"""The environment of the peers: their own Python, their own packages, locked, apart from ours."""

import os
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PEERS_LOCK = FOLDER / "peers.txt"
PEERS_ENV = FOLDER / ".venv-peers"
LITELLM_LOCK = FOLDER / "litellm.txt"
LITELLM_ENV = FOLDER / ".venv-litellm"


def bench_python() -> str | None:
    """A Python 3.12 that starts: `$BENCH_PYTHON`, the one on the path, or one that pyenv holds; else None."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    held = sorted(pyenv.glob("3.12*/bin/python3.12"), reverse=True) if pyenv.is_dir() else []
    candidates = [os.environ.get("BENCH_PYTHON"), shutil.which("python3.12"), *map(str, held)]
    return next((path for path in candidates if path and _starts(path)), None)


def peers_python() -> Path | None:
    """The interpreter of the peers' environment, made on first use. None where there is no Python 3.12."""
    return _python_of(PEERS_ENV, PEERS_LOCK)


def litellm_python() -> Path | None:
    """The interpreter of LiteLLM's environment, which shares nothing with the other peers', made on first use."""
    return _python_of(LITELLM_ENV, LITELLM_LOCK)


def _python_of(folder: Path, lock_file: Path) -> Path | None:
    python = folder / "bin" / "python"
    stamp = folder / "lock"
    lock = lock_file.read_text(encoding="utf-8")
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == lock:
        return python
    base = bench_python()
    if base is None:
        return None
    uv = os.environ.get("UV", "uv")  # `make bench` hands its own in
    subprocess.run([uv, "venv", "-q", "--clear", "--python", base, str(folder)], check=True)
    install = [uv, "pip", "install", "-q", "--python", str(python), "--require-hashes", "-r", str(lock_file)]
    subprocess.run(install, check=True)
    stamp.write_text(lock, encoding="utf-8")
    return python


def _starts(python: str) -> bool:
    """A pyenv shim exists for versions that are not chosen, and fails when it is run."""
    try:
        return subprocess.run([python, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
