"""Case 12: twenty people want the same large file at once. The upstream gives it once; the server stays small."""

import json
import subprocess

from harness.contents import MIB

SIZE = 2048 * MIB
PEOPLE = 20


def curl(url, *words):
    """A client that throws away what it gets and says how it went."""
    form = '{"status": %{http_code}, "bytes": %{size_download}, "first": %{time_starttransfer}}'
    command = ["curl", "-sSL", "--max-time", "280", "-w", form, *words, url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_twenty_cold_callers_of_a_large_file_cost_one_fetch_and_little_memory(hub, gateway):
    digest = hub.publish_made("acme/large", "model.safetensors", SIZE, safetensors=True)
    url = f"{gateway.url}/acme/large/resolve/main/model.safetensors"
    crowd = [curl(url, "-o", "/dev/null") for _ in range(PEOPLE - 1)]
    judge = subprocess.Popen(
        f"curl -sSL --max-time 280 '{url}' | openssl dgst -sha256 -r", shell=True, stdout=subprocess.PIPE, text=True
    )
    for person in crowd:
        out, err = person.communicate()
        told = json.loads(out)
        assert (person.returncode, told["status"], told["bytes"]) == (0, 200, SIZE), (told, err)
        assert told["first"] < 10, told
    assert judge.communicate()[0].split()[0] == digest
    assert hub.downloads_of("model.safetensors") == 1
    assert hub.bytes_sent("model.safetensors") == SIZE
    assert gateway.resident_kib() < 200 * 1024, f"{gateway.resident_kib()} KiB"


def test_an_idle_server_is_small(gateway):
    # The benchmark measures the whole of the release build, program and all.
    assert gateway.is_ready()
    assert gateway.own_kib() < 30 * 1024, f"{gateway.own_kib()} KiB"
