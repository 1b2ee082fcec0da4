"""Fetches one file of a model hub with the hub's own client: `python -m ... REPO FILE REVISION FOLDER`.

A process of its own, so that the client's weight and its threads stay out of ours, and so that it can be ended. What
goes wrong ends it with a traceback, whose last line the parent shows.
"""

import os
import sys

CONNECT_SECONDS = 3.0
"""A hub that does not answer in this time is taken to be out of reach."""


def main(repo: str, file: str, revision: str, folder: str) -> None:
    """Bring `file` to `folder`, going on from what an earlier attempt left there."""
    # Read when the client is imported. Plain HTTP, because what it leaves behind can be resumed and measured.
    os.environ.update({"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_XET": "1"})
    import huggingface_hub as hub

    # No token: these files are public, and a user's token has no business here.
    hub.get_hf_file_metadata(hub.hf_hub_url(repo, file, revision=revision), timeout=CONNECT_SECONDS, token=False)
    hub.hf_hub_download(repo, file, revision=revision, local_dir=folder, etag_timeout=CONNECT_SECONDS, token=False)


if __name__ == "__main__":
    main(*sys.argv[1:5])
