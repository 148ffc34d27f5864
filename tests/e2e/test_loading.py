"""Cases 5 and 15: `from_pretrained` and `load_dataset`, streaming too, behind the gateway."""

import pytest

from harness.clients import HUB_2


def test_a_second_from_pretrained_pulls_no_body(hub, gateway, desk, payloads):
    hub.publish_folder("acme/tiny-bert", payloads / "model")
    person = desk(gateway.url)
    first = person.probe("pretrained", "acme/tiny-bert").answer()
    assert (first["hidden_size"], len(first["ids"])) == (32, 3)
    pulled = [event for event in gateway.data_of("audit", "downloads") if event["path"]]
    assert person.probe("pretrained", "acme/tiny-bert").answer() == first
    assert [event for event in gateway.data_of("audit", "downloads") if event["path"]] == pulled
    assert hub.strangers() == []


def test_a_file_that_is_not_there_is_said_to_be_missing_at_the_commit(hub, gateway, payloads):
    commit = hub.publish_folder("acme/tiny-bert", payloads / "model")
    status, headers, _ = gateway.get(f"/acme/tiny-bert/resolve/{commit}/chat_template.jinja", "HEAD")
    assert (status, headers["X-Error-Code"], headers["X-Repo-Commit"]) == (404, "EntryNotFound", commit)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("words", [[], ["streaming"]], ids=["plain", "streaming"])
def test_a_table_is_loaded(hub, gateway, desk, payloads, kind, words):
    hub.publish_folder("datasets/acme/trucks", payloads / kind)
    for _ in range(2):  # cold and warm
        rows = desk(gateway.url, HUB_2).probe("dataset", "acme/trucks", *words).answer()["rows"]
        assert (len(rows), rows[7]) == (500, {"text": "truck 7", "tonnes": 7})
    assert hub.strangers() == []


def test_ranges_are_cut_from_what_is_cached(hub, gateway, payloads):
    commit = hub.publish_folder("datasets/acme/trucks", payloads / "parquet")
    path = f"/datasets/acme/trucks/resolve/{commit}/data/train-00000-of-00001.parquet"
    whole = (payloads / "parquet/data/train-00000-of-00001.parquet").read_bytes()
    size = len(whole)
    for asked, span in [("bytes=0-3", (0, 4)), ("bytes=-8", (size - 8, size)), (f"bytes={size - 8}-", (size - 8, size))]:
        status, headers, body = gateway.get(path, Range=asked)
        assert (status, body) == (206, whole[slice(*span)])
        assert headers["Content-Range"] == f"bytes {span[0]}-{span[1] - 1}/{size}"
    status, headers, _ = gateway.get(path, Range=f"bytes={size}-")
    assert (status, headers["Content-Range"]) == (416, f"bytes */{size}")
    assert hub.bytes_sent("data/train-00000-of-00001.parquet") == size
