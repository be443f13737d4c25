import os

import pytest

from training.doctor import report


@pytest.mark.skipif(os.name == "nt", reason="needs a script that can be run")
@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("printf '15360\\n8192\\n'", "16.1 GB, 8.6 GB"),
        ("echo no devices were found", "unknown"),
        ("exit 9", "unknown"),
    ],
)
def test_the_memory_of_gpus_is_what_their_own_tool_says(tmp_path, monkeypatch, script, told):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert report()["memory"]["gpu"] == told


def test_it_tells_how_a_training_of_any_size_would_compute():
    found = report()
    assert found["devices"].startswith("CPU:0")
    assert found["gpu_memory_is_taken"] == "not at all, because there is no GPU"
    assert found["training"]["prefetch"].startswith("in main memory")
    assert found["training"]["batch_size"] == "32 of 500, 32 of 2,000, 64 of 10,000, 128 of 50,000"
