"""What of our environment the programs that we start are given: what they need to run, and no credentials of others.

The keys of model providers stand in the same environment. A program that loads a file from the internet, or fetches
one, has no business with them.
"""

from collections.abc import Mapping

_RUNNING = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "VIRTUAL_ENV")
_RUNNING_FAMILIES = (
    "LC_",
    "LD_",
    "DYLD_",
    "PYTHON",
    "XDG_",
    "OMP_",
    "GGML_",
    "LLAMA_",
    "CUDA_",
    "NVIDIA_",
    "HIP_",
    "VK_",
)
_FETCHING = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HF_ENDPOINT", "HF_HUB_OFFLINE")
_FETCHING_FAMILIES = ("PIP_",)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def to_run(environment: Mapping[str, str]) -> dict[str, str]:
    """For a program that works on files of this machine."""
    return {
        name: value for name, value in environment.items() if name in _RUNNING or name.startswith(_RUNNING_FAMILIES)
    }


def to_fetch(environment: Mapping[str, str]) -> dict[str, str]:
    """For a program that goes to the internet: also its index, its proxy and its certificates."""
    ways = {
        name: value
        for name, value in environment.items()
        if name in _FETCHING or name.upper() in _PROXIES or name.startswith(_FETCHING_FAMILIES)
    }
    return to_run(environment) | ways
