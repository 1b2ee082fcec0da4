import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from loomwork.adapters.wires.local.servers import LocalServers
from loomwork.model_gateway.domain.errors import ModelUnavailable
from loomwork.model_gateway.ports import SuppliedWeights


def test_nothing_heavy_is_loaded_before_a_model_is_asked() -> None:
    rooms = ["adapters.wires.local.wire", "adapters.weights.model_folder", "model_gateway.application.gateway"]
    imports = "; ".join(f"import loomwork.{room}" for room in rooms)
    look = f"import sys; {imports}; print({{'xllamacpp', 'huggingface_hub', 'pip', 'numpy'}} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "set()"


async def test_a_file_that_is_no_model_is_a_sentence_and_leaves_no_process(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 4000)
    servers = LocalServers(environment=os.environ)
    assert servers.holds(path) == "empty"
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="local/broken could not be loaded") as caught:
            async with servers.leased(SuppliedWeights("local/broken", path, 512)):
                pass
        assert "Traceback" not in caught.value.message
        assert "\n" not in caught.value.message
    assert servers.holds(path) == "empty"
    await servers.close()


async def test_a_model_is_loading_until_its_process_can_answer(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 4000)
    servers = LocalServers(environment=os.environ)

    async def lease() -> None:
        async with servers.leased(SuppliedWeights("local/broken", path, 512)):
            pass

    asking = asyncio.create_task(lease())
    await asyncio.sleep(0)
    assert servers.holds(path) == "loading"
    with pytest.raises(ModelUnavailable):
        await asking
    await servers.close()
